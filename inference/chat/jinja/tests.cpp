// What may follow "is".
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/operations.h"
#include "inference/chat/jinja/text.h"

namespace kinglet::chat::jinja {
namespace {

const Value& subject(const Arguments& a) {
    return a.positional.at(0);
}

const Value& operand(const Arguments& a) {
    if (a.positional.size() < 2) raise("a test misses its argument");
    return a.positional[1];
}

std::int64_t remainder(Runtime& runtime, const Value& value, std::int64_t by) {
    return to_index(arithmetic(runtime, Operator::modulo, value, by));
}

bool is_sequence(const Value& value) {
    if (const Sequence* s = value.sequence()) {
        return s->kind != Sequence::Kind::generator && s->kind != Sequence::Kind::view;
    }
    return value.text() != nullptr || value.dict() != nullptr || value.is_undefined();
}

bool is_iterable(const Value& value) {
    return value.text() != nullptr || value.dict() != nullptr || value.sequence() != nullptr ||
           value.is_undefined();
}

bool same(Runtime& /*runtime*/, Arguments& a) {
    const Value& x = subject(a);
    const Value& y = operand(a);
    if (x.type_name() != y.type_name()) return false;
    if (x.is_none()) return true;
    if (x.is_bool() || x.is_int()) return x.integer() == y.integer();
    if (x.text() != nullptr) return x.bytes() == y.bytes();
    return (x.sequence() != nullptr && x.sequence() == y.sequence()) ||
           (x.dict() != nullptr && x.dict() == y.dict()) ||
           (x.object() != nullptr && x.object() == y.object());
}

template <Operator Op>
bool compared(Runtime& runtime, Arguments& a) {
    return compare(runtime, Op, subject(a), operand(a));
}

template <CharacterClass Class>
bool is_class(Runtime& runtime, Arguments& a) {
    return all_of_class(to_text(runtime, subject(a)), Class);
}

struct Row {
    std::string_view name;
    Predicate run;
};

constexpr std::array<Row, 38> rows = {{
    {"defined", [](Runtime&, Arguments& a) { return !subject(a).is_undefined(); }},
    {"undefined", [](Runtime&, Arguments& a) { return subject(a).is_undefined(); }},
    {"none", [](Runtime&, Arguments& a) { return subject(a).is_none(); }},
    {"boolean", [](Runtime&, Arguments& a) { return subject(a).is_bool(); }},
    {"true", [](Runtime&, Arguments& a) { return subject(a).is_bool() && subject(a).truthy(); }},
    {"false", [](Runtime&, Arguments& a) { return subject(a).is_bool() && !subject(a).truthy(); }},
    {"integer", [](Runtime&, Arguments& a) { return subject(a).is_int(); }},
    {"float", [](Runtime&, Arguments& a) { return subject(a).is_real(); }},
    {"number", [](Runtime&, Arguments& a) { return subject(a).is_number(); }},
    {"string", [](Runtime&, Arguments& a) { return subject(a).text() != nullptr; }},
    {"mapping", [](Runtime&, Arguments& a) { return subject(a).dict() != nullptr; }},
    {"sequence", [](Runtime&, Arguments& a) { return is_sequence(subject(a)); }},
    {"iterable", [](Runtime&, Arguments& a) { return is_iterable(subject(a)); }},
    {"callable",
     [](Runtime&, Arguments& a) {
         return subject(a).object() != nullptr && subject(a).object()->callable();
     }},
    {"odd", [](Runtime& r, Arguments& a) { return remainder(r, subject(a), 2) == 1; }},
    {"even", [](Runtime& r, Arguments& a) { return remainder(r, subject(a), 2) == 0; }},
    {"divisibleby",
     [](Runtime& r, Arguments& a) { return remainder(r, subject(a), to_index(operand(a))) == 0; }},
    {"lower", is_class<CharacterClass::lower>},
    {"upper", is_class<CharacterClass::upper>},
    {"escaped", [](Runtime&, Arguments&) { return false; }},
    {"sameas", same},
    {"in", [](Runtime& r, Arguments& a) { return contains(r, operand(a), subject(a)); }},
    {"filter", [](Runtime& r, Arguments& a) { return find_filter(to_text(r, subject(a))) != nullptr; }},
    {"test", [](Runtime& r, Arguments& a) { return find_test(to_text(r, subject(a))) != nullptr; }},
    {"eq", compared<Operator::equal>},
    {"equalto", compared<Operator::equal>},
    {"==", compared<Operator::equal>},
    {"ne", compared<Operator::not_equal>},
    {"!=", compared<Operator::not_equal>},
    {"lt", compared<Operator::less>},
    {"lessthan", compared<Operator::less>},
    {"<", compared<Operator::less>},
    {"le", compared<Operator::less_equal>},
    {"<=", compared<Operator::less_equal>},
    {"gt", compared<Operator::greater>},
    {"greaterthan", compared<Operator::greater>},
    {">", compared<Operator::greater>},
    {"ge", compared<Operator::greater_equal>},
}};

}  // namespace

Predicate find_test(std::string_view name) {
    if (name == ">=") name = "ge";
    const auto found = std::ranges::find(rows, name, &Row::name);
    return found == rows.end() ? nullptr : found->run;
}

}  // namespace kinglet::chat::jinja
