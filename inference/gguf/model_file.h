// A model as it lies on the disk: one file, or several parts NAME-00001-of-00003.gguf that belong together.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "inference/base/result.h"
#include "inference/gguf/mapped_file.h"
#include "inference/gguf/reader.h"

namespace kinglet::gguf {

/// What the name of a part says: NAME-00002-of-00003.gguf is part 2 of 3 of NAME.
struct PartName {
    std::string stem;
    int number = 0;
    int count = 0;

    /// The file name of another part of the same model.
    std::string of_part(int other) const;
};

/// Empty for a name that is not that of a part.
std::optional<PartName> parse_part_name(const std::filesystem::path& path);

/// The mapped bytes and their structure, which views them.
struct ModelFile {
    /// Opens the file and, where it is one part of several, the others beside it. Errors: those of
    /// MappedFile::open and File::parse; not_found naming the part that is missing; bad_format for parts that
    /// do not belong together.
    static Result<ModelFile> open(const std::filesystem::path& path);

    std::vector<MappedFile> parts;
    /// Where each part lies.
    std::vector<std::filesystem::path> paths;
    File file;

    /// Bytes of all parts.
    std::uint64_t size() const;
    /// MappedFile::preload over the bytes of all parts, one after the other.
    void preload(std::uint64_t offset, std::uint64_t length) const;
    /// MappedFile::preload and ::release for bytes of one of the parts, those of a tensor for instance.
    void preload(std::span<const std::byte> bytes) const;
    void release(std::span<const std::byte> bytes) const;

  private:
    /// The part that these bytes are of, and where they begin there; null for bytes of no part.
    std::pair<const MappedFile*, std::uint64_t> find(std::span<const std::byte> bytes) const;
};

}  // namespace kinglet::gguf
