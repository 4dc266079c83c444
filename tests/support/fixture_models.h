// The fixture models of tests/golden/fixtures.json as GGUF files: one or more for each architecture, with
// weights that follow from names and indices, as tests/golden/reference/fixtures.py draws them too.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "inference/base/result.h"

namespace kinglet::test {

/// What fixtures.json says; read once and kept by the caller.
class Fixtures {
  public:
    /// Errors: bad_format.
    static Result<Fixtures> read(const std::filesystem::path& json_file);

    const std::vector<std::string>& names() const { return names_; }
    /// The ids that the goldens were computed for.
    const std::vector<int>& tokens() const { return tokens_; }
    std::string architecture(const std::string& name) const;
    Status write(const std::string& name, const std::filesystem::path& gguf_file) const;

  private:
    std::string text_;
    std::vector<std::string> names_;
    std::vector<int> tokens_;
};

}  // namespace kinglet::test
