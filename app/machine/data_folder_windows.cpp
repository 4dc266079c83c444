#include <windows.h>
// After windows.h, whose types it needs.
#include <shlobj.h>

#include "app/machine/data_folder.h"

namespace kinglet::machine {

std::filesystem::path data_folder() {
    wchar_t* folder = nullptr;
    std::filesystem::path path;
    if (SUCCEEDED(SHGetKnownFolderPath(FOLDERID_LocalAppData, KF_FLAG_DONT_VERIFY, nullptr, &folder)))
        path = std::filesystem::path(folder) / "kinglet";
    CoTaskMemFree(folder);
    return path;
}

std::filesystem::path cache_folder() {
    const std::filesystem::path data = data_folder();
    return data.empty() ? data : data / "cache";
}

}  // namespace kinglet::machine
