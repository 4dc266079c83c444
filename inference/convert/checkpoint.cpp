#include "inference/convert/checkpoint.h"
#include "inference/base/path_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace kinglet::convert {
namespace {

constexpr std::size_t max_parts = 4096;

Error no_weights(const std::filesystem::path& folder, const std::vector<std::string>& pickled) {
    if (!pickled.empty()) {
        return {ErrorCode::unsupported,
                fmt::format("{} holds its weights as {}, which Kinglet does not read", folder.string(),
                            pickled.front()),
                "Such files can run programs when they are opened; download the safetensors files of the "
                "model instead.",
                folder.string(),
                {}};
    }
    return {ErrorCode::not_found,
            fmt::format("{} holds no safetensors file", folder.string()),
            "Give the folder of a downloaded checkpoint, with config.json and *.safetensors in it.",
            folder.string(),
            {}};
}

/// A plain file name: nothing that could lead out of the folder.
bool is_plain(const std::string& name) {
    if (name.empty() || name.size() > 255 || name == "." || name == "..") return false;
    return name.find_first_of(std::string_view("/\\:\0", 4)) == std::string::npos &&
           name.ends_with(".safetensors");
}

/// The safetensors files of a folder that has neither STEM.safetensors nor an index: one file of any name, or
/// parts.
Result<std::vector<std::filesystem::path>> loose_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    std::vector<std::string> pickled;
    std::error_code problem;
    for (const auto& entry : std::filesystem::directory_iterator(folder, problem)) {
        const std::string name = entry.path().filename().string();
        const std::string ending = entry.path().extension().string();
        if (ending == ".safetensors") found.push_back(entry.path());
        if (ending == ".bin" || ending == ".pt" || ending == ".pth" || ending == ".ckpt")
            pickled.push_back(name);
    }
    std::sort(found.begin(), found.end());
    std::sort(pickled.begin(), pickled.end());
    if (found.empty()) return tl::unexpected(no_weights(folder, pickled));
    const bool parts = std::all_of(found.begin(), found.end(), [](const std::filesystem::path& file) {
        return file.filename().string().find("-of-") != std::string::npos;
    });
    if (found.size() > 1 && !parts) {
        return fail(ErrorCode::bad_format,
                    fmt::format("{} holds several safetensors files, but no model.safetensors.index.json",
                                folder.string()),
                    "Download the index file too; it says which tensors lie where.");
    }
    return found;
}

}  // namespace

Result<Checkpoint> Checkpoint::open(const std::filesystem::path& folder, std::string_view stem) {
    std::error_code problem;
    if (!std::filesystem::exists(folder, problem)) {
        return fail(ErrorCode::not_found, fmt::format("{} does not exist", folder.string()),
                    "Check the name of the folder.");
    }
    if (!std::filesystem::is_directory(folder, problem)) {
        return fail(ErrorCode::not_a_file, fmt::format("{} is not a folder", folder.string()),
                    "Give the folder that holds config.json and the safetensors files.");
    }
    Checkpoint checkpoint;
    checkpoint.folder_ = folder;
    const auto single = folder / path_of(fmt::format("{}.safetensors", stem));
    const auto index = folder / path_of(fmt::format("{}.safetensors.index.json", stem));
    if (std::filesystem::exists(single, problem)) {
        if (auto status = checkpoint.add(single); !status) return tl::unexpected(status.error());
        return checkpoint;
    }
    if (std::filesystem::exists(index, problem)) {
        if (auto status = checkpoint.add_indexed(index); !status) return tl::unexpected(status.error());
        return checkpoint;
    }
    const auto files = loose_files(folder);
    if (!files) return tl::unexpected(files.error());
    for (const auto& file : *files) {
        if (auto status = checkpoint.add(file); !status) return tl::unexpected(status.error());
    }
    return checkpoint;
}

const SourceTensor* Checkpoint::find(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
}

void Checkpoint::release(const SourceTensor& tensor) const {
    for (const gguf::MappedFile& file : files_) {
        const std::span<const std::byte> all = file.bytes();
        if (tensor.data.data() < all.data() || tensor.data.data() >= all.data() + all.size()) continue;
        file.release(static_cast<std::uint64_t>(tensor.data.data() - all.data()), tensor.data.size());
    }
}

Status Checkpoint::add(const std::filesystem::path& file, const std::string& prefix) {
    auto mapped = gguf::MappedFile::open(file);
    if (!mapped) return tl::unexpected(mapped.error());
    auto parsed = parse_safetensors(mapped->bytes(), file.string());
    if (!parsed) return tl::unexpected(parsed.error());
    for (SourceTensor& tensor : *parsed) {
        tensor.name = prefix + tensor.name;
        const std::string name = tensor.name;
        if (tensors_.emplace(name, std::move(tensor)).second) continue;
        return fail(ErrorCode::bad_format,
                    fmt::format("{}: the tensor {} is in another file of the checkpoint too", file.string(),
                                shown(name)),
                    "The folder mixes two checkpoints; download it again into an empty one.");
    }
    files_.push_back(std::move(*mapped));
    return {};
}

Status Checkpoint::add_indexed(const std::filesystem::path& index) {
    const auto json = read_json(index);
    if (!json) return tl::unexpected(json.error());
    const Json* map = member(*json, "weight_map");
    if (map == nullptr || !map->is_object() || map->empty()) {
        return fail(ErrorCode::bad_format, fmt::format("{} has no weight_map", index.string()),
                    "The file is damaged; download it again.");
    }
    std::set<std::string> parts;
    for (const auto& [tensor, value] : map->items()) {
        const std::string* file = text_of(&value);
        if (file == nullptr || !is_plain(*file)) {
            return fail(
                ErrorCode::bad_format,
                fmt::format("{}: {} is said to be in \"{}\", which is no safetensors file of this folder",
                            index.string(), shown(tensor), shown(file == nullptr ? "" : *file)),
                "The file is damaged; download it again.");
        }
        parts.insert(*file);
    }
    if (parts.size() > max_parts) {
        return fail(ErrorCode::too_large, fmt::format("{} names {} files", index.string(), parts.size()),
                    "The file is damaged; download it again.");
    }
    for (const std::string& part : parts) {
        if (auto status = add(folder_ / path_of(part)); !status) return status;
    }
    for (const auto& [tensor, value] : map->items()) {
        if (find(tensor) != nullptr) continue;
        return fail(ErrorCode::bad_format,
                    fmt::format("{}: the tensor {} is not in {}", index.string(), shown(tensor),
                                shown(*text_of(&value))),
                    "The download may be incomplete; download the file again.");
    }
    return {};
}

}  // namespace kinglet::convert
