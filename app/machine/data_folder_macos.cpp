#include <cstdlib>

#include "app/machine/data_folder.h"

namespace kinglet::machine {
namespace {

std::filesystem::path library() {
    const char* home = std::getenv("HOME");
    return home == nullptr || *home == '\0' ? std::filesystem::path()
                                            : std::filesystem::path(home) / "Library";
}

}  // namespace

std::filesystem::path data_folder() {
    const std::filesystem::path folder = library();
    return folder.empty() ? folder : folder / "Application Support" / "kinglet";
}

std::filesystem::path cache_folder() {
    const std::filesystem::path folder = library();
    return folder.empty() ? folder : folder / "Caches" / "kinglet";
}

}  // namespace kinglet::machine
