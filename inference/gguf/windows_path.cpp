#include "inference/gguf/windows_path.h"

#include <windows.h>

namespace kinglet::gguf {

std::wstring system_path(const std::filesystem::path& path) {
    const std::wstring plain = path.wstring();
    // With the zero at its end.
    const DWORD size = GetFullPathNameW(plain.c_str(), 0, nullptr, nullptr);
    // A folder may have 12 characters fewer than a file, so that a short file name always fits into it.
    if (size + 12 <= MAX_PATH || plain.starts_with(LR"(\\?\)")) return plain;
    std::wstring absolute(size, L'\0');
    absolute.resize(GetFullPathNameW(plain.c_str(), size, absolute.data(), nullptr));
    if (absolute.empty() || absolute.starts_with(LR"(\\.\)")) return plain;
    if (absolute.starts_with(LR"(\\)")) return LR"(\\?\UNC)" + absolute.substr(1);
    return LR"(\\?\)" + absolute;
}

}  // namespace kinglet::gguf
