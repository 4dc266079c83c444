// Files that tests read and write.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/path_text.h"

namespace kinglet::test {

/// A new folder that is removed with everything in it when the object goes.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(std::string_view name) const { return path_ / path_of(name); }

  private:
    std::filesystem::path path_;
};

/// The same folder by a name from which paths of any length may go on: with \\?\ before it on Windows, which
/// removing needs too.
std::filesystem::path unlimited(const std::filesystem::path& folder);

/// The folder of shared test models (environment variable KINGLET_SHARED); empty where there is none, and a
/// test that needs it is to be skipped, saying so.
std::optional<std::filesystem::path> shared_folder();

/// All bytes of a file; empty where it cannot be read.
std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// A file of little-endian 32-bit floats.
std::vector<float> read_floats(const std::filesystem::path& path);

/// The ids of a file {"tokens": [...]}.
std::vector<int> read_token_ids(const std::filesystem::path& path);

/// Sum of squared differences over the sum of squares of `expected`; infinite where the sizes differ or
/// anything is not a number.
double normalised_error(const std::vector<float>& actual, const std::vector<float>& expected);

}  // namespace kinglet::test
