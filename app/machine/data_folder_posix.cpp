#include <cstdlib>
#include <string>
#include <system_error>

#include "app/machine/data_folder.h"

namespace kinglet::machine {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

/// The folder beside the AppImage that this program runs from; empty where there is none.
fs::path portable_home() {
    const std::string image = environment("APPIMAGE");
    const std::string inside = environment("APPDIR");
    if (!fs::path(image).is_absolute() || inside.empty()) return {};
    // Programs that an AppImage of something else starts see its environment, too.
    std::error_code problem;
    const fs::path program = fs::read_symlink("/proc/self/exe", problem);
    const fs::path from_inside = program.lexically_relative(inside);
    if (problem || from_inside.empty() || *from_inside.begin() == "..") return {};
    fs::path home = image + ".home";
    return fs::is_directory(home, problem) ? home : fs::path();
}

/// `in_home` in portable mode, else what the variable says, else `in_home` in the person's home.
fs::path folder(const char* variable, const fs::path& in_home) {
    if (const fs::path home = portable_home(); !home.empty()) return home / in_home;
    const std::string named = environment(variable);
    // The XDG specification: a path that is not absolute counts as not set.
    if (fs::path(named).is_absolute()) return fs::path(named) / "kinglet";
    const std::string home = environment("HOME");
    return home.empty() ? fs::path() : fs::path(home) / in_home;
}

}  // namespace

fs::path data_folder() {
    return folder("XDG_DATA_HOME", fs::path(".local") / "share" / "kinglet");
}

fs::path cache_folder() {
    return folder("XDG_CACHE_HOME", fs::path(".cache") / "kinglet");
}

}  // namespace kinglet::machine
