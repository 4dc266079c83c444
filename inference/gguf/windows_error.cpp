#include "inference/gguf/windows_error.h"

#include <fmt/format.h>
#include <windows.h>

namespace kinglet::gguf {
namespace {

/// The system's own words, in the language of the computer.
std::string words_of(DWORD number) {
    wchar_t text[512];
    const DWORD size = FormatMessageW(
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK, nullptr,
        number, 0, text, static_cast<DWORD>(std::size(text)), nullptr);
    std::wstring_view words(text, size);
    while (!words.empty() && (words.back() == L' ' || words.back() == L'.')) words.remove_suffix(1);
    if (words.empty()) return fmt::format("error {}", number);
    const auto utf8 = std::filesystem::path(words).u8string();
    return {utf8.begin(), utf8.end()};
}

}  // namespace

Error windows_error(unsigned long number, const std::filesystem::path& path, std::string_view doing) {
    const std::string name = path.string();
    switch (number) {
        case ERROR_FILE_NOT_FOUND:
        case ERROR_PATH_NOT_FOUND:
        case ERROR_INVALID_NAME:
        case ERROR_BAD_NETPATH:
        case ERROR_INVALID_DRIVE:
            return {ErrorCode::not_found,
                    fmt::format("{} does not exist", name),
                    "Check the name, or choose another file.",
                    name,
                    {}};
        case ERROR_ACCESS_DENIED:
        case ERROR_WRITE_PROTECT:
            return {ErrorCode::permission_denied,
                    fmt::format("No permission to {} {}", doing, name),
                    "Change the file's permissions, or choose another place.",
                    name,
                    {}};
        case ERROR_SHARING_VIOLATION:
        case ERROR_LOCK_VIOLATION:
        case ERROR_USER_MAPPED_FILE:
            return {ErrorCode::io,
                    fmt::format("Could not {} {}: another program is using it", doing, name),
                    "Close that program and try again.",
                    name,
                    {}};
        case ERROR_DISK_FULL:
        case ERROR_HANDLE_DISK_FULL:
            return {ErrorCode::io,
                    fmt::format("There is no room left on the disk to {} {}", doing, name),
                    "Free some space and try again.",
                    name,
                    {}};
        default:
            return {ErrorCode::io,
                    fmt::format("Could not {} {}: {}", doing, name, words_of(number)),
                    "Check that the disk is connected and try again.",
                    name,
                    {}};
    }
}

}  // namespace kinglet::gguf
