#include <fmt/format.h>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/interpreter.h"
#include "inference/chat/jinja/operations.h"

namespace kinglet::chat::jinja {

Value Interpreter::evaluate(const Expression& node, const ScopePtr& scope) {
    const Runtime::Nested nested(runtime_);
    runtime_.step();
    runtime_.line = node.line;
    using Kind = Expression::Kind;
    const auto operand = [&](std::size_t i) { return evaluate(*node.items[i], scope); };
    switch (node.kind) {
        case Kind::constant:
            return node.value;
        case Kind::name:
            return evaluate_name(node, scope);
        case Kind::list:
        case Kind::tuple:
            return evaluate_list(node, scope);
        case Kind::dict:
            return evaluate_dict(node, scope);
        case Kind::attribute:
            return get_attribute(runtime_, operand(0), node.text);
        case Kind::item: {
            const Value object = operand(0);
            return get_item(runtime_, object, operand(1));
        }
        case Kind::slice:
            return evaluate_slice(node, scope);
        case Kind::call:
            return evaluate_call(node, scope);
        case Kind::filter:
            return evaluate_filter(node, scope);
        case Kind::test:
            return evaluate_test(node, scope);
        case Kind::negative:
            return negative(operand(0));
        case Kind::positive: {
            const Value value = operand(0);
            return arithmetic(runtime_, Operator::add, std::int64_t{0}, value);
        }
        case Kind::logical_not:
            return !operand(0).truthy();
        case Kind::logical_and: {
            Value left = operand(0);
            return left.truthy() ? operand(1) : left;
        }
        case Kind::logical_or: {
            Value left = operand(0);
            return left.truthy() ? left : operand(1);
        }
        case Kind::conditional:
            return evaluate_conditional(node, scope);
        case Kind::compare:
            return evaluate_compare(node, scope);
        case Kind::binary: {
            const Value left = operand(0);
            return arithmetic(runtime_, node.operators[0], left, operand(1));
        }
        case Kind::concatenate:
            return evaluate_concatenation(node, scope);
        case Kind::namespace_attribute:
            break;  // only ever a target
    }
    raise("a namespace attribute cannot be read this way");
}

Value Interpreter::evaluate_name(const Expression& node, const ScopePtr& scope) {
    const Value* found = scope->find(node.name);
    if (found != nullptr) return *found;
    return Value::undefined(
        fmt::format("'{}' is undefined", program_.names[static_cast<std::size_t>(node.name)]));
}

Value Interpreter::evaluate_list(const Expression& node, const ScopePtr& scope) {
    List items;
    items.reserve(node.items.size());
    for (const auto& item : node.items) items.push_back(evaluate(*item, scope));
    const bool is_tuple = node.kind == Expression::Kind::tuple;
    return runtime_.list(std::move(items), is_tuple ? Sequence::Kind::tuple : Sequence::Kind::list);
}

Value Interpreter::evaluate_dict(const Expression& node, const ScopePtr& scope) {
    auto dict = std::make_shared<Dict>();
    for (std::size_t i = 0; i + 1 < node.items.size(); i += 2) {
        Value key = evaluate(*node.items[i], scope);
        dict->set(std::move(key), evaluate(*node.items[i + 1], scope));
    }
    return runtime_.dict(std::move(dict));
}

Value Interpreter::evaluate_slice(const Expression& node, const ScopePtr& scope) {
    const auto bound = [&](std::size_t i) {
        return node.items[i] ? evaluate(*node.items[i], scope) : Value(None{});
    };
    const Value object = evaluate(*node.items[0], scope);
    const Value from = bound(1);
    const Value to = bound(2);
    return get_slice(runtime_, object, from, to, bound(3));
}

Arguments Interpreter::evaluate_arguments(const CallArguments& node, const ScopePtr& scope) {
    Arguments arguments;
    for (const auto& item : node.positional) arguments.positional.push_back(evaluate(*item, scope));
    for (const auto& [name, item] : node.named) arguments.named.emplace_back(name, evaluate(*item, scope));
    if (node.more_positional) {
        const auto more = iterate(runtime_, evaluate(*node.more_positional, scope));
        arguments.positional.insert(arguments.positional.end(), more->items.begin(), more->items.end());
    }
    if (node.more_named) {
        const Value more = evaluate(*node.more_named, scope);
        if (more.dict() == nullptr) raise("argument after ** must be a mapping");
        for (const auto& [key, value] : more.dict()->entries) {
            arguments.named.emplace_back(to_text(runtime_, key), value);
        }
    }
    return arguments;
}

Value Interpreter::evaluate_call(const Expression& node, const ScopePtr& scope, const Value& caller) {
    const Value callee = evaluate(*node.items[0], scope);
    Arguments arguments = evaluate_arguments(node.arguments, scope);
    if (!caller.is_undefined()) arguments.named.emplace_back("caller", caller);
    runtime_.line = node.line;
    return call(runtime_, callee, std::move(arguments));
}

Value Interpreter::evaluate_filter(const Expression& node, const ScopePtr& scope) {
    Value input = node.items[0] ? evaluate(*node.items[0], scope) : std::move(filter_input_);
    Arguments arguments = evaluate_arguments(node.arguments, scope);
    arguments.positional.insert(arguments.positional.begin(), std::move(input));
    runtime_.line = node.line;
    return find_filter(node.text)(runtime_, arguments);
}

Value Interpreter::evaluate_test(const Expression& node, const ScopePtr& scope) {
    Value subject = evaluate(*node.items[0], scope);
    Arguments arguments = evaluate_arguments(node.arguments, scope);
    arguments.positional.insert(arguments.positional.begin(), std::move(subject));
    return find_test(node.text)(runtime_, arguments);
}

Value Interpreter::evaluate_compare(const Expression& node, const ScopePtr& scope) {
    Value left = evaluate(*node.items[0], scope);
    for (std::size_t i = 0; i < node.operators.size(); ++i) {
        Value right = evaluate(*node.items[i + 1], scope);
        if (!compare(runtime_, node.operators[i], left, right)) return false;
        left = std::move(right);
    }
    return true;
}

Value Interpreter::evaluate_conditional(const Expression& node, const ScopePtr& scope) {
    if (evaluate(*node.items[1], scope).truthy()) return evaluate(*node.items[0], scope);
    if (node.items[2]) return evaluate(*node.items[2], scope);
    return Value::undefined("the inline if-expression evaluated to false and no else section was defined.");
}

Value Interpreter::evaluate_concatenation(const Expression& node, const ScopePtr& scope) {
    std::string all;
    for (const auto& item : node.items) all += to_text(runtime_, evaluate(*item, scope));
    return runtime_.text(std::move(all));
}

}  // namespace kinglet::chat::jinja
