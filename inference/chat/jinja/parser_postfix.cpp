// What may follow an expression: filters, tests, attributes, subscripts and calls.
#include <fmt/format.h>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/parser_base.h"

namespace kinglet::chat::jinja {

ExpressionPtr ExpressionParser::parse_call(ExpressionPtr callee) {
    ExpressionPtr node = make(Kind::call, current().line, std::move(callee));
    parse_arguments(node->arguments);
    return seal(std::move(node));
}

ExpressionPtr ExpressionParser::parse_postfix(ExpressionPtr node) {
    while (true) {
        if (at_symbol(".")) {
            node = parse_dot(std::move(node));
        } else if (at_symbol("[")) {
            node = parse_subscript(std::move(node));
        } else if (at_symbol("(")) {
            node = parse_call(std::move(node));
        } else {
            return node;
        }
    }
}

ExpressionPtr ExpressionParser::parse_filter_expression(ExpressionPtr node) {
    while (true) {
        if (at_symbol("|")) {
            node = parse_filters(std::move(node));
        } else if (at_word("is")) {
            node = parse_test(std::move(node));
        } else if (at_symbol("(")) {
            node = parse_call(std::move(node));
        } else {
            return node;
        }
    }
}

ExpressionPtr ExpressionParser::parse_filters(ExpressionPtr input, bool inline_start) {
    while (inline_start || at_symbol("|")) {
        if (!inline_start) take();
        inline_start = false;
        const int line = current().line;
        ExpressionPtr node = make(Kind::filter, line);
        node->text = expect_name();
        while (skip_symbol(".")) node->text += "." + expect_name();
        if (find_filter(node->text) == nullptr) raise(fmt::format("No filter named '{}'.", node->text));
        node->items.push_back(std::move(input));
        if (at_symbol("(")) parse_arguments(node->arguments);
        input = seal(std::move(node));
    }
    return input;
}

ExpressionPtr ExpressionParser::parse_test(ExpressionPtr node) {
    const int line = take().line;
    const bool negated = skip_word("not");
    ExpressionPtr test = make(Kind::test, line);
    test->text = expect_name();
    while (skip_symbol(".")) test->text += "." + expect_name();
    if (find_test(test->text) == nullptr) raise(fmt::format("No test named '{}'.", test->text));
    test->items.push_back(std::move(node));
    const bool word =
        current().kind == Token::Kind::name && !at_word("else") && !at_word("or") && !at_word("and");
    const bool literal = current().kind == Token::Kind::string || current().kind == Token::Kind::integer ||
                         current().kind == Token::Kind::real;
    if (at_symbol("(")) {
        parse_arguments(test->arguments);
    } else if (word || literal || at_symbol("[") || at_symbol("{")) {
        if (at_word("is")) raise("tests cannot be chained with 'is'");
        test->arguments.positional.push_back(parse_postfix(parse_primary()));
    }
    test = seal(std::move(test));
    return negated ? make(Kind::logical_not, line, std::move(test)) : std::move(test);
}

ExpressionPtr ExpressionParser::parse_dot(ExpressionPtr node) {
    const int line = take().line;
    if (current().kind == Token::Kind::integer) {
        return make(Kind::item, line, std::move(node), parse_number());
    }
    ExpressionPtr attribute = make(Kind::attribute, line, std::move(node));
    attribute->text = expect_name();
    return attribute;
}

ExpressionPtr ExpressionParser::parse_subscript(ExpressionPtr node) {
    const int line = take().line;
    ExpressionPtr result = parse_subscripted(std::move(node));
    if (at_symbol(",")) {
        // a[1, 2] is a[(1, 2)]
        if (result->kind != Kind::item) raise("a slice cannot be part of a tuple");
        ExpressionPtr key = make(Kind::tuple, line);
        key->items.push_back(std::move(result->items[1]));
        while (skip_symbol(",")) key->items.push_back(parse_expression());
        result->items[1] = seal(std::move(key));
        result = seal(std::move(result));
    }
    expect_symbol("]");
    return result;
}

ExpressionPtr ExpressionParser::parse_subscripted(ExpressionPtr node) {
    const int line = current().line;
    ExpressionPtr first = at_symbol(":") ? nullptr : parse_expression();
    if (!at_symbol(":")) return make(Kind::item, line, std::move(node), std::move(first));
    ExpressionPtr slice = make(Kind::slice, line);
    slice->items.push_back(std::move(node));
    slice->items.push_back(std::move(first));
    for (int i = 0; i < 2; ++i) {
        const bool given = skip_symbol(":") && !at_symbol(":") && !at_symbol("]") && !at_symbol(",");
        slice->items.push_back(given ? parse_expression() : nullptr);
    }
    return seal(std::move(slice));
}

void ExpressionParser::parse_arguments(CallArguments& arguments) {
    expect_symbol("(");
    bool first = true;
    while (!at_symbol(")")) {
        if (!first) expect_symbol(",");
        if (at_symbol(")")) break;
        first = false;
        const bool ended = arguments.more_named != nullptr;
        if (at_symbol("*")) {
            if (ended || arguments.more_positional) unexpected();
            take();
            arguments.more_positional = parse_expression();
        } else if (at_symbol("**")) {
            if (ended) unexpected();
            take();
            arguments.more_named = parse_expression();
        } else if (current().kind == Token::Kind::name && following().kind == Token::Kind::punctuation &&
                   following().text == "=") {
            if (ended) unexpected();
            std::string name = take().text;
            take();
            arguments.named.emplace_back(std::move(name), parse_expression());
        } else {
            if (ended || arguments.more_positional || !arguments.named.empty()) unexpected();
            arguments.positional.push_back(parse_expression());
        }
    }
    expect_symbol(")");
}

}  // namespace kinglet::chat::jinja
