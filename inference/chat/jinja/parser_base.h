// What the two halves of the parser share. Internal.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inference/chat/jinja/ast.h"
#include "inference/chat/jinja/lexer.h"

namespace kinglet::chat::jinja {

/// Recursive descent over the token list: expressions here, statements in StatementParser.
class ExpressionParser {
  public:
    ExpressionParser(std::vector<Token> tokens, int& line) : tokens_(std::move(tokens)), line_(line) {}

  protected:
    using Kind = Expression::Kind;

    /// One level deeper while it lives: bounds the stack that parsing, evaluating and freeing a tree takes.
    class Nested {
      public:
        explicit Nested(ExpressionParser& parser);
        ~Nested() { --parser_.nesting_; }
        Nested(const Nested&) = delete;
        Nested& operator=(const Nested&) = delete;

      private:
        ExpressionParser& parser_;
    };

    const Token& current() const { return tokens_[at_]; }
    const Token& following() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
    Token take();
    bool at_symbol(std::string_view symbol) const;
    bool at_word(std::string_view word) const;
    bool skip_symbol(std::string_view symbol);
    bool skip_word(std::string_view word);
    void expect_symbol(std::string_view symbol);
    void expect_word(std::string_view word);
    std::string expect_name();
    [[noreturn]] void unexpected() const;

    NameId intern(const std::string& name);
    ExpressionPtr make(Kind kind, int line) const;
    ExpressionPtr make(Kind kind, int line, ExpressionPtr first, ExpressionPtr second = nullptr) const;
    /// Sets the depth from the parts, once they are all there.
    ExpressionPtr seal(ExpressionPtr expression) const;

    ExpressionPtr parse_expression();
    ExpressionPtr parse_or();
    /// One expression, or several parted by commas as a tuple. `with_condition`: "a if b" may be part of it.
    /// `simple`: only names, as targets are written; `with_namespace`: also "ns.x".
    struct TupleOptions {
        bool with_condition = true;
        bool simple = false;
        bool with_namespace = false;
        bool parenthesised = false;
        std::string_view end_word;
    };
    ExpressionPtr parse_tuple(const TupleOptions& options);
    ExpressionPtr parse_primary(bool with_namespace = false);
    /// The filters at this place applied to `input`; with `inline_start`, the first one has no "|" before it.
    ExpressionPtr parse_filters(ExpressionPtr input, bool inline_start = false);

    std::vector<std::string> names_;
    bool saw_varargs_ = false;
    bool saw_kwargs_ = false;
    bool saw_caller_ = false;

  private:
    ExpressionPtr parse_and();
    ExpressionPtr parse_not();
    ExpressionPtr parse_compare();
    bool take_comparison(Operator& op);
    ExpressionPtr parse_sum();
    ExpressionPtr parse_concatenation();
    ExpressionPtr parse_product();
    ExpressionPtr parse_power();
    ExpressionPtr parse_unary(bool with_filter = true);
    ExpressionPtr parse_call(ExpressionPtr callee);
    ExpressionPtr parse_postfix(ExpressionPtr node);
    ExpressionPtr parse_filter_expression(ExpressionPtr node);
    ExpressionPtr parse_test(ExpressionPtr node);
    ExpressionPtr parse_dot(ExpressionPtr node);
    ExpressionPtr parse_subscript(ExpressionPtr node);
    ExpressionPtr parse_subscripted(ExpressionPtr node);
    ExpressionPtr parse_name(bool with_namespace);
    ExpressionPtr parse_number();
    ExpressionPtr parse_list();
    ExpressionPtr parse_dict();
    void parse_arguments(CallArguments& arguments);
    bool at_tuple_end(std::string_view end_word) const;

    std::vector<Token> tokens_;
    int& line_;
    std::size_t at_ = 0;
    int nesting_ = 0;
    std::unordered_map<std::string, NameId> name_ids_;
};

}  // namespace kinglet::chat::jinja
