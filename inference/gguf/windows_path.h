// Paths as Windows takes them.
#pragma once

#include <filesystem>
#include <string>

namespace kinglet::gguf {

/// For functions of Windows that take a file name in UTF-16. One of 260 characters and more is made absolute
/// and gets the prefix \\?\, without which Windows refuses it unless both the program's manifest and the
/// computer's policy allow it.
std::wstring system_path(const std::filesystem::path& path);

}  // namespace kinglet::gguf
