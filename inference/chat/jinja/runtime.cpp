#include "inference/chat/jinja/runtime.h"

#include <fmt/format.h>

#include <algorithm>

namespace kinglet::chat::jinja {

Runtime::~Runtime() {
    for (const auto& object : kept_) object->clear();
}

Runtime::Nested::Nested(Runtime& runtime) : runtime_(runtime) {
    // Counted only once it is certain that the destructor will run.
    if (runtime.depth_ >= runtime.limits_.depth) raise("the template nests too deeply");
    ++runtime.depth_;
}

void Runtime::step(std::uint64_t count) {
    steps_ += count;
    if (steps_ > limits_.steps) raise(fmt::format("the template takes more than {} steps", limits_.steps));
}

void Runtime::allocate(std::size_t bytes) {
    if (bytes > limits_.allocated_bytes - std::min(allocated_, limits_.allocated_bytes)) {
        raise(fmt::format("the template needs more than {} MiB", limits_.allocated_bytes >> 20));
    }
    allocated_ += bytes;
}

Value Runtime::text(std::string bytes) {
    allocate(bytes.size() + sizeof(Text));
    return std::make_shared<const Text>(std::move(bytes));
}

Value Runtime::list(List items, Sequence::Kind kind) {
    allocate(sizeof(Sequence) + items.size() * sizeof(Value));
    auto sequence = std::make_shared<Sequence>();
    sequence->kind = kind;
    for (const Value& item : items) sequence->depth = std::max(sequence->depth, item.depth() + 1);
    if (sequence->depth > max_container_depth) raise("lists nest too deeply");
    sequence->items = std::move(items);
    return std::shared_ptr<const Sequence>(std::move(sequence));
}

Value Runtime::dict(std::shared_ptr<Dict> dict) {
    allocate(sizeof(Dict) + dict->entries.size() * 4 * sizeof(Value));
    if (dict->depth > max_container_depth) raise("dicts nest too deeply");
    return std::shared_ptr<const Dict>(std::move(dict));
}

Value Runtime::from_json(const Json& json) {
    const Nested nested(*this);
    step();
    switch (json.type()) {
        case Json::value_t::boolean:
            return json.get<bool>();
        case Json::value_t::number_integer:
            return json.get<std::int64_t>();
        case Json::value_t::number_unsigned:
            if (json.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX))
                return json.get<std::int64_t>();
            return json.get<double>();
        case Json::value_t::number_float:
            return json.get<double>();
        case Json::value_t::string:
            return text(json.get<std::string>());
        case Json::value_t::array: {
            List items;
            items.reserve(json.size());
            for (const Json& item : json) items.push_back(from_json(item));
            return list(std::move(items));
        }
        case Json::value_t::object: {
            auto made = std::make_shared<Dict>();
            for (const auto& [key, value] : json.items()) made->set(text(key), from_json(value));
            return dict(std::move(made));
        }
        default:
            return None{};
    }
}

}  // namespace kinglet::chat::jinja
