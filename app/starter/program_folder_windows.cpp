#include <windows.h>

#include <string>

#include "app/starter/program_folder.h"

namespace kinglet::starter {

std::filesystem::path program_folder() {
    // The longest path that Windows knows has 32767 characters.
    std::wstring name(1 << 15, L'\0');
    const DWORD size = GetModuleFileNameW(nullptr, name.data(), static_cast<DWORD>(name.size()));
    if (size == 0 || size == name.size()) return {};
    name.resize(size);
    return std::filesystem::path(name).parent_path();
}

}  // namespace kinglet::starter
