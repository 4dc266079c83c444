#include "inference/gguf/model_file.h"
#include "inference/base/path_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace kinglet::gguf {
namespace {

namespace fs = std::filesystem;

/// More parts than any model is split into; a bound for what a file may claim.
constexpr std::int64_t most_parts = 1000;

constexpr std::string_view hint_again = "Download all parts again, into one folder.";

/// What the metadata of a part says of its place; count is 1 for a file that is whole.
struct Place {
    std::int64_t index = 0;
    std::int64_t count = 1;
};

Result<Place> place_of(const File& file) {
    const auto count = file.metadata().optional_int("split.count");
    if (!count) return tl::unexpected(count.error());
    if (!*count || **count == 0 || **count == 1) return Place{};
    if (**count < 0 || **count > most_parts) {
        return fail(ErrorCode::bad_format,
                    fmt::format("{} is damaged: it claims to be one of {} parts; {} at most are possible",
                                file.name(), **count, most_parts),
                    "Choose another file, or download it again.");
    }
    const auto index = file.metadata().required_int("split.no");
    if (!index) return tl::unexpected(index.error());
    if (*index < 0 || *index >= **count) {
        return fail(ErrorCode::bad_format,
                    fmt::format("{} is damaged: its split.no is {}, its split.count {}", file.name(), *index,
                                **count),
                    "Choose another file, or download it again.");
    }
    return Place{*index, **count};
}

struct OnePart {
    MappedFile bytes;
    File file;
    Place place;
};

Result<OnePart> open_part(const fs::path& path) {
    auto bytes = MappedFile::open(path);
    if (!bytes) return tl::unexpected(bytes.error());
    auto file = File::parse(bytes->bytes(), path.string());
    if (!file) return tl::unexpected(file.error());
    const auto place = place_of(*file);
    if (!place) return tl::unexpected(place.error());
    return OnePart{std::move(*bytes), std::move(*file), *place};
}

/// Whether the name of a part and its content agree on which part it is.
Status check_place(const OnePart& part, const PartName& name) {
    if (part.place.index + 1 == name.number && part.place.count == name.count) return {};
    const std::string inside = part.place.count == 1
                                   ? std::string("a whole model")
                                   : fmt::format("part {} of {}", part.place.index + 1, part.place.count);
    return fail(ErrorCode::bad_format,
                fmt::format("{} is named as part {} of {} of a model, but holds {}", part.file.name(),
                            name.number, name.count, inside),
                "Give the files the names they were downloaded with, or download them again.");
}

Error missing_part(const fs::path& folder, const PartName& name, int first_missing) {
    int others = 0;
    for (int i = first_missing + 1; i <= name.count; ++i) {
        std::error_code ignored;
        if (!fs::exists(folder / path_of(name.of_part(i)), ignored)) ++others;
    }
    const std::string path = (folder / path_of(name.of_part(first_missing))).string();
    const std::string more = others > 0 ? fmt::format(", and {} more", others) : std::string();
    return {ErrorCode::not_found,
            fmt::format("Part {} of {} of the model is missing: there is no {}{}", first_missing, name.count,
                        path, more),
            "Download the missing part into the same folder.",
            path,
            {}};
}

/// The tensors of all parts are those that the first one announces.
Status check_tensor_count(const File& file) {
    const auto announced = file.metadata().optional_int("split.tensors.count");
    if (!announced) return tl::unexpected(announced.error());
    const auto found = static_cast<std::int64_t>(file.tensors().size());
    if (!*announced || **announced == found) return {};
    return fail(ErrorCode::bad_format,
                fmt::format("{} and its other parts hold {} tensors, but should hold {}", file.name(), found,
                            **announced),
                std::string(hint_again));
}

Result<ModelFile> open_all(const fs::path& path, OnePart given) {
    const auto name = parse_part_name(path);
    if (!name) {
        return fail(ErrorCode::not_found,
                    fmt::format("{} is part {} of {} of a model, and its name does not tell where the others "
                                "are",
                                path.string(), given.place.index + 1, given.place.count),
                    fmt::format("Give all parts names like {}-{:05}-of-{:05}.gguf.", path.stem().string(),
                                given.place.index + 1, given.place.count));
    }
    if (auto status = check_place(given, *name); !status) return tl::unexpected(status.error());
    const fs::path folder = path.parent_path();
    ModelFile model;
    std::vector<File> files;
    for (int i = 1; i <= name->count; ++i) {
        const fs::path where = i == name->number ? path : folder / path_of(name->of_part(i));
        auto part = i == name->number ? Result<OnePart>(std::move(given)) : open_part(where);
        if (!part) {
            const bool missing = part.error().code == ErrorCode::not_found;
            return tl::unexpected(missing ? missing_part(folder, *name, i) : std::move(part.error()));
        }
        PartName expected = *name;
        expected.number = i;
        if (auto status = check_place(*part, expected); !status) return tl::unexpected(status.error());
        model.parts.push_back(std::move(part->bytes));
        model.paths.push_back(where);
        files.push_back(std::move(part->file));
    }
    auto file = File::join(std::move(files));
    if (!file) return tl::unexpected(file.error());
    model.file = std::move(*file);
    if (auto status = check_tensor_count(model.file); !status) return tl::unexpected(status.error());
    return model;
}

/// The number in five digits; empty where they are none.
std::optional<int> five_digits(std::string_view text) {
    int number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        number = 10 * number + (c - '0');
    }
    return text.size() == 5 ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string PartName::of_part(int other) const {
    return fmt::format("{}-{:05}-of-{:05}.gguf", stem, other, count);
}

std::optional<PartName> parse_part_name(const fs::path& path) {
    const std::string name = path.filename().string();
    constexpr std::string_view pattern = "-NNNNN-of-NNNNN.gguf";
    if (name.size() <= pattern.size()) return std::nullopt;
    const std::string_view end = std::string_view(name).substr(name.size() - pattern.size());
    const auto number = five_digits(end.substr(1, 5));
    const auto count = five_digits(end.substr(10, 5));
    if (end[0] != '-' || end.substr(6, 4) != "-of-" || end.substr(15) != ".gguf" || !number || !count) {
        return std::nullopt;
    }
    return PartName{name.substr(0, name.size() - pattern.size()), *number, *count};
}

Result<ModelFile> ModelFile::open(const fs::path& path) {
    auto part = open_part(path);
    if (!part) return tl::unexpected(part.error());
    if (part->place.count > 1) return open_all(path, std::move(*part));
    ModelFile model;
    model.parts.push_back(std::move(part->bytes));
    model.paths.push_back(path);
    model.file = std::move(part->file);
    return model;
}

std::uint64_t ModelFile::size() const {
    std::uint64_t bytes = 0;
    for (const MappedFile& part : parts) bytes += part.bytes().size();
    return bytes;
}

void ModelFile::preload(std::uint64_t offset, std::uint64_t length) const {
    for (const MappedFile& part : parts) {
        const std::uint64_t bytes = part.bytes().size();
        if (offset < bytes && length > 0) {
            const std::uint64_t here = std::min(length, bytes - offset);
            part.preload(offset, here);
            length -= here;
            offset += here;
        }
        offset -= std::min(offset, bytes);
    }
}

std::pair<const MappedFile*, std::uint64_t> ModelFile::find(std::span<const std::byte> bytes) const {
    for (const MappedFile& part : parts) {
        const std::span<const std::byte> all = part.bytes();
        // Pointers into different parts can be compared by std::less only.
        const std::less<const std::byte*> before;
        if (!before(bytes.data(), all.data()) && before(bytes.data(), all.data() + all.size()))
            return {&part, static_cast<std::uint64_t>(bytes.data() - all.data())};
    }
    return {nullptr, 0};
}

void ModelFile::preload(std::span<const std::byte> bytes) const {
    if (const auto [part, offset] = find(bytes); part != nullptr) part->preload(offset, bytes.size());
}

void ModelFile::release(std::span<const std::byte> bytes) const {
    if (const auto [part, offset] = find(bytes); part != nullptr) part->release(offset, bytes.size());
}

}  // namespace kinglet::gguf
