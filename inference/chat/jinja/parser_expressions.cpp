#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "inference/chat/jinja/builtins.h"
#include "inference/chat/jinja/parser_base.h"

namespace kinglet::chat::jinja {
namespace {

constexpr int max_nesting = 100;
constexpr int max_depth = 300;

struct Spelling {
    std::string_view text;
    Operator op;
};

constexpr std::array<Spelling, 6> comparisons = {{{"==", Operator::equal},
                                                  {"!=", Operator::not_equal},
                                                  {"<", Operator::less},
                                                  {"<=", Operator::less_equal},
                                                  {">", Operator::greater},
                                                  {">=", Operator::greater_equal}}};
constexpr std::array<Spelling, 4> products = {{{"*", Operator::multiply},
                                               {"/", Operator::divide},
                                               {"//", Operator::floor_divide},
                                               {"%", Operator::modulo}}};

}  // namespace

ExpressionParser::Nested::Nested(ExpressionParser& parser) : parser_(parser) {
    if (parser.nesting_ >= max_nesting) raise("the template nests too deeply");
    ++parser.nesting_;
}

Token ExpressionParser::take() {
    line_ = current().line;
    Token token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
}

bool ExpressionParser::at_symbol(std::string_view symbol) const {
    return current().kind == Token::Kind::punctuation && current().text == symbol;
}
bool ExpressionParser::at_word(std::string_view word) const {
    return current().kind == Token::Kind::name && current().text == word;
}
bool ExpressionParser::skip_symbol(std::string_view symbol) {
    const bool found = at_symbol(symbol);
    if (found) take();
    return found;
}
bool ExpressionParser::skip_word(std::string_view word) {
    const bool found = at_word(word);
    if (found) take();
    return found;
}
void ExpressionParser::expect_symbol(std::string_view symbol) {
    if (!skip_symbol(symbol)) unexpected();
}
void ExpressionParser::expect_word(std::string_view word) {
    if (!skip_word(word)) unexpected();
}
std::string ExpressionParser::expect_name() {
    if (current().kind != Token::Kind::name) unexpected();
    return take().text;
}

void ExpressionParser::unexpected() const {
    line_ = current().line;
    switch (current().kind) {
        case Token::Kind::end:
            raise("the template ends too early");
        case Token::Kind::variable_end:
            raise("unexpected '}}'");
        case Token::Kind::block_end:
            raise("unexpected '%}'");
        default:
            raise(fmt::format("unexpected '{}'", current().text));
    }
}

NameId ExpressionParser::intern(const std::string& name) {
    const auto [place, fresh] = name_ids_.emplace(name, static_cast<NameId>(names_.size()));
    if (fresh) names_.push_back(name);
    return place->second;
}

ExpressionPtr ExpressionParser::make(Kind kind, int line) const {
    auto node = std::make_unique<Expression>();
    node->kind = kind;
    node->line = line;
    return node;
}

ExpressionPtr ExpressionParser::make(Kind kind, int line, ExpressionPtr first, ExpressionPtr second) const {
    auto node = make(kind, line);
    node->items.push_back(std::move(first));
    if (second) node->items.push_back(std::move(second));
    return seal(std::move(node));
}

ExpressionPtr ExpressionParser::seal(ExpressionPtr expression) const {
    const auto include = [&](const ExpressionPtr& part) {
        if (part) expression->depth = std::max(expression->depth, part->depth + 1);
    };
    for (const auto& part : expression->items) include(part);
    for (const auto& part : expression->arguments.positional) include(part);
    for (const auto& part : expression->arguments.named) include(part.second);
    include(expression->arguments.more_positional);
    include(expression->arguments.more_named);
    if (expression->depth > max_depth) raise("an expression is too long");
    return expression;
}

ExpressionPtr ExpressionParser::parse_expression() {
    const Nested nested(*this);
    const int line = current().line;
    ExpressionPtr node = parse_or();
    while (skip_word("if")) {
        ExpressionPtr condition = parse_or();
        ExpressionPtr otherwise = skip_word("else") ? parse_expression() : nullptr;
        node = make(Kind::conditional, line, std::move(node), std::move(condition));
        node->items.push_back(std::move(otherwise));
        node = seal(std::move(node));
    }
    return node;
}

ExpressionPtr ExpressionParser::parse_or() {
    const int line = current().line;
    ExpressionPtr node = parse_and();
    while (skip_word("or")) node = make(Kind::logical_or, line, std::move(node), parse_and());
    return node;
}

ExpressionPtr ExpressionParser::parse_and() {
    const int line = current().line;
    ExpressionPtr node = parse_not();
    while (skip_word("and")) node = make(Kind::logical_and, line, std::move(node), parse_not());
    return node;
}

ExpressionPtr ExpressionParser::parse_not() {
    const Nested nested(*this);
    const int line = current().line;
    if (skip_word("not")) return make(Kind::logical_not, line, parse_not());
    return parse_compare();
}

bool ExpressionParser::take_comparison(Operator& op) {
    if (current().kind == Token::Kind::punctuation) {
        const auto found = std::ranges::find(comparisons, current().text, &Spelling::text);
        if (found == comparisons.end()) return false;
        op = found->op;
        take();
        return true;
    }
    if (skip_word("in")) {
        op = Operator::contained;
        return true;
    }
    if (at_word("not") && following().kind == Token::Kind::name && following().text == "in") {
        take();
        take();
        op = Operator::not_contained;
        return true;
    }
    return false;
}

ExpressionPtr ExpressionParser::parse_compare() {
    const int line = current().line;
    ExpressionPtr first = parse_sum();
    Operator op{};
    if (!take_comparison(op)) return first;
    ExpressionPtr node = make(Kind::compare, line, std::move(first));
    do {
        node->operators.push_back(op);
        node->items.push_back(parse_sum());
    } while (take_comparison(op));
    return seal(std::move(node));
}

ExpressionPtr ExpressionParser::parse_sum() {
    const int line = current().line;
    ExpressionPtr node = parse_concatenation();
    while (at_symbol("+") || at_symbol("-")) {
        const Operator op = take().text == "+" ? Operator::add : Operator::subtract;
        node = make(Kind::binary, line, std::move(node), parse_concatenation());
        node->operators.push_back(op);
    }
    return node;
}

ExpressionPtr ExpressionParser::parse_concatenation() {
    const int line = current().line;
    ExpressionPtr first = parse_product();
    if (!at_symbol("~")) return first;
    ExpressionPtr node = make(Kind::concatenate, line, std::move(first));
    while (skip_symbol("~")) node->items.push_back(parse_product());
    return seal(std::move(node));
}

ExpressionPtr ExpressionParser::parse_product() {
    const int line = current().line;
    ExpressionPtr node = parse_power();
    while (current().kind == Token::Kind::punctuation) {
        const auto found = std::ranges::find(products, current().text, &Spelling::text);
        if (found == products.end()) break;
        take();
        node = make(Kind::binary, line, std::move(node), parse_power());
        node->operators.push_back(found->op);
    }
    return node;
}

ExpressionPtr ExpressionParser::parse_power() {
    const int line = current().line;
    ExpressionPtr node = parse_unary();
    while (skip_symbol("**")) {
        node = make(Kind::binary, line, std::move(node), parse_unary());
        node->operators.push_back(Operator::power);
    }
    return node;
}

ExpressionPtr ExpressionParser::parse_unary(bool with_filter) {
    const Nested nested(*this);
    const int line = current().line;
    ExpressionPtr node;
    if (skip_symbol("-")) {
        node = make(Kind::negative, line, parse_unary(false));
    } else if (skip_symbol("+")) {
        node = make(Kind::positive, line, parse_unary(false));
    } else {
        node = parse_primary();
    }
    node = parse_postfix(std::move(node));
    return with_filter ? parse_filter_expression(std::move(node)) : std::move(node);
}

ExpressionPtr ExpressionParser::parse_name(bool with_namespace) {
    const Token token = take();
    const std::string& text = token.text;
    ExpressionPtr node = make(Kind::constant, token.line);
    if (text == "true" || text == "True" || text == "false" || text == "False") {
        node->value = text == "true" || text == "True";
    } else if (text == "none" || text == "None") {
        node->value = None{};
    } else if (with_namespace && skip_symbol(".")) {
        node->kind = Kind::namespace_attribute;
        node->name = intern(text);
        node->text = expect_name();
    } else {
        node->kind = Kind::name;
        node->name = intern(text);
        saw_varargs_ = saw_varargs_ || text == "varargs";
        saw_kwargs_ = saw_kwargs_ || text == "kwargs";
        saw_caller_ = saw_caller_ || text == "caller";
    }
    return node;
}

ExpressionPtr ExpressionParser::parse_number() {
    const Token token = take();
    ExpressionPtr node = make(Kind::constant, token.line);
    const char* begin = token.text.data();
    const char* end = begin + token.text.size();
    if (token.kind == Token::Kind::real) {
        double value = 0;
        std::from_chars(begin, end, value);
        node->value = value;
        return node;
    }
    int base = 10;
    if (token.text.size() > 2 && begin[0] == '0' && begin[1] > '9') {
        base = (begin[1] | 0x20) == 'x' ? 16 : (begin[1] | 0x20) == 'o' ? 8 : 2;
        begin += 2;
    }
    std::int64_t value = 0;
    const auto read = std::from_chars(begin, end, value, base);
    if (read.ec != std::errc() || read.ptr != end)
        raise(fmt::format("the number {} is out of range", token.text));
    node->value = value;
    return node;
}

ExpressionPtr ExpressionParser::parse_primary(bool with_namespace) {
    const Nested nested(*this);
    const int line = current().line;
    switch (current().kind) {
        case Token::Kind::name:
            return parse_name(with_namespace);
        case Token::Kind::string: {
            std::string text;
            while (current().kind == Token::Kind::string) text += take().text;
            ExpressionPtr node = make(Kind::constant, line);
            node->value = Value::plain_text(std::move(text));
            return node;
        }
        case Token::Kind::integer:
        case Token::Kind::real:
            return parse_number();
        default:
            break;
    }
    if (skip_symbol("(")) {
        ExpressionPtr node = parse_tuple({.parenthesised = true});
        expect_symbol(")");
        return node;
    }
    if (at_symbol("[")) return parse_list();
    if (at_symbol("{")) return parse_dict();
    unexpected();
}

ExpressionPtr ExpressionParser::parse_list() {
    ExpressionPtr node = make(Kind::list, take().line);
    while (!at_symbol("]")) {
        if (!node->items.empty()) expect_symbol(",");
        if (at_symbol("]")) break;
        node->items.push_back(parse_expression());
    }
    expect_symbol("]");
    return seal(std::move(node));
}

ExpressionPtr ExpressionParser::parse_dict() {
    ExpressionPtr node = make(Kind::dict, take().line);
    while (!at_symbol("}")) {
        if (!node->items.empty()) expect_symbol(",");
        if (at_symbol("}")) break;
        node->items.push_back(parse_expression());
        expect_symbol(":");
        node->items.push_back(parse_expression());
    }
    expect_symbol("}");
    return seal(std::move(node));
}

bool ExpressionParser::at_tuple_end(std::string_view end_word) const {
    if (current().kind == Token::Kind::variable_end || current().kind == Token::Kind::block_end ||
        at_symbol(")")) {
        return true;
    }
    return !end_word.empty() && at_word(end_word);
}

ExpressionPtr ExpressionParser::parse_tuple(const TupleOptions& options) {
    const Nested nested(*this);
    const int line = current().line;
    std::vector<ExpressionPtr> items;
    bool is_tuple = false;
    while (true) {
        if (!items.empty()) expect_symbol(",");
        if (at_tuple_end(options.end_word)) break;
        items.push_back(options.simple           ? parse_primary(options.with_namespace)
                        : options.with_condition ? parse_expression()
                                                 : parse_or());
        if (!at_symbol(",")) break;
        is_tuple = true;
    }
    if (!is_tuple && !items.empty()) return std::move(items.front());
    if (items.empty() && !options.parenthesised) unexpected();
    ExpressionPtr node = make(Kind::tuple, line);
    node->items = std::move(items);
    return seal(std::move(node));
}

}  // namespace kinglet::chat::jinja
