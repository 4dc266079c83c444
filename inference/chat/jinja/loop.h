// The variable `loop` inside a for block.
#pragma once

#include <memory>
#include <optional>

#include "inference/chat/jinja/interpreter.h"

namespace kinglet::chat::jinja {

/// Where a loop stands; calling it runs the loop's body over other items (recursive loops).
class Loop final : public Object, public std::enable_shared_from_this<Loop> {
  public:
    Loop(Interpreter& interpreter, const Statement& statement, std::shared_ptr<Scope> scope,
         std::shared_ptr<const Sequence> items, int depth)
        : interpreter_(interpreter),
          statement_(statement),
          scope_(std::move(scope)),
          items_(std::move(items)),
          depth_(depth) {}

    std::string_view type_name() const override { return "LoopContext"; }
    std::string repr() const override;
    bool callable() const override { return true; }
    Value attribute(Runtime& runtime, std::string_view name) const override;
    Value call(Runtime& runtime, Arguments& arguments) const override;

    /// One of the arguments after the other, one an iteration.
    Value cycle(const Arguments& arguments) const;
    /// True where the arguments are not those of the last call.
    bool changed(Runtime& runtime, const Arguments& arguments) const;

    std::size_t index = 0;

  private:
    Interpreter& interpreter_;
    const Statement& statement_;
    std::shared_ptr<Scope> scope_;
    std::shared_ptr<const Sequence> items_;
    int depth_;
    mutable std::optional<List> last_;
};

}  // namespace kinglet::chat::jinja
