#include "inference/grammar/place.h"

#include <fmt/format.h>

#include <algorithm>

namespace kinglet::grammar {

std::string place_text(std::string_view name, std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, std::min(at, text.size()));
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const auto characters =
        std::count_if(before.begin() + static_cast<std::ptrdiff_t>(begin), before.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    return fmt::format("{}:{}:{}", name, lines + 1, characters + 1);
}

}  // namespace kinglet::grammar
