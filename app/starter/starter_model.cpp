#include "app/starter/starter_model.h"

#include <system_error>

#include "app/starter/program_folder.h"

namespace kinglet::starter {
namespace {

namespace fs = std::filesystem;

constexpr const char* file_name = KINGLET_STARTER_NAME;

// From the folder of programs: as it was chosen for installing, and as the build tree has it.
constexpr const char* folders[] = {KINGLET_STARTER_FOLDER, "../share/kinglet"};

}  // namespace

std::optional<fs::path> find_model(const fs::path& folder) {
    if (folder.empty()) return std::nullopt;
    for (const char* where : folders) {
        fs::path file = (folder / where / file_name).lexically_normal();
        std::error_code problem;
        if (fs::is_regular_file(file, problem)) return file;
    }
    return std::nullopt;
}

std::optional<fs::path> find_model() {
    return find_model(program_folder());
}

}  // namespace kinglet::starter
