#include "inference/chat/jinja/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/text.h"

namespace kinglet::chat::jinja {
namespace {

std::string repr_items(Runtime& runtime, const Sequence& sequence) {
    std::string out;
    for (const Value& item : sequence.items) {
        if (!out.empty()) out += ", ";
        out += repr(runtime, item);
    }
    return out;
}

std::string repr_sequence(Runtime& runtime, const Sequence& sequence) {
    switch (sequence.kind) {
        case Sequence::Kind::list:
            return "[" + repr_items(runtime, sequence) + "]";
        case Sequence::Kind::tuple:
            return "(" + repr_items(runtime, sequence) + (sequence.items.size() == 1 ? ",)" : ")");
        case Sequence::Kind::view:
            return "dict_items([" + repr_items(runtime, sequence) + "])";
        case Sequence::Kind::range:
            if (sequence.items.empty()) return "range(0, 0)";
            return fmt::format("range({}, {})", sequence.items.front().integer(),
                               sequence.items.back().integer() + 1);
        case Sequence::Kind::generator:
            return "<generator object>";
    }
    return {};
}

std::string repr_dict(Runtime& runtime, const Dict& dict) {
    std::string out = "{";
    for (const auto& [key, value] : dict.entries) {
        if (out.size() > 1) out += ", ";
        out += repr(runtime, key);
        out += ": ";
        out += repr(runtime, value);
    }
    return out + "}";
}

bool is_list_like(const Value& value) {
    return value.sequence() != nullptr;
}

template <class T>
int three_way(const T& a, const T& b) {
    return a < b ? -1 : b < a ? 1 : 0;
}

}  // namespace

std::string repr(Runtime& runtime, const Value& value) {
    const Runtime::Nested nested(runtime);
    runtime.step();
    if (const Text* text = value.text()) {
        std::string quoted = quote(text->bytes);
        runtime.allocate(quoted.size());
        return quoted;
    }
    if (const Sequence* sequence = value.sequence()) {
        std::string all = repr_sequence(runtime, *sequence);
        runtime.allocate(all.size());
        return all;
    }
    if (const Dict* dict = value.dict()) {
        std::string all = repr_dict(runtime, *dict);
        runtime.allocate(all.size());
        return all;
    }
    return to_text(runtime, value);
}

std::string to_text(Runtime& runtime, const Value& value) {
    if (const Text* text = value.text()) return text->bytes;
    if (value.is_undefined()) return {};
    if (value.is_none()) return "None";
    if (value.is_bool()) return value.truthy() ? "True" : "False";
    if (value.is_int()) return std::to_string(value.integer());
    if (value.is_real()) return float_text(value.number());
    if (const Object* object = value.object()) return object->repr();
    return repr(runtime, value);
}

void require_defined(const Value& value) {
    if (value.is_undefined()) raise(value.complaint());
}

std::int64_t to_index(const Value& value) {
    require_defined(value);
    if (!value.is_integral()) {
        raise(fmt::format("'{}' object cannot be interpreted as an integer", value.type_name()));
    }
    return value.integer();
}

bool equals(Runtime& runtime, const Value& a, const Value& b) {
    const Runtime::Nested nested(runtime);
    runtime.step();
    if (a.is_number() && b.is_number()) {
        return a.is_integral() && b.is_integral() ? a.integer() == b.integer() : a.number() == b.number();
    }
    if (a.text() != nullptr && b.text() != nullptr) return a.bytes() == b.bytes();
    if (is_list_like(a) && is_list_like(b)) {
        const Sequence& left = *a.sequence();
        const Sequence& right = *b.sequence();
        if (&left == &right) return true;
        if (left.kind != right.kind || left.kind == Sequence::Kind::generator) return false;
        return std::ranges::equal(left.items, right.items,
                                  [&](const Value& x, const Value& y) { return equals(runtime, x, y); });
    }
    if (a.dict() != nullptr && b.dict() != nullptr) {
        if (a.dict()->entries.size() != b.dict()->entries.size()) return false;
        return std::ranges::all_of(a.dict()->entries, [&](const auto& entry) {
            const Value* other = b.dict()->find(entry.first);
            return other != nullptr && equals(runtime, entry.second, *other);
        });
    }
    if (a.object() != nullptr || b.object() != nullptr) return a.object() == b.object();
    return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

int order(Runtime& runtime, const Value& a, const Value& b, std::string_view op) {
    const Runtime::Nested nested(runtime);
    runtime.step();
    require_defined(a);
    require_defined(b);
    if (a.is_number() && b.is_number()) {
        if (a.is_integral() && b.is_integral()) return three_way(a.integer(), b.integer());
        return three_way(a.number(), b.number());
    }
    if (a.text() != nullptr && b.text() != nullptr) return three_way(a.bytes(), b.bytes());
    const bool lists = is_list_like(a) && is_list_like(b) && a.sequence()->kind == b.sequence()->kind;
    if (lists &&
        (a.sequence()->kind == Sequence::Kind::list || a.sequence()->kind == Sequence::Kind::tuple)) {
        const List& left = a.sequence()->items;
        const List& right = b.sequence()->items;
        for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
            if (!equals(runtime, left[i], right[i])) return order(runtime, left[i], right[i], op);
        }
        return three_way(left.size(), right.size());
    }
    raise(fmt::format("'{}' not supported between instances of '{}' and '{}'", op, a.type_name(),
                      b.type_name()));
}

bool contains(Runtime& runtime, const Value& container, const Value& item) {
    if (const Text* text = container.text()) {
        if (item.text() == nullptr) {
            raise(fmt::format("'in <string>' requires string as left operand, not {}", item.type_name()));
        }
        runtime.step(1 + text->bytes.size() / 64);
        return text->bytes.find(item.bytes()) != std::string::npos;
    }
    if (const Dict* dict = container.dict()) {
        if (key_of(item).empty()) raise(fmt::format("unhashable type: '{}'", item.type_name()));
        return dict->find(item) != nullptr;
    }
    if (is_list_like(container)) {
        const auto items = iterate(runtime, container);
        return std::ranges::any_of(items->items,
                                   [&](const Value& each) { return equals(runtime, each, item); });
    }
    if (container.is_undefined()) return false;
    raise(fmt::format("argument of type '{}' is not iterable", container.type_name()));
}

bool compare(Runtime& runtime, Operator op, const Value& a, const Value& b) {
    switch (op) {
        case Operator::equal:
            return equals(runtime, a, b);
        case Operator::not_equal:
            return !equals(runtime, a, b);
        case Operator::contained:
            return contains(runtime, b, a);
        case Operator::not_contained:
            return !contains(runtime, b, a);
        default:
            break;
    }
    // Comparing with nan is never true, whichever way round.
    if (a.is_number() && b.is_number() && (std::isnan(a.number()) || std::isnan(b.number()))) return false;
    switch (op) {
        case Operator::less:
            return order(runtime, a, b, "<") < 0;
        case Operator::less_equal:
            return order(runtime, a, b, "<=") <= 0;
        case Operator::greater:
            return order(runtime, a, b, ">") > 0;
        default:
            return order(runtime, a, b, ">=") >= 0;
    }
}

std::shared_ptr<const Sequence> iterate(Runtime& runtime, const Value& value) {
    if (const Sequence* sequence = value.sequence()) {
        if (sequence->kind != Sequence::Kind::generator) return value.shared_sequence();
        if (sequence->consumed) return std::make_shared<const Sequence>();
        sequence->consumed = true;
        return value.shared_sequence();
    }
    List items;
    if (const Text* text = value.text()) {
        runtime.step(text->length);
        runtime.allocate(text->length * sizeof(Text));
        for (std::size_t at = 0; at < text->bytes.size();) {
            const std::size_t size = character_length(text->bytes, at);
            items.push_back(Value::plain_text(text->bytes.substr(at, size)));
            at += size;
        }
    } else if (const Dict* dict = value.dict()) {
        for (const auto& entry : dict->entries) items.push_back(entry.first);
    } else if (!value.is_undefined()) {
        raise(fmt::format("'{}' object is not iterable", value.type_name()));
    }
    return runtime.list(std::move(items)).shared_sequence();
}

std::optional<std::int64_t> length(const Value& value) {
    if (const Text* text = value.text()) return static_cast<std::int64_t>(text->length);
    if (const Dict* dict = value.dict()) return static_cast<std::int64_t>(dict->entries.size());
    if (const Sequence* sequence = value.sequence();
        sequence && sequence->kind != Sequence::Kind::generator) {
        return static_cast<std::int64_t>(sequence->items.size());
    }
    if (value.is_undefined()) return 0;
    return std::nullopt;
}

namespace {

/// What reading an attribute gives that is not there, or not to be used.
Value no_attribute(const Value& object, std::string_view name) {
    if (object.is_none()) return Value::undefined(fmt::format("'None' has no attribute '{}'", name));
    if (is_refused_method(object, name)) {
        return Value::undefined(
            fmt::format("access to attribute '{}' of '{}' object is unsafe.", name, object.type_name()));
    }
    return Value::undefined(fmt::format("'{} object' has no attribute '{}'", object.type_name(), name));
}

}  // namespace

Value get_attribute(Runtime& runtime, const Value& object, std::string_view name) {
    require_defined(object);
    if (const Object* held = object.object()) return held->attribute(runtime, name);
    if (Value method = find_method(runtime, object, name); !method.is_undefined()) return method;
    if (const Dict* dict = object.dict(); dict != nullptr && !is_refused_method(object, name)) {
        if (const Value* found = dict->find(name)) return *found;
    }
    return no_attribute(object, name);
}

Value get_item(Runtime& runtime, const Value& object, const Value& key) {
    require_defined(object);
    if (const Dict* dict = object.dict()) {
        if (const Value* found = dict->find(key)) return *found;
    } else if (key.is_integral()) {
        const auto size = length(object);
        const Sequence* sequence = object.sequence();
        const bool indexed = object.text() != nullptr || (sequence && sequence->kind != Sequence::Kind::view);
        std::int64_t index = key.integer();
        if (index < 0) index += size.value_or(0);
        if (indexed && size && index >= 0 && index < *size) {
            if (sequence != nullptr) return sequence->items[static_cast<std::size_t>(index)];
            const Text& text = *object.text();
            const auto place = static_cast<std::size_t>(index);
            if (text.ascii) return Value::plain_text(std::string(1, text.bytes[place]));
            runtime.step(1 + text.bytes.size() / 64);
            return Value::plain_text(from_code_points(to_code_points(text.bytes).substr(place, 1)));
        }
    }
    if (key.text() != nullptr) {
        if (const Object* held = object.object()) return held->attribute(runtime, key.bytes());
        if (Value method = find_method(runtime, object, key.bytes()); !method.is_undefined()) return method;
        return no_attribute(object, key.bytes());
    }
    return Value::undefined(
        fmt::format("{} object has no element {}", object.type_name(), repr(runtime, key)));
}

Value get_slice(Runtime& runtime, const Value& object, const Value& from, const Value& to,
                const Value& step) {
    require_defined(object);
    const auto bound = [](const Value& value, std::int64_t otherwise) {
        return value.is_none() ? otherwise : to_index(value);
    };
    const Sequence* sequence = object.sequence();
    const bool sliceable =
        object.text() != nullptr ||
        (sequence && sequence->kind != Sequence::Kind::generator && sequence->kind != Sequence::Kind::view);
    // What has no slices is, as in Jinja, an undefined value rather than an error.
    if (!sliceable)
        return Value::undefined(fmt::format("'{}' object is not subscriptable", object.type_name()));
    const std::int64_t size = length(object).value_or(0);
    const std::int64_t stride = bound(step, 1);
    if (stride == 0) raise("slice step cannot be zero");
    const auto clamp = [size, stride](std::int64_t at) {
        if (at < 0) at += size;
        return std::clamp<std::int64_t>(at, stride > 0 ? 0 : -1, stride > 0 ? size : size - 1);
    };
    const std::int64_t begin = from.is_none() ? (stride > 0 ? 0 : size - 1) : clamp(bound(from, 0));
    const std::int64_t end = to.is_none() ? (stride > 0 ? size : -1) : clamp(bound(to, 0));
    const auto inside = [&](std::int64_t at) { return stride > 0 ? at < end : at > end; };
    const auto next = [&](std::int64_t at) {
        const std::int64_t room = stride > 0 ? size - at : at + 1;
        return std::abs(stride / 2) >= room ? (stride > 0 ? size : -1) : at + stride;
    };
    runtime.step(1 + static_cast<std::uint64_t>(size) / 16);
    if (sequence != nullptr) {
        List items;
        for (std::int64_t at = begin; inside(at); at = next(at)) {
            items.push_back(sequence->items[static_cast<std::size_t>(at)]);
        }
        const bool is_tuple = sequence->kind == Sequence::Kind::tuple;
        return runtime.list(std::move(items), is_tuple ? Sequence::Kind::tuple : Sequence::Kind::list);
    }
    const Text& text = *object.text();
    if (text.ascii && stride == 1) {
        if (begin >= end) return runtime.text({});
        return runtime.text(
            text.bytes.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    }
    const std::u32string characters = to_code_points(text.bytes);
    std::u32string picked;
    for (std::int64_t at = begin; inside(at); at = next(at))
        picked += characters[static_cast<std::size_t>(at)];
    return runtime.text(from_code_points(picked));
}

Value call(Runtime& runtime, const Value& callee, Arguments arguments) {
    require_defined(callee);
    const Runtime::Nested nested(runtime);
    runtime.step();
    if (const Object* object = callee.object()) return object->call(runtime, arguments);
    raise(fmt::format("'{}' object is not callable", callee.type_name()));
}

}  // namespace kinglet::chat::jinja
