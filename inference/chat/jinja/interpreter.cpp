#include "inference/chat/jinja/interpreter.h"

#include <fmt/format.h>

#include <algorithm>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/loop.h"
#include "inference/chat/jinja/operations.h"

namespace kinglet::chat::jinja {

const Value* Scope::find(NameId name) const {
    for (const Scope* scope = this; scope != nullptr; scope = scope->outer_.get()) {
        for (const auto& [id, value] : scope->variables_) {
            if (id == name) return &value;
        }
    }
    return nullptr;
}

void Scope::set(NameId name, Value value) {
    for (auto& [id, held] : variables_) {
        if (id == name) {
            held = std::move(value);
            return;
        }
    }
    variables_.emplace_back(name, std::move(value));
}

void Scope::clear() {
    variables_.clear();
    outer_.reset();
}

namespace {

class Macro final : public Object {
  public:
    Macro(Interpreter& interpreter, const Statement& definition, std::shared_ptr<Scope> outer,
          std::string name)
        : interpreter_(interpreter),
          definition_(definition),
          outer_(std::move(outer)),
          name_(std::move(name)) {}
    std::string_view type_name() const override { return "Macro"; }
    std::string repr() const override { return fmt::format("<Macro '{}'>", name_); }
    bool callable() const override { return true; }
    Value attribute(Runtime& runtime, std::string_view name) const override {
        if (name == "name") return Value::plain_text(name_);
        return Object::attribute(runtime, name);
    }
    Value call(Runtime& runtime, Arguments& arguments) const override {
        return runtime.text(interpreter_.run_macro(definition_, outer_, name_, arguments));
    }

  private:
    Interpreter& interpreter_;
    const Statement& definition_;
    std::shared_ptr<Scope> outer_;
    std::string name_;
};

}  // namespace

Interpreter::Interpreter(const Program& program, Runtime& runtime) : program_(program), runtime_(runtime) {
    const auto loop = std::ranges::find(program.names, "loop");
    if (loop != program.names.end()) loop_name_ = static_cast<NameId>(loop - program.names.begin());
}

std::string Interpreter::run(const std::vector<std::pair<std::string, Value>>& variables) {
    auto globals = runtime_.keep(std::make_shared<Scope>(nullptr));
    const auto define = [&](std::string_view name, const Value& value) {
        const auto found = std::ranges::find(program_.names, name);
        if (found != program_.names.end()) {
            globals->set(static_cast<NameId>(found - program_.names.begin()), value);
        }
    };
    for (const BuiltinRow& row : global_functions()) define(row.name, make_function(row.name, row.run));
    for (const auto& [name, value] : variables) define(name, value);
    execute(program_.body, runtime_.keep(inner(globals)));
    return std::move(out_);
}

void Interpreter::write(std::string_view text) {
    if (text.size() >
        runtime_.limits().output_bytes - std::min(out_.size(), runtime_.limits().output_bytes)) {
        raise(fmt::format("the prompt is longer than {} MiB", runtime_.limits().output_bytes >> 20));
    }
    out_ += text;
}

std::string Interpreter::capture(const Body& body, const ScopePtr& scope) {
    std::string outer = std::exchange(out_, {});
    execute(body, scope);
    return std::exchange(out_, std::move(outer));
}

Interpreter::Flow Interpreter::execute(const Body& body, const ScopePtr& scope) {
    for (const auto& statement : body) {
        const Flow flow = execute(*statement, scope);
        if (flow != Flow::normal) return flow;
    }
    return Flow::normal;
}

Interpreter::Flow Interpreter::execute(const Statement& node, const ScopePtr& scope) {
    const Runtime::Nested nested(runtime_);
    runtime_.step();
    runtime_.line = node.line;
    using Kind = Statement::Kind;
    switch (node.kind) {
        case Kind::data:
            write(node.text.bytes());
            break;
        case Kind::print:
            for (const auto& expression : node.expressions) {
                write(to_text(runtime_, evaluate(*expression, scope)));
            }
            break;
        case Kind::if_:
            return execute_if(node, scope);
        case Kind::for_:
            return execute_for(node, scope, evaluate(*node.expressions[0], scope), 0);
        case Kind::set:
            assign(*node.target, evaluate(*node.expressions[0], scope), scope);
            break;
        case Kind::set_block: {
            Value text = runtime_.text(capture(node.bodies[0], inner(scope)));
            if (node.expressions[0]) {
                filter_input_ = std::move(text);
                text = evaluate(*node.expressions[0], scope);
            }
            assign(*node.target, text, scope);
            break;
        }
        case Kind::macro:
            define_macro(node, scope);
            break;
        case Kind::call_block:
            execute_call_block(node, scope);
            break;
        case Kind::filter_block:
            filter_input_ = runtime_.text(capture(node.bodies[0], inner(scope)));
            write(to_text(runtime_, evaluate(*node.expressions[0], scope)));
            break;
        case Kind::with:
            execute_with(node, scope);
            break;
        case Kind::scope:
            execute(node.bodies[0], inner(scope));
            break;
        case Kind::break_:
            return Flow::break_;
        case Kind::continue_:
            return Flow::continue_;
    }
    return Flow::normal;
}

Interpreter::Flow Interpreter::execute_if(const Statement& node, const ScopePtr& scope) {
    for (std::size_t i = 0; i < node.bodies.size(); ++i) {
        const bool is_else = i >= node.expressions.size();
        if (is_else || evaluate(*node.expressions[i], scope).truthy()) return execute(node.bodies[i], scope);
    }
    return Flow::normal;
}

List Interpreter::filtered(const Statement& node, const ScopePtr& scope, const List& items) {
    List kept;
    for (const Value& item : items) {
        const ScopePtr own = inner(scope);
        assign(*node.target, item, own);
        if (evaluate(*node.expressions[1], own).truthy()) kept.push_back(item);
    }
    return kept;
}

Interpreter::Flow Interpreter::execute_for(const Statement& node, const ScopePtr& scope, const Value& items,
                                           int depth) {
    auto sequence = iterate(runtime_, items);
    if (node.expressions[1])
        sequence = runtime_.list(filtered(node, scope, sequence->items)).shared_sequence();
    runtime_.allocate(sizeof(Loop));
    const auto loop = std::make_shared<Loop>(*this, node, scope, sequence, depth);
    for (std::size_t i = 0; i < sequence->items.size(); ++i) {
        runtime_.step();
        loop->index = i;
        const ScopePtr own = inner(scope);
        if (loop_name_ >= 0) own->set(loop_name_, std::shared_ptr<const Object>(loop));
        assign(*node.target, sequence->items[i], own);
        if (execute(node.bodies[0], own) == Flow::break_) break;
    }
    if (sequence->items.empty() && node.bodies.size() > 1) return execute(node.bodies[1], inner(scope));
    return Flow::normal;
}

std::string Interpreter::run_loop(const Statement& loop, const std::shared_ptr<Scope>& outer,
                                  const Value& items, int depth) {
    std::string before = std::exchange(out_, {});
    execute_for(loop, outer, items, depth);
    return std::exchange(out_, std::move(before));
}

void Interpreter::define_macro(const Statement& node, const ScopePtr& scope) {
    const std::string& name = program_.names[static_cast<std::size_t>(node.name)];
    // The scope now holds a macro that holds the scope.
    runtime_.keep(scope);
    scope->set(node.name, std::shared_ptr<const Object>(std::make_shared<Macro>(*this, node, scope, name)));
}

void Interpreter::execute_call_block(const Statement& node, const ScopePtr& scope) {
    const Value caller =
        std::shared_ptr<const Object>(std::make_shared<Macro>(*this, node, scope, std::string("caller")));
    write(to_text(runtime_, evaluate_call(*node.expressions[0], scope, caller)));
}

void Interpreter::execute_with(const Statement& node, const ScopePtr& scope) {
    const ScopePtr own = inner(scope);
    List values;
    for (const auto& expression : node.expressions) values.push_back(evaluate(*expression, scope));
    for (std::size_t i = 0; i < values.size(); ++i) assign(*node.with_targets[i], values[i], own);
    execute(node.bodies[0], own);
}

std::string Interpreter::run_macro(const Statement& definition, const std::shared_ptr<Scope>& outer,
                                   std::string_view name, Arguments& arguments) {
    const int line = runtime_.line;
    const ScopePtr own = inner(outer);
    bind_parameters(definition, name, arguments, own);
    std::string text = capture(definition.bodies[0], own);
    runtime_.line = line;
    return text;
}

void Interpreter::bind_parameters(const Statement& node, std::string_view name, Arguments& arguments,
                                  const ScopePtr& scope) {
    const Signature& signature = node.signature;
    const auto id = [&](std::string_view wanted) {
        return static_cast<NameId>(std::ranges::find(program_.names, wanted) - program_.names.begin());
    };
    const std::size_t count = signature.parameters.size();
    const std::size_t first_default = count - signature.defaults.size();
    for (std::size_t i = 0; i < count; ++i) {
        const NameId parameter = signature.parameters[i];
        const std::string& spelling = program_.names[static_cast<std::size_t>(parameter)];
        if (i < arguments.positional.size()) {
            scope->set(parameter, arguments.positional[i]);
            continue;
        }
        const auto named =
            std::ranges::find(arguments.named, spelling, &std::pair<std::string, Value>::first);
        if (named != arguments.named.end()) {
            scope->set(parameter, std::move(named->second));
            arguments.named.erase(named);
        } else if (i >= first_default) {
            scope->set(parameter, evaluate(*signature.defaults[i - first_default], scope));
        } else {
            scope->set(parameter, Value::undefined(fmt::format("parameter '{}' was not provided", spelling)));
        }
    }
    if (signature.uses_caller) {
        const auto named =
            std::ranges::find(arguments.named, "caller", &std::pair<std::string, Value>::first);
        if (named != arguments.named.end()) {
            scope->set(id("caller"), std::move(named->second));
            arguments.named.erase(named);
        } else if (std::ranges::find(signature.parameters, id("caller")) == signature.parameters.end()) {
            scope->set(id("caller"), Value::undefined("No caller defined"));
        }
    }
    if (signature.uses_kwargs) {
        auto rest = std::make_shared<Dict>();
        for (auto& [key, value] : arguments.named) rest->set(Value::plain_text(key), std::move(value));
        scope->set(id("kwargs"), runtime_.dict(std::move(rest)));
    } else if (!arguments.named.empty()) {
        raise(fmt::format("macro '{}' takes no keyword argument '{}'", name, arguments.named.front().first));
    }
    if (signature.uses_varargs) {
        const std::size_t used = std::min(count, arguments.positional.size());
        scope->set(id("varargs"),
                   runtime_.tuple(List(arguments.positional.begin() + static_cast<std::ptrdiff_t>(used),
                                       arguments.positional.end())));
    } else if (arguments.positional.size() > count) {
        raise(fmt::format("macro '{}' takes not more than {} argument(s)", name, count));
    }
}

void Interpreter::assign(const Expression& target, const Value& value, const ScopePtr& scope) {
    if (target.kind == Expression::Kind::name) {
        scope->set(target.name, value);
        return;
    }
    if (target.kind == Expression::Kind::namespace_attribute) {
        const Value* held = scope->find(target.name);
        const auto* names = held != nullptr ? dynamic_cast<const Namespace*>(held->object()) : nullptr;
        if (names == nullptr) raise("cannot assign attribute on non-namespace object");
        runtime_.allocate(2 * sizeof(Value));
        names->values.set(Value::plain_text(target.text), value);
        return;
    }
    const auto parts = iterate(runtime_, value);
    if (parts->items.size() < target.items.size()) {
        raise(fmt::format("not enough values to unpack (expected {}, got {})", target.items.size(),
                          parts->items.size()));
    }
    if (parts->items.size() > target.items.size()) {
        raise(fmt::format("too many values to unpack (expected {})", target.items.size()));
    }
    for (std::size_t i = 0; i < target.items.size(); ++i) assign(*target.items[i], parts->items[i], scope);
}

}  // namespace kinglet::chat::jinja
