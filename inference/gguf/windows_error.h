// What Windows says went wrong with a file.
#pragma once

#include <filesystem>
#include <string_view>

#include "inference/base/result.h"

namespace kinglet::gguf {

/// Of the error numbers of GetLastError(), those that a person can act on in words of our own. `doing` is
/// "read" or "write".
Error windows_error(unsigned long number, const std::filesystem::path& path, std::string_view doing);

}  // namespace kinglet::gguf
