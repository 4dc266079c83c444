#include "inference/chat/jinja/loop.h"

#include <fmt/format.h>

#include <algorithm>

#include "inference/chat/jinja/operations.h"

namespace kinglet::chat::jinja {
namespace {

/// `loop.cycle` and `loop.changed` as values that can be called.
class LoopMethod final : public Object {
  public:
    LoopMethod(std::shared_ptr<const Loop> loop, bool cycles) : loop_(std::move(loop)), cycles_(cycles) {}
    std::string_view type_name() const override { return "method"; }
    bool callable() const override { return true; }
    Value call(Runtime& runtime, Arguments& arguments) const override {
        return cycles_ ? loop_->cycle(arguments) : Value(loop_->changed(runtime, arguments));
    }

  private:
    std::shared_ptr<const Loop> loop_;
    bool cycles_;
};

}  // namespace

std::string Loop::repr() const {
    return fmt::format("<LoopContext {}/{}>", index + 1, items_->items.size());
}

Value Loop::attribute(Runtime& runtime, std::string_view name) const {
    const auto at = static_cast<std::int64_t>(index);
    const auto size = static_cast<std::int64_t>(items_->items.size());
    if (name == "index") return at + 1;
    if (name == "index0") return at;
    if (name == "revindex") return size - at;
    if (name == "revindex0") return size - at - 1;
    if (name == "first") return at == 0;
    if (name == "last") return at + 1 == size;
    if (name == "length") return size;
    if (name == "depth") return std::int64_t{depth_} + 1;
    if (name == "depth0") return std::int64_t{depth_};
    if (name == "previtem")
        return at > 0 ? items_->items[index - 1] : Value::undefined("there is no previous item");
    if (name == "nextitem")
        return at + 1 < size ? items_->items[index + 1] : Value::undefined("there is no next item");
    if (name == "cycle" || name == "changed") {
        return std::shared_ptr<const Object>(
            std::make_shared<LoopMethod>(shared_from_this(), name == "cycle"));
    }
    return Object::attribute(runtime, name);
}

Value Loop::cycle(const Arguments& arguments) const {
    if (arguments.positional.empty()) raise("no items for cycling given");
    return arguments.positional[index % arguments.positional.size()];
}

bool Loop::changed(Runtime& runtime, const Arguments& arguments) const {
    const bool same =
        last_ && std::ranges::equal(*last_, arguments.positional,
                                    [&](const Value& a, const Value& b) { return equals(runtime, a, b); });
    if (!same) last_ = arguments.positional;
    return !same;
}

Value Loop::call(Runtime& runtime, Arguments& arguments) const {
    if (!statement_.recursive) {
        raise("The loop must have the 'recursive' marker to be called recursively.");
    }
    if (arguments.positional.size() != 1) raise("loop() takes one argument");
    return runtime.text(interpreter_.run_loop(statement_, scope_, arguments.positional[0], depth_ + 1));
}

}  // namespace kinglet::chat::jinja
