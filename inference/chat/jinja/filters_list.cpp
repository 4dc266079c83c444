// Filters over lists.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/operations.h"
#include "inference/chat/jinja/text.h"

namespace kinglet::chat::jinja {
namespace {

using Names = std::initializer_list<std::string_view>;

List take(std::string_view filter, Arguments& arguments, Names names, std::size_t required = 1) {
    return place_arguments(filter, arguments, std::span(names.begin(), names.size()), required);
}

bool given(const Value& value) {
    return !value.is_undefined() && !value.is_none();
}

Value generator(Runtime& runtime, List items) {
    return runtime.list(std::move(items), Sequence::Kind::generator);
}

/// Follows "a.b.0": names and indices parted by dots.
class Getter {
  public:
    Getter(const Value& attribute, Value otherwise = None{}) : otherwise_(std::move(otherwise)) {
        if (attribute.text() == nullptr) {
            if (given(attribute)) parts_.push_back(attribute);
            return;
        }
        std::string_view rest = attribute.bytes();
        while (true) {
            const std::size_t dot = std::min(rest.find('.'), rest.size());
            const std::string_view part = rest.substr(0, dot);
            std::int64_t index = 0;
            const auto read = std::from_chars(part.data(), part.data() + part.size(), index);
            const bool digits = !part.empty() && part[0] != '-' && read.ptr == part.data() + part.size();
            parts_.push_back(digits && read.ec == std::errc() ? Value(index)
                                                              : Value::plain_text(std::string(part)));
            if (dot == rest.size()) break;
            rest.remove_prefix(dot + 1);
        }
    }

    Value operator()(Runtime& runtime, Value item) const {
        for (const Value& part : parts_) {
            item = get_item(runtime, item, part);
            if (!otherwise_.is_none() && item.is_undefined()) item = otherwise_;
        }
        return item;
    }

  private:
    List parts_;
    Value otherwise_;
};

Value ignore_case(Runtime& runtime, Value value) {
    return value.text() != nullptr ? runtime.text(to_lower(value.bytes())) : value;
}

Value filter_first(Runtime& runtime, Arguments& arguments) {
    const auto items = iterate(runtime, take("first", arguments, {"seq"})[0]);
    return items->items.empty() ? Value::undefined("No first item, sequence was empty.")
                                : items->items.front();
}

Value filter_last(Runtime& runtime, Arguments& arguments) {
    const List a = take("last", arguments, {"seq"});
    if (const Sequence* s = a[0].sequence(); s && s->kind == Sequence::Kind::generator) {
        raise("'generator' object is not reversible");
    }
    const auto items = iterate(runtime, a[0]);
    return items->items.empty() ? Value::undefined("No last item, sequence was empty.") : items->items.back();
}

Value filter_length(Runtime& /*runtime*/, Arguments& arguments) {
    const List a = take("length", arguments, {"obj"});
    const auto size = length(a[0]);
    if (!size) raise(fmt::format("object of type '{}' has no len()", a[0].type_name()));
    return *size;
}

Value filter_join(Runtime& runtime, Arguments& arguments) {
    const List a = take("join", arguments, {"value", "d", "attribute"});
    const std::string separator = to_text(runtime, a[1]);
    const Getter getter(a[2]);
    std::string all;
    bool first = true;
    const auto source_items = iterate(runtime, a[0]);
    for (const Value& item : source_items->items) {
        runtime.step();
        if (!first) all += separator;
        first = false;
        all += to_text(runtime, getter(runtime, item));
        if (all.size() > runtime.limits().output_bytes) raise("the joined text is too long");
    }
    return runtime.text(std::move(all));
}

Value filter_list(Runtime& runtime, Arguments& arguments) {
    const auto items = iterate(runtime, take("list", arguments, {"value"})[0]);
    runtime.step(items->items.size());
    return runtime.list(items->items);
}

Value filter_reverse(Runtime& runtime, Arguments& arguments) {
    const List a = take("reverse", arguments, {"value"});
    if (const Text* text = a[0].text()) {
        std::u32string characters = to_code_points(text->bytes);
        std::ranges::reverse(characters);
        return runtime.text(from_code_points(characters));
    }
    List items = iterate(runtime, a[0])->items;
    runtime.step(items.size());
    std::ranges::reverse(items);
    return generator(runtime, std::move(items));
}

/// Sorts by keys that are made once; `order` raises where two keys cannot be compared, which is before any
/// harm.
List sorted(Runtime& runtime, const List& items, bool reverse,
            const std::function<Value(const Value&)>& key) {
    struct Keyed {
        Value key;
        Value item;
    };
    std::vector<Keyed> keyed;
    keyed.reserve(items.size());
    for (const Value& item : items) keyed.push_back({key(item), item});
    // As in Python, equal items keep their order in both directions.
    std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& a, const Keyed& b) {
        return reverse ? order(runtime, b.key, a.key) < 0 : order(runtime, a.key, b.key) < 0;
    });
    List out;
    out.reserve(keyed.size());
    for (Keyed& each : keyed) out.push_back(std::move(each.item));
    return out;
}

Value filter_sort(Runtime& runtime, Arguments& arguments) {
    const List a = take("sort", arguments, {"value", "reverse", "case_sensitive", "attribute"});
    std::vector<Getter> getters;
    if (a[3].text() != nullptr) {
        std::string_view rest = a[3].bytes();
        while (true) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            getters.emplace_back(Value::plain_text(std::string(rest.substr(0, comma))));
            if (comma == rest.size()) break;
            rest.remove_prefix(comma + 1);
        }
    } else {
        getters.emplace_back(a[3]);
    }
    return runtime.list(sorted(runtime, iterate(runtime, a[0])->items, a[1].truthy(), [&](const Value& item) {
        List keys;
        for (const Getter& getter : getters) {
            Value key = getter(runtime, item);
            keys.push_back(a[2].truthy() ? key : ignore_case(runtime, std::move(key)));
        }
        return runtime.list(std::move(keys));
    }));
}

Value filter_dictsort(Runtime& runtime, Arguments& arguments) {
    const List a = take("dictsort", arguments, {"value", "case_sensitive", "by", "reverse"});
    if (a[0].dict() == nullptr) raise("dictsort() needs a dict");
    const std::string by = given(a[2]) ? to_text(runtime, a[2]) : "key";
    if (by != "key" && by != "value") raise("You can only sort by either \"key\" or \"value\"");
    List pairs;
    for (const auto& [key, value] : a[0].dict()->entries) pairs.push_back(runtime.tuple({key, value}));
    return runtime.list(sorted(runtime, pairs, a[3].truthy(), [&](const Value& pair) {
        const Value& key = pair.sequence()->items[by == "key" ? 0 : 1];
        return a[1].truthy() ? key : ignore_case(runtime, key);
    }));
}

Value filter_unique(Runtime& runtime, Arguments& arguments) {
    const List a = take("unique", arguments, {"value", "case_sensitive", "attribute"});
    const Getter getter(a[2]);
    std::unordered_set<std::string> seen;
    List out;
    const auto source_items = iterate(runtime, a[0]);
    for (const Value& item : source_items->items) {
        runtime.step();
        Value key = getter(runtime, item);
        if (!a[1].truthy()) key = ignore_case(runtime, std::move(key));
        const std::string id = key_of(key);
        if (id.empty()) raise(fmt::format("unhashable type: '{}'", key.type_name()));
        if (seen.insert(id).second) out.push_back(item);
    }
    return generator(runtime, std::move(out));
}

template <bool Largest>
Value filter_extreme(Runtime& runtime, Arguments& arguments) {
    const List a = take(Largest ? "max" : "min", arguments, {"value", "case_sensitive", "attribute"});
    const Getter getter(a[2]);
    const auto items = iterate(runtime, a[0]);
    if (items->items.empty()) return Value::undefined("No aggregated item, sequence was empty.");
    const auto key_of_item = [&](const Value& item) {
        Value key = getter(runtime, item);
        return a[1].truthy() ? key : ignore_case(runtime, std::move(key));
    };
    Value best = items->items.front();
    Value best_key = key_of_item(best);
    for (const Value& item : items->items) {
        Value key = key_of_item(item);
        const int difference = order(runtime, key, best_key);
        if (Largest ? difference > 0 : difference < 0) {
            best = item;
            best_key = std::move(key);
        }
    }
    return best;
}

Value filter_sum(Runtime& runtime, Arguments& arguments) {
    const List a = take("sum", arguments, {"iterable", "attribute", "start"});
    const Getter getter(a[1]);
    Value sum = a[2].is_undefined() ? Value(std::int64_t{0}) : a[2];
    if (sum.text() != nullptr) raise("sum() can't sum strings [use ''.join(seq) instead]");
    const auto source_items = iterate(runtime, a[0]);
    for (const Value& item : source_items->items) {
        sum = arithmetic(runtime, Operator::add, sum, getter(runtime, item));
    }
    return sum;
}

Value filter_batch(Runtime& runtime, Arguments& arguments) {
    const List a = take("batch", arguments, {"value", "linecount", "fill_with"}, 2);
    const std::int64_t wanted = to_index(a[1]);
    List out;
    List row;
    const auto source_items = iterate(runtime, a[0]);
    for (const Value& item : source_items->items) {
        if (static_cast<std::int64_t>(row.size()) == wanted)
            out.push_back(runtime.list(std::exchange(row, {})));
        row.push_back(item);
    }
    if (!row.empty()) {
        while (given(a[2]) && static_cast<std::int64_t>(row.size()) < wanted) {
            runtime.step();
            row.push_back(a[2]);
        }
        out.push_back(runtime.list(std::move(row)));
    }
    return generator(runtime, std::move(out));
}

Value filter_slice(Runtime& runtime, Arguments& arguments) {
    const List a = take("slice", arguments, {"value", "slices", "fill_with"}, 2);
    const auto items = iterate(runtime, a[0]);
    const std::int64_t slices = to_index(a[1]);
    if (slices == 0) raise("integer division or modulo by zero");
    const auto size = static_cast<std::int64_t>(items->items.size());
    List out;
    std::int64_t begin = 0;
    for (std::int64_t i = 0; i < slices; ++i) {
        runtime.step();
        const bool extra = i < size % slices;
        const std::int64_t end = begin + size / slices + (extra ? 1 : 0);
        List part(items->items.begin() + begin, items->items.begin() + end);
        if (given(a[2]) && !extra) part.push_back(a[2]);
        out.push_back(runtime.list(std::move(part)));
        begin = end;
    }
    return generator(runtime, std::move(out));
}

Value filter_groupby(Runtime& runtime, Arguments& arguments) {
    const List a = take("groupby", arguments, {"value", "attribute", "default", "case_sensitive"}, 2);
    const Getter getter(a[1], given(a[2]) ? a[2] : Value(None{}));
    const auto key = [&](const Value& item) {
        Value found = getter(runtime, item);
        return a[3].truthy() ? found : ignore_case(runtime, std::move(found));
    };
    const List items = sorted(runtime, iterate(runtime, a[0])->items, false, key);
    List groups;
    for (std::size_t begin = 0; begin < items.size();) {
        const Value group_key = key(items[begin]);
        std::size_t end = begin + 1;
        while (end < items.size() && equals(runtime, key(items[end]), group_key)) ++end;
        const auto from = items.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto to = items.begin() + static_cast<std::ptrdiff_t>(end);
        auto group = std::make_shared<Sequence>();
        group->kind = Sequence::Kind::tuple;
        group->group = true;
        group->items = {getter(runtime, items[begin]), runtime.list(List(from, to))};
        group->depth = std::max(group->items[0].depth(), group->items[1].depth()) + 1;
        groups.push_back(std::shared_ptr<const Sequence>(std::move(group)));
        begin = end;
    }
    return runtime.list(std::move(groups));
}

Value filter_map(Runtime& runtime, Arguments& arguments) {
    if (arguments.positional.empty()) raise("map() needs a list");
    const Value source = arguments.positional.front();
    List out;
    if (!source.truthy()) return generator(runtime, {});
    if (arguments.positional.size() == 1) {
        Arguments options{{}, std::move(arguments.named)};
        static constexpr std::array<std::string_view, 2> names = {"attribute", "default"};
        const List a = place_arguments("map", options, names);
        if (a[0].is_undefined()) raise("map requires a filter argument");
        const Getter getter(a[0], given(a[1]) ? a[1] : Value(None{}));
        const auto source_items = iterate(runtime, source);
        for (const Value& item : source_items->items) out.push_back(getter(runtime, item));
        return generator(runtime, std::move(out));
    }
    const std::string name = to_text(runtime, arguments.positional[1]);
    const Builtin filter = find_filter(name);
    if (filter == nullptr) raise(fmt::format("No filter named '{}'.", name));
    const Runtime::Nested nested(runtime);
    const auto source_items = iterate(runtime, source);
    for (const Value& item : source_items->items) {
        runtime.step();
        Arguments forwarded = arguments;
        forwarded.positional.erase(forwarded.positional.begin());
        forwarded.positional.front() = item;
        out.push_back(filter(runtime, forwarded));
    }
    return generator(runtime, std::move(out));
}

/// select, reject, selectattr and rejectattr.
template <bool Keeps, bool ByAttribute>
Value filter_select(Runtime& runtime, Arguments& arguments) {
    if (arguments.positional.empty()) raise("select() needs a list");
    const Value source = arguments.positional.front();
    if (!source.truthy()) return generator(runtime, {});
    constexpr std::size_t first = ByAttribute ? 2 : 1;
    if (arguments.positional.size() < first) raise("Missing parameter for attribute name");
    const Getter getter(ByAttribute ? arguments.positional[1] : Value(None{}));
    Predicate test = nullptr;
    if (arguments.positional.size() > first) {
        const std::string name = to_text(runtime, arguments.positional[first]);
        test = find_test(name);
        if (test == nullptr) raise(fmt::format("No test named '{}'.", name));
    }
    List out;
    const auto source_items = iterate(runtime, source);
    for (const Value& item : source_items->items) {
        runtime.step();
        const Value subject = getter(runtime, item);
        bool holds = subject.truthy();
        if (test != nullptr) {
            Arguments forwarded{{subject}, arguments.named};
            forwarded.positional.insert(forwarded.positional.end(), arguments.positional.begin() + first + 1,
                                        arguments.positional.end());
            holds = test(runtime, forwarded);
        }
        if (holds == Keeps) out.push_back(item);
    }
    return generator(runtime, std::move(out));
}

Value filter_items(Runtime& runtime, Arguments& arguments) {
    const List a = take("items", arguments, {"value"});
    List out;
    if (a[0].is_undefined()) return generator(runtime, {});
    if (a[0].dict() == nullptr) raise("Can only get item pairs from a mapping.");
    for (const auto& [key, value] : a[0].dict()->entries) out.push_back(runtime.tuple({key, value}));
    return generator(runtime, std::move(out));
}

Value filter_random(Runtime& /*runtime*/, Arguments& /*arguments*/) {
    raise("random is refused: the same conversation must always give the same prompt");
}

constexpr std::array<BuiltinRow, 23> rows = {{
    {"random", filter_random},
    {"first", filter_first},
    {"last", filter_last},
    {"length", filter_length},
    {"count", filter_length},
    {"join", filter_join},
    {"list", filter_list},
    {"reverse", filter_reverse},
    {"sort", filter_sort},
    {"dictsort", filter_dictsort},
    {"unique", filter_unique},
    {"min", filter_extreme<false>},
    {"max", filter_extreme<true>},
    {"sum", filter_sum},
    {"batch", filter_batch},
    {"slice", filter_slice},
    {"groupby", filter_groupby},
    {"map", filter_map},
    {"select", filter_select<true, false>},
    {"reject", filter_select<false, false>},
    {"selectattr", filter_select<true, true>},
    {"rejectattr", filter_select<false, true>},
    {"items", filter_items},
}};

}  // namespace

std::span<const BuiltinRow> list_filters() {
    return rows;
}

}  // namespace kinglet::chat::jinja
