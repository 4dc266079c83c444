// The methods of texts, lists and dicts. Those that would change a list or dict are refused, as by Jinja's
// sandbox.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/operations.h"
#include "inference/chat/jinja/text.h"

namespace kinglet::chat::jinja {
namespace {

using Names = std::initializer_list<std::string_view>;

List take(std::string_view method, Arguments& arguments, Names names, std::size_t required = 1) {
    return place_arguments(method, arguments, std::span(names.begin(), names.size()), required);
}

const std::string& as_text(const Value& value, std::string_view method) {
    require_defined(value);
    if (value.text() == nullptr) raise(fmt::format("{}() needs a text, not {}", method, value.type_name()));
    return value.bytes();
}

bool given(const Value& value) {
    return !value.is_undefined() && !value.is_none();
}

template <std::string_view (*Left)(std::string_view),
          std::string_view (*LeftSet)(std::string_view, std::string_view),
          std::string_view (*Right)(std::string_view),
          std::string_view (*RightSet)(std::string_view, std::string_view)>
Value strip(Runtime& runtime, Arguments& arguments) {
    const List a = take("strip", arguments, {"self", "chars"});
    std::string_view text = a[0].bytes();
    runtime.step(1 + text.size() / 64);
    if (given(a[1])) {
        const std::string& chars = as_text(a[1], "strip");
        runtime.step(1 + chars.size() * text.size() / 256);
        return runtime.text(std::string(RightSet(LeftSet(text, chars), chars)));
    }
    return runtime.text(std::string(Right(Left(text))));
}

std::string_view keep_all(std::string_view text) {
    return text;
}
std::string_view keep_all_of(std::string_view text, std::string_view /*chars*/) {
    return text;
}

template <std::string (*Map)(std::string_view)>
Value mapped(Runtime& runtime, Arguments& arguments) {
    const List a = take("method", arguments, {"self"});
    runtime.step(1 + a[0].bytes().size() / 16);
    return runtime.text(Map(a[0].bytes()));
}

std::string swap_case(std::string_view text) {
    std::string out;
    for (const char32_t c : to_code_points(text)) {
        const std::string one = from_code_points(std::u32string(1, c));
        const std::string upper = to_upper(one);
        out += upper == one ? to_lower(one) : upper;
    }
    return out;
}

template <CharacterClass Class>
Value is_class(Runtime& runtime, Arguments& arguments) {
    const List a = take("method", arguments, {"self"});
    runtime.step(1 + a[0].bytes().size() / 16);
    return all_of_class(a[0].bytes(), Class);
}

/// The part of a text between two optional bounds, as find() and startswith() take them.
std::string_view bounded(Runtime& runtime, const Value& self, const Value& from, const Value& to,
                         Value& holder, std::int64_t& offset) {
    offset = 0;
    if (!given(from) && !given(to)) return self.bytes();
    const std::int64_t size = *length(self);
    offset = given(from) ? to_index(from) : 0;
    if (offset < 0) offset = std::max<std::int64_t>(0, offset + size);
    holder = get_slice(runtime, self, offset, given(to) ? to : Value(None{}), None{});
    return holder.bytes();
}

template <bool AtStart>
Value has_affix(Runtime& runtime, Arguments& arguments) {
    constexpr std::string_view method = AtStart ? "startswith" : "endswith";
    const List a = take(method, arguments, {"self", "affix", "start", "end"}, 2);
    Value holder;
    std::int64_t offset = 0;
    const std::string_view text = bounded(runtime, a[0], a[2], a[3], holder, offset);
    const auto matches = [&](const Value& affix) {
        const std::string& wanted = as_text(affix, method);
        return AtStart ? text.starts_with(wanted) : text.ends_with(wanted);
    };
    if (const Sequence* several = a[1].sequence(); several && several->kind == Sequence::Kind::tuple) {
        return std::ranges::any_of(several->items, matches);
    }
    return matches(a[1]);
}

template <bool FromRight, bool MustBeThere>
Value find_text(Runtime& runtime, Arguments& arguments) {
    constexpr std::string_view method = MustBeThere ? "index" : "find";
    const List a = take(method, arguments, {"self", "sub", "start", "end"}, 2);
    Value holder;
    std::int64_t offset = 0;
    const std::string_view text = bounded(runtime, a[0], a[2], a[3], holder, offset);
    runtime.step(1 + text.size() / 64);
    const std::string& wanted = as_text(a[1], method);
    const std::size_t at = FromRight ? text.rfind(wanted) : text.find(wanted);
    if (at == std::string_view::npos) {
        if (MustBeThere) raise("substring not found");
        return std::int64_t{-1};
    }
    return offset + static_cast<std::int64_t>(Text(std::string(text.substr(0, at))).length);
}

Value count_text(Runtime& runtime, Arguments& arguments) {
    const List a = take("count", arguments, {"self", "sub"}, 2);
    const std::string& text = a[0].bytes();
    const std::string& wanted = as_text(a[1], "count");
    runtime.step(1 + text.size() / 64);
    if (wanted.empty()) return static_cast<std::int64_t>(a[0].text()->length) + 1;
    std::int64_t count = 0;
    for (std::size_t at = text.find(wanted); at != std::string::npos;
         at = text.find(wanted, at + wanted.size())) {
        ++count;
    }
    return count;
}

Value replace(Runtime& runtime, Arguments& arguments) {
    List a = take("replace", arguments, {"self", "old", "new", "count"}, 3);
    as_text(a[1], "replace");
    as_text(a[2], "replace");
    return replace_text(runtime, a[0].bytes(), a[1].bytes(), a[2].bytes(), given(a[3]) ? to_index(a[3]) : -1);
}

/// split() without a separator: at runs of white space.
List split_space(Runtime& runtime, std::string_view text, std::int64_t most, bool from_right) {
    List parts;
    text = strip_right(strip_left(text));
    while (!text.empty()) {
        runtime.step();
        if (most >= 0 && static_cast<std::int64_t>(parts.size()) >= most) {
            parts.push_back(runtime.text(std::string(text)));
            break;
        }
        if (from_right) {
            std::size_t begin = text.size();
            while (begin > 0) {
                std::size_t previous = begin - 1;
                while (previous > 0 && (static_cast<unsigned char>(text[previous]) & 0xC0) == 0x80)
                    --previous;
                if (strip_left(text.substr(previous, begin - previous)).empty()) break;
                begin = previous;
            }
            parts.push_back(runtime.text(std::string(text.substr(begin))));
            text = strip_right(text.substr(0, begin));
        } else {
            std::size_t end = 0;
            while (end < text.size()) {
                const std::size_t size = character_length(text, end);
                if (strip_left(text.substr(end, size)).empty()) break;
                end += size;
            }
            parts.push_back(runtime.text(std::string(text.substr(0, end))));
            text = strip_left(text.substr(end));
        }
    }
    if (from_right) std::ranges::reverse(parts);
    return parts;
}

List split_at(Runtime& runtime, std::string_view text, std::string_view separator, std::int64_t most,
              bool from_right) {
    if (separator.empty()) raise("empty separator");
    List parts;
    while (most < 0 || static_cast<std::int64_t>(parts.size()) < most) {
        runtime.step();
        const std::size_t at = from_right ? text.rfind(separator) : text.find(separator);
        if (at == std::string_view::npos) break;
        const std::string_view after = text.substr(at + separator.size());
        const std::string_view before = text.substr(0, at);
        parts.push_back(runtime.text(std::string(from_right ? after : before)));
        text = from_right ? before : after;
    }
    parts.push_back(runtime.text(std::string(text)));
    if (from_right) std::ranges::reverse(parts);
    return parts;
}

template <bool FromRight>
Value split(Runtime& runtime, Arguments& arguments) {
    const List a = take("split", arguments, {"self", "sep", "maxsplit"});
    const std::int64_t most = given(a[2]) ? to_index(a[2]) : -1;
    runtime.step(1 + a[0].bytes().size() / 64);
    if (!given(a[1])) return runtime.list(split_space(runtime, a[0].bytes(), most, FromRight));
    return runtime.list(split_at(runtime, a[0].bytes(), as_text(a[1], "split"), most, FromRight));
}

template <bool FromRight>
Value partition(Runtime& runtime, Arguments& arguments) {
    const List a = take("partition", arguments, {"self", "sep"}, 2);
    const std::string& text = a[0].bytes();
    const std::string& separator = as_text(a[1], "partition");
    if (separator.empty()) raise("empty separator");
    const std::size_t at = FromRight ? text.rfind(separator) : text.find(separator);
    const Value nothing = Value::plain_text({});
    if (at == std::string::npos) {
        return FromRight ? runtime.tuple({nothing, nothing, a[0]}) : runtime.tuple({a[0], nothing, nothing});
    }
    return runtime.tuple(
        {runtime.text(text.substr(0, at)), a[1], runtime.text(text.substr(at + separator.size()))});
}

Value split_into_lines(Runtime& runtime, Arguments& arguments) {
    const List a = take("splitlines", arguments, {"self", "keepends"});
    List lines;
    for (const std::string_view line : split_lines(a[0].bytes(), a[1].truthy())) {
        lines.push_back(runtime.text(std::string(line)));
    }
    return runtime.list(std::move(lines));
}

Value join(Runtime& runtime, Arguments& arguments) {
    const List a = take("join", arguments, {"self", "items"}, 2);
    std::string all;
    std::size_t index = 0;
    const auto source_items = iterate(runtime, a[1]);
    for (const Value& item : source_items->items) {
        if (item.text() == nullptr) {
            raise(fmt::format("sequence item {}: expected str instance, {} found", index, item.type_name()));
        }
        if (index++ > 0) all += a[0].bytes();
        all += item.bytes();
        runtime.step();
        if (all.size() > runtime.limits().output_bytes) raise("the joined text is too long");
    }
    return runtime.text(std::move(all));
}

Value format(Runtime& runtime, Arguments& arguments) {
    const Value self = arguments.positional.front();
    arguments.positional.erase(arguments.positional.begin());
    return runtime.text(format_braces(runtime, self.bytes(), arguments));
}

template <bool AtStart>
Value remove_affix(Runtime& runtime, Arguments& arguments) {
    const List a = take("removeprefix", arguments, {"self", "affix"}, 2);
    std::string_view text = a[0].bytes();
    const std::string& affix = as_text(a[1], "removeprefix");
    if (AtStart && text.starts_with(affix)) text.remove_prefix(affix.size());
    if (!AtStart && text.ends_with(affix)) text.remove_suffix(affix.size());
    return runtime.text(std::string(text));
}

/// ljust, rjust and center: `Left` and `Right` parts of the missing width.
template <int Left, int Right>
Value justify(Runtime& runtime, Arguments& arguments) {
    const List a = take("center", arguments, {"self", "width", "fillchar"}, 2);
    const std::string fill = given(a[2]) ? as_text(a[2], "center") : " ";
    if (Text(fill).length != 1) raise("The fill character must be exactly one character long");
    const std::int64_t missing = to_index(a[1]) - static_cast<std::int64_t>(a[0].text()->length);
    if (missing <= 0) return a[0];
    runtime.allocate(static_cast<std::size_t>(missing) * fill.size());
    std::int64_t left = missing * Left / (Left + Right);
    // Python puts the odd one left where the width is odd.
    if (Left == Right && missing % 2 == 1 && to_index(a[1]) % 2 == 1) ++left;
    std::string out;
    for (std::int64_t i = 0; i < left; ++i) out += fill;
    out += a[0].bytes();
    for (std::int64_t i = left; i < missing; ++i) out += fill;
    return runtime.text(std::move(out));
}

Value zero_fill(Runtime& runtime, Arguments& arguments) {
    const List a = take("zfill", arguments, {"self", "width"}, 2);
    std::string text = a[0].bytes();
    const std::int64_t missing = to_index(a[1]) - static_cast<std::int64_t>(a[0].text()->length);
    if (missing <= 0) return a[0];
    runtime.allocate(static_cast<std::size_t>(missing));
    const bool is_signed = !text.empty() && (text[0] == '-' || text[0] == '+');
    text.insert(is_signed ? 1 : 0, static_cast<std::size_t>(missing), '0');
    return runtime.text(std::move(text));
}

template <int Which>
Value dict_items(Runtime& runtime, Arguments& arguments) {
    const List a = take("items", arguments, {"self"});
    List items;
    runtime.step(a[0].dict()->entries.size());
    for (const auto& [key, value] : a[0].dict()->entries) {
        items.push_back(Which == 0 ? key : Which == 1 ? value : runtime.tuple({key, value}));
    }
    return runtime.list(std::move(items), Sequence::Kind::view);
}

Value dict_get(Runtime& /*runtime*/, Arguments& arguments) {
    const List a = take("get", arguments, {"self", "key", "default"}, 2);
    const Value* found = a[0].dict()->find(a[1]);
    if (found != nullptr) return *found;
    return given(a[2]) ? a[2] : Value(None{});
}

Value copy(Runtime& /*runtime*/, Arguments& arguments) {
    return take("copy", arguments, {"self"})[0];
}

Value list_index(Runtime& runtime, Arguments& arguments) {
    const List a = take("index", arguments, {"self", "value"}, 2);
    const List& items = a[0].sequence()->items;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (equals(runtime, items[i], a[1])) return static_cast<std::int64_t>(i);
    }
    raise(fmt::format("{} is not in list", repr(runtime, a[1])));
}

Value list_count(Runtime& runtime, Arguments& arguments) {
    const List a = take("count", arguments, {"self", "value"}, 2);
    return static_cast<std::int64_t>(std::ranges::count_if(
        a[0].sequence()->items, [&](const Value& item) { return equals(runtime, item, a[1]); }));
}

constexpr std::array<BuiltinRow, 38> text_methods = {{
    {"strip", strip<strip_left, strip_left, strip_right, strip_right>},
    {"lstrip", strip<strip_left, strip_left, keep_all, keep_all_of>},
    {"rstrip", strip<keep_all, keep_all_of, strip_right, strip_right>},
    {"split", split<false>},
    {"rsplit", split<true>},
    {"splitlines", split_into_lines},
    {"partition", partition<false>},
    {"rpartition", partition<true>},
    {"startswith", has_affix<true>},
    {"endswith", has_affix<false>},
    {"replace", replace},
    {"upper", mapped<to_upper>},
    {"lower", mapped<to_lower>},
    {"casefold", mapped<to_lower>},
    {"title", mapped<title>},
    {"capitalize", mapped<capitalize>},
    {"swapcase", mapped<swap_case>},
    {"find", find_text<false, false>},
    {"rfind", find_text<true, false>},
    {"index", find_text<false, true>},
    {"rindex", find_text<true, true>},
    {"count", count_text},
    {"join", join},
    {"format", format},
    {"removeprefix", remove_affix<true>},
    {"removesuffix", remove_affix<false>},
    {"ljust", justify<0, 1>},
    {"rjust", justify<1, 0>},
    {"center", justify<1, 1>},
    {"zfill", zero_fill},
    {"isalpha", is_class<CharacterClass::letter>},
    {"isdigit", is_class<CharacterClass::digit>},
    {"isdecimal", is_class<CharacterClass::decimal>},
    {"isnumeric", is_class<CharacterClass::numeric>},
    {"isalnum", is_class<CharacterClass::alphanumeric>},
    {"isspace", is_class<CharacterClass::space>},
    {"isupper", is_class<CharacterClass::upper>},
    {"islower", is_class<CharacterClass::lower>},
}};

constexpr std::array<BuiltinRow, 5> dict_methods = {{{"items", dict_items<2>},
                                                     {"keys", dict_items<0>},
                                                     {"values", dict_items<1>},
                                                     {"get", dict_get},
                                                     {"copy", copy}}};

constexpr std::array<BuiltinRow, 3> list_methods = {
    {{"index", list_index}, {"count", list_count}, {"copy", copy}}};

constexpr std::array<std::string_view, 6> refused_dict = {"clear",      "pop",    "popitem",
                                                          "setdefault", "update", "fromkeys"};
constexpr std::array<std::string_view, 8> refused_list = {"append", "clear",  "extend",  "insert",
                                                          "pop",    "remove", "reverse", "sort"};

class BoundMethod final : public Object {
  public:
    BoundMethod(Value self, Builtin run) : self_(std::move(self)), run_(run) {}
    std::string_view type_name() const override { return "builtin_function_or_method"; }
    bool callable() const override { return true; }
    Value call(Runtime& runtime, Arguments& arguments) const override {
        arguments.positional.insert(arguments.positional.begin(), self_);
        return run_(runtime, arguments);
    }

  private:
    Value self_;
    Builtin run_;
};

}  // namespace

Value find_method(Runtime& runtime, const Value& object, std::string_view name) {
    std::span<const BuiltinRow> methods;
    if (object.text() != nullptr) {
        methods = text_methods;
    } else if (object.dict() != nullptr) {
        methods = dict_methods;
    } else if (const Sequence* sequence = object.sequence()) {
        const bool is_list = sequence->kind == Sequence::Kind::list;
        if (is_list || sequence->kind == Sequence::Kind::tuple) methods = list_methods;
        if (sequence->group && name == "grouper") return sequence->items[0];
        if (sequence->group && name == "list") return sequence->items[1];
    }
    for (const BuiltinRow& row : methods) {
        if (row.name != name) continue;
        runtime.allocate(sizeof(BoundMethod));
        return std::shared_ptr<const Object>(std::make_shared<BoundMethod>(object, row.run));
    }
    return {};
}

bool is_refused_method(const Value& object, std::string_view name) {
    const Sequence* sequence = object.sequence();
    if (object.dict() != nullptr) return std::ranges::find(refused_dict, name) != refused_dict.end();
    const bool is_list = sequence != nullptr && sequence->kind == Sequence::Kind::list;
    return is_list && std::ranges::find(refused_list, name) != refused_list.end();
}

}  // namespace kinglet::chat::jinja
