#include <mach-o/dyld.h>

#include <string>
#include <system_error>

#include "app/starter/program_folder.h"

namespace kinglet::starter {

std::filesystem::path program_folder() {
    std::uint32_t size = 0;
    _NSGetExecutablePath(nullptr, &size);
    std::string name(size, '\0');
    if (_NSGetExecutablePath(name.data(), &size) != 0) return {};
    name.resize(name.find('\0'));
    std::error_code problem;
    const std::filesystem::path program = std::filesystem::canonical(name, problem);
    return problem ? std::filesystem::path() : program.parent_path();
}

}  // namespace kinglet::starter
