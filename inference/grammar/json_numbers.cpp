// Numbers, dates and times: rules that are ranges of digits.
#include <algorithm>
#include <string>

#include "inference/grammar/json_rules.h"

namespace kinglet::grammar {
namespace {

constexpr std::uint32_t most_digits = 15;
/// The most that an integer without an upper bound becomes: readers hold it exactly as a double.
constexpr std::int64_t largest = 999'999'999'999'999;
/// The most where the bounds themselves are beyond that.
constexpr std::int64_t largest_of_all = 999'999'999'999'999'999;

std::uint64_t size_of(std::int64_t value) {
    return value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
}

}  // namespace

NodeId JsonRules::digit(char first, char last) {
    return rules_.set({{static_cast<char32_t>(first), static_cast<char32_t>(last)}});
}

NodeId JsonRules::digits(std::uint32_t min, std::uint32_t max) {
    return rules_.repeat(digit('0', '9'), min, max);
}

NodeId JsonRules::number() {
    return once("number", [&] {
        const NodeId whole =
            rules_.choice({rules_.text("0"), rules_.sequence({digit('1', '9'), digits(0, most_digits - 1)})});
        const NodeId fraction = rules_.sequence({rules_.text("."), digits(1, most_digits)});
        // Two digits: no reader takes it for infinite.
        const NodeId exponent =
            rules_.sequence({rules_.set({{'e', 'e'}, {'E', 'E'}}),
                             rules_.optional(rules_.set({{'+', '+'}, {'-', '-'}})), digits(1, 2)});
        return rules_.sequence(
            {rules_.optional(rules_.text("-")), whole, rules_.optional(fraction), rules_.optional(exponent)});
    });
}

/// Digits from `least` to `most`, two texts of one length.
NodeId JsonRules::same_length(std::string_view least, std::string_view most) {
    const auto count = static_cast<std::uint32_t>(least.size());
    if (count == 0) return rules_.empty();
    const auto all = [](std::string_view text, char c) {
        return std::all_of(text.begin(), text.end(), [c](char each) { return each == c; });
    };
    if (all(least, '0') && all(most, '9')) return digits(count, count);
    const std::string_view least_rest = least.substr(1);
    const std::string_view most_rest = most.substr(1);
    if (least[0] == most[0]) {
        return rules_.sequence({digit(least[0], least[0]), same_length(least_rest, most_rest)});
    }
    const std::string nines(count - 1, '9');
    const std::string zeros(count - 1, '0');
    std::vector<NodeId> choices{rules_.sequence({digit(least[0], least[0]), same_length(least_rest, nines)}),
                                rules_.sequence({digit(most[0], most[0]), same_length(zeros, most_rest)})};
    if (least[0] + 1 < most[0]) {
        choices.push_back(
            rules_.sequence({digit(static_cast<char>(least[0] + 1), static_cast<char>(most[0] - 1)),
                             digits(count - 1, count - 1)}));
    }
    return rules_.choice(std::move(choices));
}

NodeId JsonRules::unsigned_range(std::uint64_t least, std::uint64_t most) {
    std::vector<NodeId> choices;
    const std::string last = std::to_string(most);
    std::string from = std::to_string(least);
    while (least <= most && from.size() <= last.size()) {
        const std::string to = from.size() == last.size() ? last : std::string(from.size(), '9');
        choices.push_back(same_length(from, to));
        from = "1" + std::string(from.size(), '0');
    }
    return rules_.choice(std::move(choices));
}

NodeId JsonRules::integer(const NumberBounds& bounds) {
    const std::int64_t high_end = bounds.least && *bounds.least > largest ? largest_of_all : largest;
    const std::int64_t low_end = bounds.most && *bounds.most < -largest ? -largest_of_all : -largest;
    const std::int64_t most = std::min(bounds.most.value_or(high_end), largest_of_all);
    const std::int64_t least = std::max(bounds.least.value_or(low_end), -largest_of_all);
    std::vector<NodeId> choices;
    if (least > most) return rules_.choice({});
    if (most >= 0) {
        choices.push_back(unsigned_range(static_cast<std::uint64_t>(std::max<std::int64_t>(least, 0)),
                                         static_cast<std::uint64_t>(most)));
    }
    if (least < 0) {
        const std::uint64_t smallest = most < 0 ? size_of(most) : 1;
        choices.push_back(rules_.sequence({rules_.text("-"), unsigned_range(smallest, size_of(least))}));
    }
    return rules_.choice(std::move(choices));
}

/// A number without its sign: whole parts between the bounds take any fraction, the bounds themselves none.
NodeId JsonRules::magnitude(std::uint64_t least, bool least_exclusive, std::uint64_t most,
                            bool most_exclusive) {
    const NodeId point = rules_.text(".");
    const NodeId above =
        rules_.sequence({point, digits(0, most_digits - 1), digit('1', '9')});  // more than nothing
    std::vector<NodeId> choices;
    if (least < most) {
        if (least_exclusive) {
            choices.push_back(rules_.sequence({unsigned_range(least, least), above}));
            if (least + 1 < most) {
                choices.push_back(
                    rules_.sequence({unsigned_range(least + 1, most - 1), rules_.optional(above)}));
            }
        } else {
            choices.push_back(rules_.sequence({unsigned_range(least, most - 1), rules_.optional(above)}));
        }
    }
    if (!most_exclusive && !(least == most && least_exclusive) && least <= most) {
        choices.push_back(unsigned_range(most, most));
    }
    return rules_.choice(std::move(choices));
}

NodeId JsonRules::bounded_number(const NumberBounds& bounds) {
    const std::int64_t least = bounds.least.value_or(-largest);
    const std::int64_t most = bounds.most.value_or(largest);
    std::vector<NodeId> choices;
    if (most >= 0) {
        const bool from_zero = least < 0;
        choices.push_back(magnitude(from_zero ? 0 : static_cast<std::uint64_t>(least),
                                    !from_zero && bounds.least_exclusive, static_cast<std::uint64_t>(most),
                                    bounds.most_exclusive));
    }
    if (least < 0) {
        // Below zero the bounds change places; "-0" is left to the positive side.
        const bool to_zero = most >= 0;
        choices.push_back(rules_.sequence(
            {rules_.text("-"), magnitude(to_zero ? 0 : size_of(most), to_zero || bounds.most_exclusive,
                                         size_of(least), bounds.least_exclusive)}));
    }
    return rules_.choice(std::move(choices));
}

NodeId JsonRules::two_digits(int least, int most) {
    const auto spelled = [](int value) { return (value < 10 ? "0" : "") + std::to_string(value); };
    return same_length(spelled(least), spelled(most));
}

NodeId JsonRules::date() {
    return once("date", [&] {
        const NodeId year = rules_.sequence({digit('1', '9'), digits(3, 3)});
        const NodeId odd = rules_.set({{'1', '1'}, {'3', '3'}, {'5', '5'}, {'7', '7'}, {'9', '9'}});
        const NodeId even = rules_.set({{'2', '2'}, {'4', '4'}, {'6', '6'}, {'8', '8'}});
        const NodeId nought48 = rules_.set({{'0', '0'}, {'4', '4'}, {'8', '8'}});
        // Two digits that four divides: after an even one 0, 4 or 8, after an odd one 2 or 6. Years from 1000
        // on: a century begins with 1 to 9.
        const NodeId from12 = rules_.choice({rules_.sequence({even, nought48}),
                                             rules_.sequence({odd, rules_.set({{'2', '2'}, {'6', '6'}})})});
        const NodeId from04 = rules_.choice(
            {rules_.sequence({rules_.text("0"), rules_.set({{'4', '4'}, {'8', '8'}})}), from12});
        const NodeId leap_year = rules_.choice({rules_.sequence({digit('1', '9'), digit('0', '9'), from04}),
                                                rules_.sequence({from12, rules_.text("00")})});
        const auto month = [&](std::vector<NodeId> names, int days) {
            return rules_.sequence({rules_.choice(std::move(names)), rules_.text("-"), two_digits(1, days)});
        };
        const auto name = [&](const char* digits_of_month) { return rules_.text(digits_of_month); };
        const NodeId days = rules_.choice(
            {month({name("01"), name("03"), name("05"), name("07"), name("08"), name("10"), name("12")}, 31),
             month({name("04"), name("06"), name("09"), name("11")}, 30), month({name("02")}, 28)});
        return rules_.choice({rules_.sequence({year, rules_.text("-"), days}),
                              rules_.sequence({leap_year, rules_.text("-02-29")})});
    });
}

NodeId JsonRules::time() {
    return once("time", [&] {
        const NodeId colon = rules_.text(":");
        const NodeId hours = two_digits(0, 23);
        const NodeId minutes = two_digits(0, 59);
        const NodeId fraction = rules_.sequence({rules_.text("."), digits(1, 6)});
        const NodeId offset = rules_.sequence({rules_.set({{'+', '+'}, {'-', '-'}}), hours, colon, minutes});
        return rules_.sequence({hours, colon, minutes, colon, two_digits(0, 59), rules_.optional(fraction),
                                rules_.choice({rules_.text("Z"), offset})});
    });
}

NodeId JsonRules::date_time() {
    return rules_.sequence({date(), rules_.text("T"), time()});
}

NodeId JsonRules::uuid() {
    return once("uuid", [&] {
        const NodeId hex = rules_.set({{'0', '9'}, {'a', 'f'}});
        const NodeId dash = rules_.text("-");
        const NodeId four = rules_.repeat(hex, 4, 4);
        return rules_.sequence(
            {rules_.repeat(hex, 8, 8), dash, four, dash, four, dash, four, dash, rules_.repeat(hex, 12, 12)});
    });
}

}  // namespace kinglet::grammar
