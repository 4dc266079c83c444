#include "inference/chat/jinja/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "inference/chat/jinja/parser_base.h"

namespace kinglet::chat::jinja {
namespace {

using Words = std::initializer_list<std::string_view>;

class StatementParser : public ExpressionParser {
  public:
    using ExpressionParser::ExpressionParser;

    Program run() {
        Program program;
        program.body = parse_body({});
        program.names = std::move(names_);
        return program;
    }

  private:
    using StatementPtr = std::unique_ptr<Statement>;
    using Shape = Statement::Kind;

    StatementPtr make_statement(Shape kind, int line) const {
        auto node = std::make_unique<Statement>();
        node->kind = kind;
        node->line = line;
        return node;
    }

    /// Statements up to a tag whose name is one of `ends`, which is not taken; with no `ends`, to the end.
    Body parse_body(Words ends) {
        const Nested nested(*this);
        Body body;
        while (true) {
            switch (current().kind) {
                case Token::Kind::data: {
                    Token token = take();
                    body.push_back(make_statement(Shape::data, token.line));
                    body.back()->text = Value::plain_text(std::move(token.text));
                    break;
                }
                case Token::Kind::variable_begin: {
                    body.push_back(make_statement(Shape::print, take().line));
                    body.back()->expressions.push_back(parse_tuple({}));
                    expect(Token::Kind::variable_end);
                    break;
                }
                case Token::Kind::block_begin:
                    take();
                    if (std::ranges::any_of(ends, [this](std::string_view end) { return at_word(end); }))
                        return body;
                    body.push_back(parse_statement());
                    expect(Token::Kind::block_end);
                    break;
                default:
                    if (current().kind == Token::Kind::end && ends.size() == 0) return body;
                    if (current().kind != Token::Kind::end) unexpected();
                    raise(fmt::format("the template ends before '{}'", *(ends.end() - 1)));
            }
        }
    }

    void expect(Token::Kind kind) {
        if (current().kind != kind) unexpected();
        take();
    }

    /// The rest of an opening tag, then its body up to one of `ends`.
    Body parse_block(Words ends) {
        skip_symbol(":");
        expect(Token::Kind::block_end);
        return parse_body(ends);
    }

    StatementPtr parse_statement() {
        const Nested nested(*this);
        struct Row {
            std::string_view word;
            StatementPtr (StatementParser::*parse)(int);
        };
        static constexpr std::array<Row, 12> rows = {{{"for", &StatementParser::parse_for},
                                                      {"if", &StatementParser::parse_if},
                                                      {"set", &StatementParser::parse_set},
                                                      {"macro", &StatementParser::parse_macro},
                                                      {"call", &StatementParser::parse_call},
                                                      {"filter", &StatementParser::parse_filter},
                                                      {"with", &StatementParser::parse_with},
                                                      {"print", &StatementParser::parse_print},
                                                      {"generation", &StatementParser::parse_generation},
                                                      {"break", &StatementParser::parse_break},
                                                      {"continue", &StatementParser::parse_continue},
                                                      {"block", &StatementParser::parse_named_block}}};
        if (current().kind != Token::Kind::name) unexpected();
        const auto row = std::ranges::find(rows, current().text, &Row::word);
        if (row == rows.end()) raise(fmt::format("unknown tag '{}'", current().text));
        return (this->*row->parse)(take().line);
    }

    ExpressionPtr parse_target(bool with_namespace, std::string_view end_word = {}) {
        ExpressionPtr target =
            parse_tuple({.simple = true, .with_namespace = with_namespace, .end_word = end_word});
        check_target(*target);
        return target;
    }

    void check_target(const Expression& target) const {
        if (target.kind == Kind::tuple) {
            for (const auto& item : target.items) check_target(*item);
        } else if (target.kind != Kind::name && target.kind != Kind::namespace_attribute) {
            raise("only names can be assigned to");
        }
    }

    StatementPtr parse_for(int line) {
        auto node = make_statement(Shape::for_, line);
        node->target = parse_target(false, "in");
        expect_word("in");
        node->expressions.push_back(parse_tuple({.with_condition = false, .end_word = "recursive"}));
        node->expressions.push_back(skip_word("if") ? parse_expression() : nullptr);
        node->recursive = skip_word("recursive");
        ++loops_;
        node->bodies.push_back(parse_block({"else", "endfor"}));
        --loops_;
        if (skip_word("else")) node->bodies.push_back(parse_block({"endfor"}));
        take();
        return node;
    }

    StatementPtr parse_if(int line) {
        auto node = make_statement(Shape::if_, line);
        do {
            node->expressions.push_back(parse_tuple({.with_condition = false}));
            node->bodies.push_back(parse_block({"elif", "else", "endif"}));
        } while (skip_word("elif"));
        if (skip_word("else")) node->bodies.push_back(parse_block({"endif"}));
        take();
        return node;
    }

    StatementPtr parse_set(int line) {
        auto node = make_statement(Shape::set, line);
        node->target = parse_target(true);
        if (skip_symbol("=")) {
            node->expressions.push_back(parse_tuple({}));
            return node;
        }
        node->kind = Shape::set_block;
        node->expressions.push_back(parse_filters(nullptr));
        node->bodies.push_back(parse_block({"endset"}));
        take();
        return node;
    }

    void parse_signature(Signature& signature) {
        expect_symbol("(");
        while (!at_symbol(")")) {
            if (!signature.parameters.empty()) expect_symbol(",");
            signature.parameters.push_back(intern(expect_name()));
            if (skip_symbol("=")) {
                signature.defaults.push_back(parse_expression());
            } else if (!signature.defaults.empty()) {
                raise("a parameter without a default follows one with a default");
            }
        }
        expect_symbol(")");
    }

    /// A body that is a macro's: notes which of the names with a meaning there it uses.
    Body parse_macro_body(Signature& signature, std::string_view end) {
        const bool varargs = std::exchange(saw_varargs_, false);
        const bool kwargs = std::exchange(saw_kwargs_, false);
        const bool caller = std::exchange(saw_caller_, false);
        const int loops = std::exchange(loops_, 0);
        Body body = parse_block({end});
        take();
        signature.uses_varargs = std::exchange(saw_varargs_, varargs);
        signature.uses_kwargs = std::exchange(saw_kwargs_, kwargs);
        signature.uses_caller = std::exchange(saw_caller_, caller);
        loops_ = loops;
        return body;
    }

    StatementPtr parse_macro(int line) {
        auto node = make_statement(Shape::macro, line);
        node->name = intern(expect_name());
        parse_signature(node->signature);
        node->bodies.push_back(parse_macro_body(node->signature, "endmacro"));
        return node;
    }

    StatementPtr parse_call(int line) {
        auto node = make_statement(Shape::call_block, line);
        if (at_symbol("(")) parse_signature(node->signature);
        node->expressions.push_back(parse_expression());
        if (node->expressions.back()->kind != Kind::call) raise("'call' needs a call");
        node->bodies.push_back(parse_macro_body(node->signature, "endcall"));
        return node;
    }

    StatementPtr parse_filter(int line) {
        auto node = make_statement(Shape::filter_block, line);
        node->expressions.push_back(parse_filters(nullptr, true));
        node->bodies.push_back(parse_block({"endfilter"}));
        take();
        return node;
    }

    StatementPtr parse_with(int line) {
        auto node = make_statement(Shape::with, line);
        while (current().kind != Token::Kind::block_end) {
            if (!node->with_targets.empty()) expect_symbol(",");
            node->with_targets.push_back(parse_target(false));
            expect_symbol("=");
            node->expressions.push_back(parse_expression());
        }
        node->bodies.push_back(parse_block({"endwith"}));
        take();
        return node;
    }

    StatementPtr parse_print(int line) {
        auto node = make_statement(Shape::print, line);
        while (current().kind != Token::Kind::block_end) {
            if (!node->expressions.empty()) expect_symbol(",");
            node->expressions.push_back(parse_expression());
        }
        return node;
    }

    /// Hugging Face's mark around what the model is trained on; it prints its inside.
    StatementPtr parse_generation(int line) { return parse_scope(line, "endgeneration"); }

    /// Without inheritance a block is just printed where it stands.
    StatementPtr parse_named_block(int line) {
        const std::string name = expect_name();
        skip_word("scoped");
        auto node = parse_scope(line, "endblock");
        skip_word(name);
        return node;
    }

    StatementPtr parse_scope(int line, std::string_view end) {
        auto node = make_statement(Shape::scope, line);
        const int loops = std::exchange(loops_, 0);
        node->bodies.push_back(parse_block({end}));
        loops_ = loops;
        take();
        return node;
    }

    StatementPtr parse_break(int line) {
        if (loops_ == 0) raise("'break' outside of a loop");
        return make_statement(Shape::break_, line);
    }

    StatementPtr parse_continue(int line) {
        if (loops_ == 0) raise("'continue' outside of a loop");
        return make_statement(Shape::continue_, line);
    }

    int loops_ = 0;
};

}  // namespace

Program parse(std::string_view source, int& line) {
    return StatementParser(tokenize(source, line), line).run();
}

}  // namespace kinglet::chat::jinja
