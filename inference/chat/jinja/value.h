// The values that templates compute with: Python's, as far as templates can see them. Immutable, save for
// what namespaces hold.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace kinglet::chat::jinja {

class Value;
class Runtime;
struct Arguments;
using List = std::vector<Value>;

/// Characters, with what is often asked about them.
struct Text {
    explicit Text(std::string text);
    std::string bytes;
    std::size_t length = 0;  ///< in code points
    bool ascii = true;
};

/// What stands behind list, tuple and everything else that is walked through in order.
struct Sequence {
    enum class Kind : std::uint8_t { list, tuple, generator, range, view };
    Kind kind = Kind::list;
    List items;
    int depth = 1;  ///< levels of containers, this one counted
    /// Generators can be walked through once.
    mutable bool consumed = false;
    /// A pair of groupby(): has the attributes `grouper` and `list`.
    bool group = false;
};

struct Dict;

/// Something with behaviour of its own: a function, a namespace, a loop.
class Object {
  public:
    virtual ~Object() = default;
    /// Python's name of the type, for messages.
    virtual std::string_view type_name() const = 0;
    virtual std::string repr() const;
    /// Undefined where there is no such attribute.
    virtual Value attribute(Runtime& runtime, std::string_view name) const;
    virtual bool callable() const { return false; }
    virtual Value call(Runtime& runtime, Arguments& arguments) const;
    /// Breaks cycles before the last reference goes.
    virtual void clear() {}
};

/// "Not there"; remembers what is said when it is used as if it were.
struct Undefined {
    std::shared_ptr<const std::string> complaint;
};

struct None {};

/// A value; cheap to copy.
class Value {
  public:
    Value() = default;
    Value(None) : held_(None{}) {}
    Value(bool value) : held_(value) {}
    Value(std::int64_t value) : held_(value) {}
    Value(double value) : held_(value) {}
    Value(std::shared_ptr<const Text> text) : held_(std::move(text)) {}
    Value(std::shared_ptr<const Sequence> sequence) : held_(std::move(sequence)) {}
    Value(std::shared_ptr<const Dict> dict) : held_(std::move(dict)) {}
    Value(std::shared_ptr<const Object> object) : held_(std::move(object)) {}
    /// Text that no budget is charged for: constants and short names.
    static Value plain_text(std::string text);
    static Value undefined(std::string complaint);

    bool is_undefined() const { return std::holds_alternative<Undefined>(held_); }
    bool is_none() const { return std::holds_alternative<None>(held_); }
    bool is_bool() const { return std::holds_alternative<bool>(held_); }
    bool is_int() const { return std::holds_alternative<std::int64_t>(held_); }
    bool is_real() const { return std::holds_alternative<double>(held_); }
    /// int, float or, as in Python, bool.
    bool is_number() const { return is_bool() || is_int() || is_real(); }
    /// int or bool.
    bool is_integral() const { return is_bool() || is_int(); }

    /// Null where the value is of another type.
    const Text* text() const { return pointer<Text>(); }
    const Sequence* sequence() const { return pointer<Sequence>(); }
    const Dict* dict() const { return pointer<Dict>(); }
    const Object* object() const { return pointer<Object>(); }
    std::shared_ptr<const Sequence> shared_sequence() const;
    std::shared_ptr<const Dict> shared_dict() const;
    std::shared_ptr<const Object> shared_object() const;

    /// Only where is_integral().
    std::int64_t integer() const;
    /// Only where is_number().
    double number() const;
    /// Only where text().
    const std::string& bytes() const { return text()->bytes; }
    std::string complaint() const;
    /// Levels of containers; 0 for what is none.
    int depth() const;

    /// Python's name of the type: "str", "NoneType" ...
    std::string_view type_name() const;
    bool truthy() const;

  private:
    template <class T>
    const T* pointer() const {
        const auto* held = std::get_if<std::shared_ptr<const T>>(&held_);
        return held == nullptr ? nullptr : held->get();
    }

    std::variant<Undefined, None, bool, std::int64_t, double, std::shared_ptr<const Text>,
                 std::shared_ptr<const Sequence>, std::shared_ptr<const Dict>, std::shared_ptr<const Object>>
        held_;
};

/// Pairs in the order of their making.
struct Dict {
    std::vector<std::pair<Value, Value>> entries;
    std::unordered_map<std::string, std::size_t> index;  ///< by key_of()
    int depth = 1;

    const Value* find(const Value& key) const;
    const Value* find(std::string_view key) const;
    /// Adds, or replaces the value of a key that is there.
    void set(Value key, Value value);
};

/// What makes keys equal: 1, 1.0 and True are one key. Empty for values that cannot be keys.
std::string key_of(const Value& key);

/// What a function is called with.
struct Arguments {
    List positional;
    std::vector<std::pair<std::string, Value>> named;
};

/// How evaluation ends early; caught where the template was entered.
struct Failure {
    std::string message;
    bool raised_by_template = false;
};

[[noreturn]] void raise(std::string message);

}  // namespace kinglet::chat::jinja
