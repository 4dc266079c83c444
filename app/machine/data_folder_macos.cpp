#include <cstdlib>

#include "app/machine/data_folder.h"

namespace kinglet::machine {

std::filesystem::path data_folder() {
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home == '\0') return {};
    return std::filesystem::path(home) / "Library" / "Application Support" / "kinglet";
}

}  // namespace kinglet::machine
