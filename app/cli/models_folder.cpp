#include "app/cli/models_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <system_error>

#include "app/machine/data_folder.h"
#include "inference/base/path_text.h"
#include "inference/gguf/model_file.h"

namespace kinglet::cli {
namespace {

namespace fs = std::filesystem;

bool is_model_name(const fs::path& path) {
    std::string ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return ending == ".gguf";
}

}  // namespace

fs::path default_models_folder() {
    const fs::path data = machine::data_folder();
    return data.empty() ? fs::path() : data / "models";
}

Result<std::vector<FoundModel>> find_models(const fs::path& folder) {
    std::vector<FoundModel> models;
    std::error_code problem;
    const fs::file_status status = fs::status(folder, problem);
    if (status.type() == fs::file_type::not_found) return models;
    if (!problem && status.type() != fs::file_type::directory) {
        return fail(ErrorCode::not_a_file, fmt::format("\"{}\" is not a folder.", folder.string()),
                    "Choose the folder that holds your models.");
    }
    fs::directory_iterator at(folder, problem);
    for (; !problem && at != fs::directory_iterator(); at.increment(problem)) {
        std::error_code unreadable;
        if (!is_model_name(at->path()) || !at->is_regular_file(unreadable)) continue;
        // Of a model in several parts the first stands for all.
        const auto part = gguf::parse_part_name(at->path());
        if (part && part->number > 1 && fs::exists(folder / path_of(part->of_part(1)), unreadable)) continue;
        FoundModel model{at->path(), at->file_size(unreadable), at->last_write_time(unreadable)};
        if (!unreadable) models.push_back(std::move(model));
    }
    if (problem) {
        const auto code =
            problem == std::errc::permission_denied ? ErrorCode::permission_denied : ErrorCode::io;
        return fail(code,
                    fmt::format("The folder \"{}\" cannot be read: {}.", folder.string(), problem.message()));
    }
    std::sort(models.begin(), models.end(), [](const FoundModel& a, const FoundModel& b) {
        return a.modified != b.modified ? a.modified > b.modified : a.path < b.path;
    });
    return models;
}

}  // namespace kinglet::cli
