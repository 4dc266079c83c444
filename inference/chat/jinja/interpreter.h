// Walks a template's tree and writes the text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "inference/chat/jinja/ast.h"
#include "inference/chat/jinja/runtime.h"

namespace kinglet::chat::jinja {

/// The variables of one scope; what it lacks is looked up in the scope around it.
class Scope final : public Object {
  public:
    explicit Scope(std::shared_ptr<Scope> outer) : outer_(std::move(outer)) {}
    std::string_view type_name() const override { return "scope"; }

    /// Null where no scope has it.
    const Value* find(NameId name) const;
    void set(NameId name, Value value);
    void clear() override;

  private:
    std::shared_ptr<Scope> outer_;
    std::vector<std::pair<NameId, Value>> variables_;
};

/// One rendering of one program.
class Interpreter {
  public:
    Interpreter(const Program& program, Runtime& runtime);

    /// The text of the whole template. `variables` are what the template sees beside the global functions.
    std::string run(const std::vector<std::pair<std::string, Value>>& variables);

    // For macros and loops, which are values and call back.
    std::string run_macro(const Statement& definition, const std::shared_ptr<Scope>& outer,
                          std::string_view name, Arguments& arguments);
    std::string run_loop(const Statement& loop, const std::shared_ptr<Scope>& outer, const Value& items,
                         int depth);

  private:
    enum class Flow { normal, break_, continue_ };
    using ScopePtr = std::shared_ptr<Scope>;

    ScopePtr inner(const ScopePtr& outer) const { return std::make_shared<Scope>(outer); }

    Flow execute(const Body& body, const ScopePtr& scope);
    Flow execute(const Statement& node, const ScopePtr& scope);
    Flow execute_if(const Statement& node, const ScopePtr& scope);
    Flow execute_for(const Statement& node, const ScopePtr& scope, const Value& items, int depth);
    List filtered(const Statement& node, const ScopePtr& scope, const List& items);
    void execute_call_block(const Statement& node, const ScopePtr& scope);
    void execute_with(const Statement& node, const ScopePtr& scope);
    void define_macro(const Statement& node, const ScopePtr& scope);
    void bind_parameters(const Statement& node, std::string_view name, Arguments& arguments,
                         const ScopePtr& scope);
    void assign(const Expression& target, const Value& value, const ScopePtr& scope);
    std::string capture(const Body& body, const ScopePtr& scope);
    void write(std::string_view text);

    Value evaluate(const Expression& node, const ScopePtr& scope);
    Value evaluate_name(const Expression& node, const ScopePtr& scope);
    Value evaluate_list(const Expression& node, const ScopePtr& scope);
    Value evaluate_dict(const Expression& node, const ScopePtr& scope);
    Value evaluate_slice(const Expression& node, const ScopePtr& scope);
    Value evaluate_call(const Expression& node, const ScopePtr& scope, const Value& caller = {});
    Value evaluate_filter(const Expression& node, const ScopePtr& scope);
    Value evaluate_test(const Expression& node, const ScopePtr& scope);
    Value evaluate_compare(const Expression& node, const ScopePtr& scope);
    Value evaluate_conditional(const Expression& node, const ScopePtr& scope);
    Value evaluate_concatenation(const Expression& node, const ScopePtr& scope);
    Arguments evaluate_arguments(const CallArguments& node, const ScopePtr& scope);

    const Program& program_;
    Runtime& runtime_;
    NameId loop_name_ = -1;  ///< of "loop", where the template uses it
    std::string out_;
    Value filter_input_;  ///< what the innermost filter block, or block assignment, captured
};

}  // namespace kinglet::chat::jinja
