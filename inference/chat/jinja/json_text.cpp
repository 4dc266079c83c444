// tojson as Hugging Face has it: json.dumps without HTML escapes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "inference/base/utf8.h"
#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/operations.h"
#include "inference/chat/jinja/text.h"

namespace kinglet::chat::jinja {
namespace {

class JsonWriter {
  public:
    struct Style {
        bool ascii = false;
        bool sorted = false;
        bool indented = false;
        std::string indent;
        std::string item_separator = ", ";
        std::string key_separator = ": ";
    };

    JsonWriter(Runtime& runtime, Style style) : runtime_(runtime), style_(std::move(style)) {}

    std::string write(const Value& value) {
        put(value, 0);
        return std::move(out_);
    }

  private:
    void put(const Value& value, int level) {
        const Runtime::Nested nested(runtime_);
        runtime_.step();
        if (out_.size() > runtime_.limits().output_bytes) raise("the JSON text is too long");
        if (const Text* text = value.text()) {
            put_string(text->bytes);
        } else if (const Dict* dict = value.dict()) {
            put_dict(*dict, level);
        } else if (const Sequence* sequence = value.sequence();
                   sequence &&
                   (sequence->kind == Sequence::Kind::list || sequence->kind == Sequence::Kind::tuple)) {
            put_list(sequence->items, level);
        } else {
            out_ += scalar(value);
        }
    }

    static std::string scalar(const Value& value) {
        if (value.is_none()) return "null";
        if (value.is_bool()) return value.truthy() ? "true" : "false";
        if (value.is_int()) return std::to_string(value.integer());
        if (value.is_real()) {
            const double number = value.number();
            if (std::isnan(number)) return "NaN";
            if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
            return float_text(number);
        }
        raise(fmt::format("Object of type {} is not JSON serializable", value.type_name()));
    }

    void put_string(std::string_view text) {
        out_ += '"';
        for (const char32_t c : to_code_points(text)) {
            static constexpr std::string_view named = "\"\\\n\r\t\b\f";
            static constexpr std::string_view letters = "\"\\nrtbf";
            const std::size_t simple = c < 0x80 ? named.find(static_cast<char>(c)) : std::string_view::npos;
            if (simple != std::string_view::npos) {
                out_ += '\\';
                out_ += letters[simple];
            } else if (c < 0x20 || (style_.ascii && c > 0x7E && c < 0x10000)) {
                out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
            } else if (style_.ascii && c >= 0x10000) {
                const unsigned rest = static_cast<unsigned>(c) - 0x10000;
                out_ += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
            } else {
                utf8::append(out_, c);
            }
        }
        out_ += '"';
    }

    void new_line(int level) {
        if (!style_.indented) return;
        out_ += '\n';
        for (int i = 0; i < level; ++i) out_ += style_.indent;
    }

    void put_list(const List& items, int level) {
        out_ += '[';
        bool first = true;
        for (const Value& item : items) {
            if (!first) out_ += style_.item_separator;
            first = false;
            new_line(level + 1);
            put(item, level + 1);
        }
        if (!items.empty()) new_line(level);
        out_ += ']';
    }

    void put_dict(const Dict& dict, int level) {
        std::vector<const std::pair<Value, Value>*> entries;
        for (const auto& entry : dict.entries) entries.push_back(&entry);
        if (style_.sorted) {
            std::ranges::stable_sort(entries, [this](const auto* a, const auto* b) {
                return order(runtime_, a->first, b->first) < 0;
            });
        }
        out_ += '{';
        bool first = true;
        for (const auto* entry : entries) {
            if (!first) out_ += style_.item_separator;
            first = false;
            new_line(level + 1);
            put_string(entry->first.text() != nullptr ? entry->first.bytes() : key_text(entry->first));
            out_ += style_.key_separator;
            put(entry->second, level + 1);
        }
        if (!entries.empty()) new_line(level);
        out_ += '}';
    }

    static std::string key_text(const Value& key) {
        if (key.is_none() || key.is_number()) return scalar(key);
        raise(fmt::format("keys must be str, int, float, bool or None, not {}", key.type_name()));
    }

    Runtime& runtime_;
    Style style_;
    std::string out_;
};

}  // namespace

Value filter_tojson(Runtime& runtime, Arguments& arguments) {
    static constexpr std::array<std::string_view, 5> names = {"x", "ensure_ascii", "indent", "separators",
                                                              "sort_keys"};
    const List given = place_arguments("tojson", arguments, names, 1);
    JsonWriter::Style style;
    style.ascii = given[1].truthy();
    style.sorted = given[4].truthy();
    const Value& indent = given[2];
    if (indent.is_integral()) {
        style.indented = true;
        style.indent =
            std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(indent.integer(), 0, 100)), ' ');
    } else if (indent.text() != nullptr) {
        style.indented = true;
        style.indent = indent.bytes();
    }
    if (style.indented) style.item_separator.assign(1, ',');
    if (const Sequence* separators = given[3].sequence(); separators && separators->items.size() == 2) {
        style.item_separator = to_text(runtime, separators->items[0]);
        style.key_separator = to_text(runtime, separators->items[1]);
    }
    return runtime.text(JsonWriter(runtime, std::move(style)).write(given[0]));
}

}  // namespace kinglet::chat::jinja
