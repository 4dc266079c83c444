// How builtins are found and called, and the functions that every template sees.
#include "inference/chat/jinja/builtins.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "inference/chat/jinja/operations.h"

namespace kinglet::chat::jinja {
namespace {

class Function final : public Object {
  public:
    Function(std::string_view name, Builtin run) : name_(name), run_(run) {}
    std::string_view type_name() const override { return "function"; }
    std::string repr() const override { return fmt::format("<function {}>", name_); }
    bool callable() const override { return true; }
    Value call(Runtime& runtime, Arguments& arguments) const override { return run_(runtime, arguments); }

  private:
    std::string_view name_;
    Builtin run_;
};

class CycleObject final : public Object, public std::enable_shared_from_this<CycleObject> {
  public:
    explicit CycleObject(List items) : items_(std::move(items)) {}
    std::string_view type_name() const override { return "Cycler"; }
    Value attribute(Runtime& runtime, std::string_view name) const override;
    Value next() const {
        const Value& item = items_[at_];
        at_ = (at_ + 1) % items_.size();
        return item;
    }
    Value current() const { return items_[at_]; }
    void reset() const { at_ = 0; }
    void clear() override { items_.clear(); }

  private:
    List items_;
    mutable std::size_t at_ = 0;
};

/// `cycler.next` as a value that can be called.
class CycleMethod final : public Object {
  public:
    CycleMethod(std::shared_ptr<const CycleObject> cycle, bool resets)
        : cycle_(std::move(cycle)), resets_(resets) {}
    std::string_view type_name() const override { return "method"; }
    bool callable() const override { return true; }
    Value call(Runtime& /*runtime*/, Arguments& /*arguments*/) const override {
        if (!resets_) return cycle_->next();
        cycle_->reset();
        return None{};
    }

  private:
    std::shared_ptr<const CycleObject> cycle_;
    bool resets_;
};

Value CycleObject::attribute(Runtime& runtime, std::string_view name) const {
    if (name == "current") return current();
    if (name == "next" || name == "reset") {
        return std::shared_ptr<const Object>(
            std::make_shared<CycleMethod>(shared_from_this(), name == "reset"));
    }
    return Object::attribute(runtime, name);
}

/// Gives nothing the first time, then its text.
class Joiner final : public Object {
  public:
    explicit Joiner(Value separator) : separator_(std::move(separator)) {}
    std::string_view type_name() const override { return "Joiner"; }
    bool callable() const override { return true; }
    Value call(Runtime& /*runtime*/, Arguments& /*arguments*/) const override {
        if (used_) return separator_;
        used_ = true;
        return Value::plain_text({});
    }

  private:
    Value separator_;
    mutable bool used_ = false;
};

Value make_range(Runtime& runtime, Arguments& arguments) {
    constexpr std::int64_t longest = 100'000;  // Jinja's sandbox has the same bound
    const List& given = arguments.positional;
    if (given.empty() || given.size() > 3) raise("range expected 1 to 3 arguments");
    const std::int64_t begin = given.size() > 1 ? to_index(given[0]) : 0;
    const std::int64_t end = to_index(given[given.size() > 1 ? 1 : 0]);
    const std::int64_t step = given.size() > 2 ? to_index(given[2]) : 1;
    if (step == 0) raise("range() arg 3 must not be zero");
    List items;
    for (std::int64_t at = begin; step > 0 ? at < end : at > end;) {
        if (static_cast<std::int64_t>(items.size()) >= longest)
            raise("Range too big. The sandbox blocks ranges larger than 100000.");
        items.push_back(at);
        const bool last = step > 0 ? at > end - step : at < end - step;
        if (last) break;
        at += step;
    }
    runtime.step(items.size());
    return runtime.list(std::move(items), Sequence::Kind::range);
}

/// dict(mapping or pairs, key=value ...).
std::shared_ptr<Dict> collect_dict(Runtime& runtime, const Arguments& arguments, std::string_view function) {
    auto dict = std::make_shared<Dict>();
    if (arguments.positional.size() > 1) raise(fmt::format("{} expected at most 1 argument", function));
    for (const Value& source : arguments.positional) {
        if (source.dict() != nullptr) {
            for (const auto& [key, value] : source.dict()->entries) dict->set(key, value);
            continue;
        }
        const auto source_items = iterate(runtime, source);
        for (const Value& pair : source_items->items) {
            const auto parts = iterate(runtime, pair);
            if (parts->items.size() != 2) raise("dictionary update sequence element has not length 2");
            dict->set(parts->items[0], parts->items[1]);
        }
    }
    for (const auto& [name, value] : arguments.named) dict->set(Value::plain_text(name), value);
    return dict;
}

Value make_dict(Runtime& runtime, Arguments& arguments) {
    return runtime.dict(collect_dict(runtime, arguments, "dict"));
}

Value make_namespace(Runtime& runtime, Arguments& arguments) {
    auto made = runtime.keep(std::make_shared<Namespace>());
    made->values = std::move(*collect_dict(runtime, arguments, "namespace"));
    return std::shared_ptr<const Object>(std::move(made));
}

Value make_cycler(Runtime& runtime, Arguments& arguments) {
    if (arguments.positional.empty()) raise("at least one item has to be provided");
    return std::shared_ptr<const Object>(
        runtime.keep(std::make_shared<CycleObject>(std::move(arguments.positional))));
}

Value make_joiner(Runtime& /*runtime*/, Arguments& arguments) {
    static constexpr std::array<std::string_view, 1> names = {"sep"};
    const List given = place_arguments("joiner", arguments, names);
    const Value separator = given[0].is_undefined() ? Value::plain_text(", ") : given[0];
    return std::shared_ptr<const Object>(std::make_shared<Joiner>(separator));
}

Value raise_exception(Runtime& runtime, Arguments& arguments) {
    static constexpr std::array<std::string_view, 1> names = {"message"};
    const List given = place_arguments("raise_exception", arguments, names, 1);
    throw Failure{to_text(runtime, given[0]), true};
}

Value strftime_now(Runtime& runtime, Arguments& arguments) {
    static constexpr std::array<std::string_view, 1> names = {"format"};
    const List given = place_arguments("strftime_now", arguments, names, 1);
    if (given[0].text() == nullptr) raise("strftime_now() needs a text");
    return runtime.text(format_time(given[0].bytes(), runtime.now()));
}

constexpr std::array<BuiltinRow, 7> functions = {{{"range", make_range},
                                                  {"dict", make_dict},
                                                  {"namespace", make_namespace},
                                                  {"cycler", make_cycler},
                                                  {"joiner", make_joiner},
                                                  {"raise_exception", raise_exception},
                                                  {"strftime_now", strftime_now}}};

}  // namespace

std::span<const BuiltinRow> global_functions() {
    return functions;
}

Value make_function(std::string_view name, Builtin run) {
    return std::shared_ptr<const Object>(std::make_shared<Function>(name, run));
}

std::string Namespace::repr() const {
    return "<Namespace>";
}

Value Namespace::attribute(Runtime& runtime, std::string_view name) const {
    const Value* found = values.find(name);
    return found != nullptr ? *found : Object::attribute(runtime, name);
}

Builtin find_filter(std::string_view name) {
    static const std::map<std::string_view, Builtin> table = [] {
        std::map<std::string_view, Builtin> all;
        for (const auto rows : {text_filters(), list_filters(), value_filters()}) {
            for (const BuiltinRow& row : rows) all.emplace(row.name, row.run);
        }
        return all;
    }();
    const auto found = table.find(name);
    return found == table.end() ? nullptr : found->second;
}

List place_arguments(std::string_view function, Arguments& arguments, std::span<const std::string_view> names,
                     std::size_t required) {
    if (arguments.positional.size() > names.size()) {
        raise(fmt::format("{}() takes at most {} arguments ({} given)", function, names.size(),
                          arguments.positional.size()));
    }
    List places = std::move(arguments.positional);
    std::size_t given = places.size();
    places.resize(names.size());
    std::vector<bool> filled(names.size());
    std::fill_n(filled.begin(), given, true);
    for (auto& [name, value] : arguments.named) {
        const auto place = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
        if (place == names.size())
            raise(fmt::format("{}() got an unexpected keyword argument '{}'", function, name));
        if (filled[place]) raise(fmt::format("{}() got multiple values for argument '{}'", function, name));
        places[place] = std::move(value);
        filled[place] = true;
    }
    for (std::size_t i = 0; i < required; ++i) {
        if (!filled[i]) raise(fmt::format("{}() missing required argument '{}'", function, names[i]));
    }
    return places;
}

}  // namespace kinglet::chat::jinja
