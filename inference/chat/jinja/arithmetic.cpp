#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/operations.h"

namespace kinglet::chat::jinja {
namespace {

/// Python's ints have no bounds; ours end where 64 bits do.
[[noreturn]] void too_large() {
    raise("a number is too large");
}

std::string_view spelling(Operator op) {
    switch (op) {
        case Operator::add:
            return "+";
        case Operator::subtract:
            return "-";
        case Operator::multiply:
            return "*";
        case Operator::divide:
            return "/";
        case Operator::floor_divide:
            return "//";
        case Operator::modulo:
            return "%";
        default:
            return "** or pow()";
    }
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    if (a == std::numeric_limits<std::int64_t>::min() && b == -1) too_large();
    const std::int64_t quotient = a / b;
    return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

std::int64_t modulo(std::int64_t a, std::int64_t b) {
    if (b == -1) return 0;
    const std::int64_t rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

std::int64_t multiply(std::int64_t a, std::int64_t b) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    if (a == 0 || b == 0) return 0;
    // In floating point first: exact enough to tell far overflows, the rest is checked by dividing.
    const double size = std::fabs(static_cast<double>(a)) * std::fabs(static_cast<double>(b));
    if (size > static_cast<double>(most)) too_large();
    const auto product =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
    if (b != -1 && product / b != a) too_large();
    return product;
}

std::int64_t add(std::int64_t a, std::int64_t b) {
    if (b > 0 ? a > std::numeric_limits<std::int64_t>::max() - b
              : a < std::numeric_limits<std::int64_t>::min() - b) {
        too_large();
    }
    return a + b;
}

std::int64_t subtract(std::int64_t a, std::int64_t b) {
    if (b < 0 ? a > std::numeric_limits<std::int64_t>::max() + b
              : a < std::numeric_limits<std::int64_t>::min() + b) {
        too_large();
    }
    return a - b;
}

Value power(std::int64_t base, std::int64_t exponent) {
    if (exponent < 0) {
        if (base == 0) raise("0.0 cannot be raised to a negative power");
        return std::pow(static_cast<double>(base), static_cast<double>(exponent));
    }
    if (base == 0 || base == 1) return exponent == 0 ? std::int64_t{1} : base;
    if (base == -1) return exponent % 2 == 0 ? std::int64_t{1} : std::int64_t{-1};
    std::int64_t result = 1;
    for (; exponent > 0; --exponent) result = multiply(result, base);
    return result;
}

Value integer_arithmetic(Operator op, std::int64_t a, std::int64_t b) {
    const bool divides = op == Operator::divide || op == Operator::floor_divide || op == Operator::modulo;
    if (divides && b == 0) {
        raise(op == Operator::divide ? "division by zero" : "integer division or modulo by zero");
    }
    switch (op) {
        case Operator::add:
            return add(a, b);
        case Operator::subtract:
            return subtract(a, b);
        case Operator::multiply:
            return multiply(a, b);
        case Operator::divide:
            return static_cast<double>(a) / static_cast<double>(b);
        case Operator::floor_divide:
            return floor_divide(a, b);
        case Operator::modulo:
            return modulo(a, b);
        default:
            return power(a, b);
    }
}

Value real_arithmetic(Operator op, double a, double b) {
    const bool divides = op == Operator::divide || op == Operator::floor_divide || op == Operator::modulo;
    if (divides && b == 0)
        raise(op == Operator::divide ? "float division by zero" : "float floor division by zero");
    switch (op) {
        case Operator::add:
            return a + b;
        case Operator::subtract:
            return a - b;
        case Operator::multiply:
            return a * b;
        case Operator::divide:
            return a / b;
        case Operator::floor_divide:
            return std::floor(a / b);
        case Operator::modulo: {
            const double rest = std::fmod(a, b);
            return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
        }
        default:
            return std::pow(a, b);
    }
}

Value repeat(Runtime& runtime, const Value& what, std::int64_t times) {
    const std::int64_t count = times < 0 ? 0 : times;
    const std::int64_t size = length(what).value_or(0);
    // Charged before it is made, and in floating point, where it cannot overflow.
    const double bytes =
        static_cast<double>(count) * (what.text() != nullptr
                                          ? static_cast<double>(what.bytes().size())
                                          : static_cast<double>(size) * static_cast<double>(sizeof(Value)));
    if (bytes > static_cast<double>(runtime.limits().allocated_bytes)) runtime.allocate(SIZE_MAX);
    if (what.text() != nullptr) {
        std::string all;
        if (!what.bytes().empty()) {
            all.reserve(what.bytes().size() * static_cast<std::size_t>(count));
            for (std::int64_t i = 0; i < count; ++i) all += what.bytes();
        }
        return runtime.text(std::move(all));
    }
    List all;
    const Sequence& sequence = *what.sequence();
    if (size > 0) {
        runtime.step(static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(size));
        for (std::int64_t i = 0; i < count; ++i)
            all.insert(all.end(), sequence.items.begin(), sequence.items.end());
    }
    return runtime.list(std::move(all), sequence.kind);
}

bool is_plain_list(const Value& value) {
    const Sequence* sequence = value.sequence();
    return sequence && (sequence->kind == Sequence::Kind::list || sequence->kind == Sequence::Kind::tuple);
}

Value join(Runtime& runtime, const Value& a, const Value& b) {
    if (a.text() != nullptr) {
        if (b.text() == nullptr)
            raise(fmt::format("can only concatenate str (not \"{}\") to str", b.type_name()));
        std::string all;
        all.reserve(a.bytes().size() + b.bytes().size());
        all += a.bytes();
        all += b.bytes();
        return runtime.text(std::move(all));
    }
    if (!is_plain_list(b) || a.sequence()->kind != b.sequence()->kind) {
        raise(fmt::format("can only concatenate {0} (not \"{1}\") to {0}", a.type_name(), b.type_name()));
    }
    List all = a.sequence()->items;
    all.insert(all.end(), b.sequence()->items.begin(), b.sequence()->items.end());
    runtime.step(all.size());
    return runtime.list(std::move(all), a.sequence()->kind);
}

}  // namespace

Value arithmetic(Runtime& runtime, Operator op, const Value& a, const Value& b) {
    require_defined(a);
    require_defined(b);
    if (a.is_integral() && b.is_integral()) return integer_arithmetic(op, a.integer(), b.integer());
    if (a.is_number() && b.is_number()) return real_arithmetic(op, a.number(), b.number());
    if (op == Operator::add && (a.text() != nullptr || is_plain_list(a))) return join(runtime, a, b);
    if (op == Operator::modulo && a.text() != nullptr) {
        const bool several = b.sequence() != nullptr && b.sequence()->kind == Sequence::Kind::tuple;
        return runtime.text(
            format_percent(runtime, a.bytes(), several ? b.sequence()->items : List{b}, b.dict()));
    }
    if (op == Operator::multiply) {
        const auto repeats = [](const Value& value) {
            return value.text() != nullptr || is_plain_list(value);
        };
        if (repeats(a) && b.is_integral()) return repeat(runtime, a, b.integer());
        if (repeats(b) && a.is_integral()) return repeat(runtime, b, a.integer());
    }
    raise(fmt::format("unsupported operand type(s) for {}: '{}' and '{}'", spelling(op), a.type_name(),
                      b.type_name()));
}

Value negative(const Value& value) {
    require_defined(value);
    if (value.is_integral()) return subtract(0, value.integer());
    if (value.is_real()) return -value.number();
    raise(fmt::format("bad operand type for unary -: '{}'", value.type_name()));
}

}  // namespace kinglet::chat::jinja
