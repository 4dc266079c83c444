#include "inference/chat/jinja/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "inference/base/utf8.h"

namespace kinglet::chat::jinja {

void raise(std::string message) {
    throw Failure{std::move(message), false};
}

Text::Text(std::string text) : bytes(std::move(text)) {
    for (std::size_t at = 0; at < bytes.size(); ++length) {
        if (static_cast<unsigned char>(bytes[at]) < 0x80) {
            ++at;
            continue;
        }
        ascii = false;
        at += static_cast<std::size_t>(std::max(1, utf8::decode(bytes, at).length));
    }
}

std::string Object::repr() const {
    return fmt::format("<{}>", type_name());
}
Value Object::attribute(Runtime& /*runtime*/, std::string_view name) const {
    return Value::undefined(fmt::format("'{} object' has no attribute '{}'", type_name(), name));
}
Value Object::call(Runtime& /*runtime*/, Arguments& /*arguments*/) const {
    raise(fmt::format("'{}' object is not callable", type_name()));
}

Value Value::plain_text(std::string text) {
    return std::make_shared<const Text>(std::move(text));
}

Value Value::undefined(std::string complaint) {
    Value value;
    value.held_ = Undefined{std::make_shared<const std::string>(std::move(complaint))};
    return value;
}

std::shared_ptr<const Sequence> Value::shared_sequence() const {
    return std::get<std::shared_ptr<const Sequence>>(held_);
}
std::shared_ptr<const Dict> Value::shared_dict() const {
    return std::get<std::shared_ptr<const Dict>>(held_);
}
std::shared_ptr<const Object> Value::shared_object() const {
    return std::get<std::shared_ptr<const Object>>(held_);
}

std::int64_t Value::integer() const {
    if (is_bool()) return std::get<bool>(held_) ? 1 : 0;
    return std::get<std::int64_t>(held_);
}

double Value::number() const {
    return is_real() ? std::get<double>(held_) : static_cast<double>(integer());
}

std::string Value::complaint() const {
    const auto* undefined = std::get_if<Undefined>(&held_);
    return undefined == nullptr || !undefined->complaint ? std::string("a value is undefined")
                                                         : *undefined->complaint;
}

int Value::depth() const {
    if (const Sequence* s = sequence()) return s->depth;
    if (const Dict* d = dict()) return d->depth;
    return 0;
}

std::string_view Value::type_name() const {
    if (is_undefined()) return "Undefined";
    if (is_none()) return "NoneType";
    if (is_bool()) return "bool";
    if (is_int()) return "int";
    if (is_real()) return "float";
    if (text() != nullptr) return "str";
    if (dict() != nullptr) return "dict";
    if (const Sequence* s = sequence()) {
        switch (s->kind) {
            case Sequence::Kind::list:
                return "list";
            case Sequence::Kind::tuple:
                return "tuple";
            case Sequence::Kind::generator:
                return "generator";
            case Sequence::Kind::range:
                return "range";
            case Sequence::Kind::view:
                return "dict_items";
        }
    }
    return object()->type_name();
}

bool Value::truthy() const {
    if (is_undefined() || is_none()) return false;
    if (is_integral()) return integer() != 0;
    if (is_real()) return number() != 0.0;
    if (const Text* t = text()) return !t->bytes.empty();
    if (const Dict* d = dict()) return !d->entries.empty();
    if (const Sequence* s = sequence()) return s->kind == Sequence::Kind::generator || !s->items.empty();
    return true;
}

std::string key_of(const Value& key) {
    if (const Text* text = key.text()) return "s" + text->bytes;
    if (key.is_none()) return "n";
    if (key.is_integral()) return fmt::format("i{}", key.integer());
    if (key.is_real()) {
        const double number = key.number();
        if (std::floor(number) == number && std::fabs(number) < 9e18) {
            return fmt::format("i{}", static_cast<std::int64_t>(number));
        }
        return fmt::format("f{}", number);
    }
    if (const Sequence* sequence = key.sequence();
        sequence != nullptr && sequence->kind == Sequence::Kind::tuple) {
        std::string all = "t";
        for (const Value& item : sequence->items) {
            const std::string part = key_of(item);
            if (part.empty()) return {};
            all += fmt::format("{}:{}", part.size(), part);
        }
        return all;
    }
    if (const Object* object = key.object()) return fmt::format("o{}", static_cast<const void*>(object));
    return {};
}

const Value* Dict::find(const Value& key) const {
    if (const Text* text = key.text()) return find(std::string_view(text->bytes));
    const std::string wanted = key_of(key);
    const auto found = wanted.empty() ? index.end() : index.find(wanted);
    return found == index.end() ? nullptr : &entries[found->second].second;
}

const Value* Dict::find(std::string_view key) const {
    std::string wanted = "s";
    wanted += key;
    const auto found = index.find(wanted);
    return found == index.end() ? nullptr : &entries[found->second].second;
}

void Dict::set(Value key, Value value) {
    std::string id = key_of(key);
    if (id.empty()) raise(fmt::format("unhashable type: '{}'", key.type_name()));
    depth = std::max({depth, value.depth() + 1, key.depth() + 1});
    const auto [place, fresh] = index.emplace(std::move(id), entries.size());
    if (fresh) {
        entries.emplace_back(std::move(key), std::move(value));
    } else {
        entries[place->second].second = std::move(value);
    }
}

}  // namespace kinglet::chat::jinja
