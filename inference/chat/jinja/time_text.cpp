#include <fmt/format.h>

#include <array>

#include "inference/chat/jinja/builtins.h"

namespace kinglet::chat::jinja {
namespace {

constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {"January",   "February", "March",    "April",
                                                     "May",       "June",     "July",     "August",
                                                     "September", "October",  "November", "December"};

/// The parts of a moment that formats ask for.
struct Moment {
    int year;
    unsigned month;
    unsigned day;
    unsigned weekday;  ///< 0 = Sunday
    int day_of_year;   ///< 1 = 1 January
    int hour;
    int minute;
    int second;

    explicit Moment(std::chrono::local_seconds time) {
        const auto midnight = std::chrono::floor<std::chrono::days>(time);
        const std::chrono::year_month_day date(midnight);
        const std::chrono::hh_mm_ss clock(time - midnight);
        year = static_cast<int>(date.year());
        month = static_cast<unsigned>(date.month());
        day = static_cast<unsigned>(date.day());
        weekday = std::chrono::weekday(midnight).c_encoding();
        const std::chrono::local_days new_year(date.year() / std::chrono::January / 1);
        day_of_year = static_cast<int>((midnight - new_year).count()) + 1;
        hour = static_cast<int>(clock.hours().count());
        minute = static_cast<int>(clock.minutes().count());
        second = static_cast<int>(clock.seconds().count());
    }

    int hour12() const { return hour % 12 == 0 ? 12 : hour % 12; }
};

/// Numbers are padded as the letter says, or not at all after "%-".
std::string number(int value, int width, bool plain, char fill = '0') {
    if (plain) return std::to_string(value);
    return fill == '0' ? fmt::format("{:0{}}", value, width) : fmt::format("{:{}}", value, width);
}

std::string directive(char letter, bool plain, const Moment& at, std::chrono::local_seconds time) {
    switch (letter) {
        case 'Y':
            return number(at.year, 4, true);
        case 'C':
            return number(at.year / 100, 2, plain);
        case 'y':
            return number(at.year % 100, 2, plain);
        case 'm':
            return number(static_cast<int>(at.month), 2, plain);
        case 'd':
            return number(static_cast<int>(at.day), 2, plain);
        case 'e':
            return number(static_cast<int>(at.day), 2, plain, ' ');
        case 'j':
            return number(at.day_of_year, 3, plain);
        case 'H':
            return number(at.hour, 2, plain);
        case 'k':
            return number(at.hour, 2, plain, ' ');
        case 'I':
            return number(at.hour12(), 2, plain);
        case 'l':
            return number(at.hour12(), 2, plain, ' ');
        case 'M':
            return number(at.minute, 2, plain);
        case 'S':
            return number(at.second, 2, plain);
        case 'f':
            return "000000";
        case 'p':
            return at.hour < 12 ? "AM" : "PM";
        case 'P':
            return at.hour < 12 ? "am" : "pm";
        case 'A':
            return std::string(weekdays[at.weekday]);
        case 'a':
            return std::string(weekdays[at.weekday].substr(0, 3));
        case 'B':
            return std::string(months[at.month - 1]);
        case 'b':
        case 'h':
            return std::string(months[at.month - 1].substr(0, 3));
        case 'u':
            return std::to_string(at.weekday == 0 ? 7 : at.weekday);
        case 'w':
            return std::to_string(at.weekday);
        case 'U':
            return number((at.day_of_year + 6 - static_cast<int>(at.weekday)) / 7, 2, plain);
        case 'W':
            return number((at.day_of_year + 6 - static_cast<int>((at.weekday + 6) % 7)) / 7, 2, plain);
        case 's':
            return std::to_string(time.time_since_epoch().count());
        case 'D':
        case 'x':
            return format_time("%m/%d/%y", time);
        case 'F':
            return format_time("%Y-%m-%d", time);
        case 'T':
        case 'X':
            return format_time("%H:%M:%S", time);
        case 'R':
            return format_time("%H:%M", time);
        case 'r':
            return format_time("%I:%M:%S %p", time);
        case 'c':
            return format_time("%a %b %e %H:%M:%S %Y", time);
        case 'z':
        case 'Z':
            return {};  // as for a moment that names no time zone
        case 'n':
            return "\n";
        case 't':
            return "\t";
        case '%':
            return "%";
        default:
            return std::string("%") + (plain ? "-" : "") + letter;
    }
}

}  // namespace

std::string format_time(std::string_view format, std::chrono::local_seconds time) {
    const Moment moment(time);
    std::string out;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%' || i + 1 == format.size()) {
            out += format[i];
            continue;
        }
        const bool plain = format[i + 1] == '-' && i + 2 < format.size();
        i += plain ? 2 : 1;
        out += directive(format[i], plain, moment, time);
    }
    return out;
}

}  // namespace kinglet::chat::jinja
