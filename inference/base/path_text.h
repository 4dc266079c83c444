// Between paths and texts in UTF-8, which is what Kinglet keeps names in.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace kinglet {

/// The path that a text in UTF-8 names. On Windows a path made of a plain string would be read in another
/// encoding.
inline std::filesystem::path path_of(std::string_view utf8) {
    return std::u8string(utf8.begin(), utf8.end());
}

}  // namespace kinglet
