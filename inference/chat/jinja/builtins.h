// The filters, tests, methods and functions that templates may use; each table is the whole list.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "inference/chat/jinja/runtime.h"
#include "inference/chat/jinja/value.h"

namespace kinglet::chat::jinja {

/// A filter or function: the value that is filtered is the first positional argument.
using Builtin = Value (*)(Runtime&, Arguments&);
using Predicate = bool (*)(Runtime&, Arguments&);

struct BuiltinRow {
    std::string_view name;
    Builtin run;
};

/// Null where there is none of that name.
Builtin find_filter(std::string_view name);
Predicate find_test(std::string_view name);

/// The method of a text, list or dict bound to it; undefined where there is none.
Value find_method(Runtime& runtime, const Value& object, std::string_view name);
/// True for Python's methods that would change the value: the sandbox refuses them.
bool is_refused_method(const Value& object, std::string_view name);

/// The functions that every template sees: range, namespace, raise_exception ...
std::span<const BuiltinRow> global_functions();

/// What namespace() makes: the one thing that templates can change.
class Namespace final : public Object {
  public:
    std::string_view type_name() const override { return "Namespace"; }
    std::string repr() const override;
    Value attribute(Runtime& runtime, std::string_view name) const override;
    void clear() override { values = {}; }

    mutable Dict values;
};

/// A builtin as a value.
Value make_function(std::string_view name, Builtin run);

/// Sorts positional and named arguments into places; raises for what does not fit. Places that nothing was
/// given for hold an undefined value. `function` is named in messages.
List place_arguments(std::string_view function, Arguments& arguments, std::span<const std::string_view> names,
                     std::size_t required = 0);

/// Hugging Face's tojson: json.dumps(value, ensure_ascii, indent, separators, sort_keys).
Value filter_tojson(Runtime& runtime, Arguments& arguments);

/// Jinja's wordwrap, which is Python's textwrap line by line.
Value filter_wordwrap(Runtime& runtime, Arguments& arguments);

/// "%s items" % values; `named` serves %(name)s.
std::string format_percent(Runtime& runtime, std::string_view format, const List& values, const Dict* named);
/// "{} items".format(...).
std::string format_braces(Runtime& runtime, std::string_view format, const Arguments& arguments);

/// text.replace(old, new, count); a negative count replaces all.
Value replace_text(Runtime& runtime, std::string_view text, std::string_view old, std::string_view fresh,
                   std::int64_t count);

/// strftime() in the C locale.
std::string format_time(std::string_view format, std::chrono::local_seconds time);

/// Rows of the three files that filters are spread over.
std::span<const BuiltinRow> text_filters();
std::span<const BuiltinRow> list_filters();
std::span<const BuiltinRow> value_filters();

}  // namespace kinglet::chat::jinja
