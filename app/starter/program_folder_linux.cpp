#include <system_error>

#include "app/starter/program_folder.h"

namespace kinglet::starter {

std::filesystem::path program_folder() {
    std::error_code problem;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", problem);
    return problem ? std::filesystem::path() : program.parent_path();
}

}  // namespace kinglet::starter
