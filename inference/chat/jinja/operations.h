// What operators, subscripts and printing do to values: Python's rules.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "inference/chat/jinja/ast.h"
#include "inference/chat/jinja/runtime.h"

namespace kinglet::chat::jinja {

/// str() and repr().
std::string to_text(Runtime& runtime, const Value& value);
std::string repr(Runtime& runtime, const Value& value);

bool equals(Runtime& runtime, const Value& a, const Value& b);
/// Negative, zero or positive; raises where Python cannot order the two. `op` is named in the message.
int order(Runtime& runtime, const Value& a, const Value& b, std::string_view op = "<");
bool contains(Runtime& runtime, const Value& container, const Value& item);
bool compare(Runtime& runtime, Operator op, const Value& a, const Value& b);

Value arithmetic(Runtime& runtime, Operator op, const Value& a, const Value& b);
Value negative(const Value& value);

/// The items that a loop over the value sees: characters of text, keys of a dict. A generator is used up by
/// it.
std::shared_ptr<const Sequence> iterate(Runtime& runtime, const Value& value);
/// len(); nothing where the value has no length.
std::optional<std::int64_t> length(const Value& value);

/// object.name: an attribute first, then an item.
Value get_attribute(Runtime& runtime, const Value& object, std::string_view name);
/// object[key]: an item first, then an attribute.
Value get_item(Runtime& runtime, const Value& object, const Value& key);
Value get_slice(Runtime& runtime, const Value& object, const Value& from, const Value& to, const Value& step);

Value call(Runtime& runtime, const Value& callee, Arguments arguments);

/// Raises what Jinja says of using an undefined value; nothing for others.
void require_defined(const Value& value);
/// The value as an index or count; raises TypeError's message where it is no int.
std::int64_t to_index(const Value& value);

}  // namespace kinglet::chat::jinja
