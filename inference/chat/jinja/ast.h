// Templates as trees.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "inference/chat/jinja/value.h"

namespace kinglet::chat::jinja {

struct Expression;
struct Statement;
using ExpressionPtr = std::unique_ptr<Expression>;
using Body = std::vector<std::unique_ptr<Statement>>;

/// Variable names are numbered by the parser; the number is an index into Program::names.
using NameId = std::int32_t;

enum class Operator : std::uint8_t {
    add,
    subtract,
    multiply,
    divide,
    floor_divide,
    modulo,
    power,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    contained,
    not_contained,
};

/// What stands between the parentheses of a call.
struct CallArguments {
    std::vector<ExpressionPtr> positional;
    std::vector<std::pair<std::string, ExpressionPtr>> named;
    ExpressionPtr more_positional;  ///< *list
    ExpressionPtr more_named;       ///< **dict
};

struct Expression {
    enum class Kind : std::uint8_t {
        constant,     ///< value
        name,         ///< name
        list,         ///< items
        tuple,        ///< items
        dict,         ///< items: key, value, key, value ...
        attribute,    ///< items[0].text
        item,         ///< items[0][items[1]]
        slice,        ///< items[0][items[1]:items[2]:items[3]], each of the three may be null
        call,         ///< items[0](arguments)
        filter,       ///< items[0] | text(arguments); items[0] is null in a filter block
        test,         ///< items[0] is text(arguments)
        negative,     ///< -items[0]
        positive,     ///< +items[0]
        logical_not,  ///< items[0]
        logical_and,  ///< items[0], items[1]
        logical_or,
        conditional,          ///< items[0] if items[1] else items[2], which may be null
        compare,              ///< items[0] operators[0] items[1] operators[1] items[2] ...
        binary,               ///< items[0] operators[0] items[1]
        concatenate,          ///< all items as text
        namespace_attribute,  ///< name.text, as the target of an assignment
    };
    Kind kind = Kind::constant;
    int line = 1;
    int depth = 1;  ///< levels of this tree
    Value value;
    NameId name = -1;
    std::string text;
    std::vector<ExpressionPtr> items;
    std::vector<Operator> operators;
    CallArguments arguments;
};

/// What a macro or a call block takes. Defaults belong to the last parameters.
struct Signature {
    std::vector<NameId> parameters;
    std::vector<ExpressionPtr> defaults;
    bool uses_varargs = false;
    bool uses_kwargs = false;
    bool uses_caller = false;
};

struct Statement {
    enum class Kind : std::uint8_t {
        data,        ///< text
        print,       ///< expressions
        if_,         ///< expressions[i] guards bodies[i]; one body more is the else
        for_,        ///< target, expressions[0] = list, [1] = condition or null; bodies[0], bodies[1] = else
        set,         ///< target = expressions[0]
        set_block,   ///< target = bodies[0] through the filters of expressions[0], which may be null
        macro,       ///< name, signature, bodies[0]
        call_block,  ///< expressions[0] called with bodies[0] as caller of this signature
        filter_block,  ///< bodies[0] through expressions[0]
        with,          ///< with_targets[i] = expressions[i], bodies[0]
        scope,         ///< bodies[0] with variables of its own
        break_,
        continue_,
    };
    Kind kind = Kind::data;
    int line = 1;
    bool recursive = false;
    NameId name = -1;
    Value text;
    ExpressionPtr target;
    std::vector<ExpressionPtr> with_targets;
    std::vector<ExpressionPtr> expressions;
    std::vector<Body> bodies;
    Signature signature;
};

/// A whole template.
struct Program {
    Body body;
    std::vector<std::string> names;
};

}  // namespace kinglet::chat::jinja
