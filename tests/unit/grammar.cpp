// Grammars without a model: what GBNF and JSON schemas accept, what is refused and how it is said, tokens
// that end within a character, hostile grammars.
#include "inference/grammar/grammar.h"

#include <QtTest>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "inference/grammar/matcher.h"
#include "inference/grammar/token_filter.h"

using namespace kinglet;
using grammar::Grammar;
using grammar::Matcher;
using grammar::TokenFilter;
using grammar::TokenTrie;

namespace {

using Made = Result<std::shared_ptr<const Grammar>>;

/// "yes": the text is whole; "begin": it can go on to become whole; "no".
QString verdict(const Grammar& grammar, std::string_view text) {
    Matcher matcher(grammar.program());
    const Matcher::State state = matcher.next(matcher.start(), text);
    if (state == Matcher::dead) return "no";
    return matcher.can_end(state) ? "yes" : "begin";
}

QString of_gbnf(const std::string& text, std::string_view input) {
    const Made made = Grammar::from_gbnf(text, "test.gbnf");
    return made ? verdict(**made, input) : QString::fromStdString(made.error().message);
}

/// JSON is written with ' for ", to be read more easily.
std::string json(std::string text) {
    std::replace(text.begin(), text.end(), '\'', '"');
    return text;
}

QString of_schema(const std::string& text, const std::string& input) {
    const Made made = Grammar::from_json_schema(json(text), "test.json");
    return made ? verdict(**made, json(input)) : QString::fromStdString(made.error().message);
}

std::vector<std::int32_t> allowed_tokens(TokenFilter& filter, std::size_t count) {
    std::vector<std::int32_t> out;
    const auto mask = filter.allowed();
    for (std::size_t i = 0; i < count; ++i) {
        if ((mask[i / 64] >> (i % 64) & 1) != 0) out.push_back(static_cast<std::int32_t>(i));
    }
    return out;
}

std::string repeated(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

class GrammarTest : public QObject {
    Q_OBJECT

  private slots:
    void gbnf_accepts_data() {
        QTest::addColumn<std::string>("text");
        QTest::addColumn<std::string>("input");
        QTest::addColumn<QString>("expected");
        auto row = [n = 0](const char* text, const char* input, const char* expected) mutable {
            QTest::addRow("%d %s / %s", n++, text, input)
                << std::string(text) << std::string(input) << QString(expected);
        };
        row("root ::= \"ab\"", "ab", "yes");
        row("root ::= \"ab\"", "a", "begin");
        row("root ::= \"ab\"", "abc", "no");
        row("root ::= \"\"", "", "yes");
        row("root ::= \"a\" | \"b\"", "b", "yes");
        row("root ::= \"a\" | \"b\"", "c", "no");
        row("root ::= (\"a\" | \"b\") \"c\"", "bc", "yes");
        row("root ::= \"a\"*", "", "yes");
        row("root ::= \"a\"*", "aaaa", "yes");
        row("root ::= \"a\"+", "", "begin");
        row("root ::= \"a\"?\"b\"", "b", "yes");
        row("root ::= \"a\"{2}", "a", "begin");
        row("root ::= \"a\"{2}", "aa", "yes");
        row("root ::= \"a\"{2}", "aaa", "no");
        row("root ::= \"a\"{2,}", "aaaaa", "yes");
        row("root ::= \"a\"{2,}", "a", "begin");
        row("root ::= \"a\"{1,3}", "aaa", "yes");
        row("root ::= \"a\"{1,3}", "aaaa", "no");
        row("root ::= \"a\"{0,2} \"b\"", "aab", "yes");
        row("root ::= (\"a\"?){2,3}", "", "yes");
        row("root ::= (\"a\"?){2,3}", "aaa", "yes");
        row("root ::= (\"a\"?){2,3}", "aaaa", "no");
        row("root ::= (\"a\"*)*", "aaa", "yes");
        row("root ::= (\"ab\"{1,2} \"c\"){2}", "ababcabc", "yes");
        row("root ::= (\"ab\"{1,2} \"c\"){2}", "abababc", "no");
        row("root ::= [a-cx]", "b", "yes");
        row("root ::= [a-cx]", "d", "no");
        row("root ::= [^a-c]", "d", "yes");
        row("root ::= [^a-c]", "a", "no");
        row("root ::= [-a]", "-", "yes");
        row("root ::= [a-]", "-", "yes");
        row("root ::= [\\]\\\\\\n]", "]", "yes");
        row("root ::= [\\]\\\\\\n]", "\n", "yes");
        row("root ::= [\\x41-\\x43]", "B", "yes");
        row("root ::= \"\\u00e9\"", "é", "yes");
        row("root ::= [à-ý]", "é", "yes");
        row("root ::= [à-ý]", "z", "no");
        row("root ::= [\\u4e00-\\u9fff]", "中", "yes");
        row("root ::= [\\u4e00-\\u9fff]", "\xE4\xB8", "begin");
        row("root ::= [\\U0001F600-\\U0001F64F]", "😀", "yes");
        row("root ::= [^a]", "😀", "yes");
        row("root ::= .", "\xED\xA0\x80", "no");      // a surrogate
        row("root ::= .", "\xE0\x80\x80", "no");      // written too long
        row("root ::= .", "\xF4\x90\x80\x80", "no");  // beyond Unicode
        row("root ::= .", "\xF4\x8F\xBF\xBF", "yes");
        row("root ::= .", "\n", "yes");
        row("root ::= \"(\" root \")\" | \"x\"", "((x))", "yes");
        row("root ::= \"(\" root \")\" | \"x\"", "((x)", "begin");
        row("root ::= \"(\" root \")\" | \"x\"", "(x))", "no");
        row("# first\nroot ::= a # second\n  | b-2\na ::= \"1\"\nb-2 ::= \"2\"", "2", "yes");
        row("root ::= item\n\n\nitem ::=\n  \"x\"\n", "x", "yes");
        row("a ::= \"1\"\nroot ::= a a", "11", "yes");
        row("root ::= \"a\" | \"ab\" | \"abc\"", "abc", "yes");
        row("root ::= \"a\"* \"a\"* \"b\"", "aaaaab", "yes");
    }

    void gbnf_accepts() {
        QFETCH(std::string, text);
        QFETCH(std::string, input);
        QFETCH(QString, expected);
        QCOMPARE(of_gbnf(text, input), expected);
    }

    void gbnf_errors_say_where_data() {
        QTest::addColumn<std::string>("text");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* text, const char* expected) {
            QTest::addRow("%s", text) << std::string(text) << QString(expected);
        };
        row("", "test.gbnf:1:1: there is no rule \"root\"");
        row("a ::= \"x\"", "test.gbnf:1:10: there is no rule \"root\"");
        row("root ::= \"x\"\nroot ::= \"y\"", "test.gbnf:2:1: the rule \"root\" is there already");
        row("root ::= \"a\"\n  é", "test.gbnf:2:3: \"é\" is not expected here");
        row("root ::= \"é\" )", "test.gbnf:1:14: \")\" is not expected here");
        row("root ::= (\"a\"", "test.gbnf:1:10: this group is not closed");
        row("root ::= \"a", "test.gbnf:1:10: this text is not closed on its line");
        row("root ::= [a", "test.gbnf:1:10: this set is not closed on its line");
        row("root ::= [b-a]", "test.gbnf:1:11: this range ends before it begins");
        row("root ::= []", "test.gbnf:1:10: no character is in this set");
        row("root ::= \"\\q\"", "test.gbnf:1:11: this escape is not known");
        row("root ::= \"\\ud800\"", "test.gbnf:1:11: U+D800 is no character");
        row("root ::= \"\\xZ1\"", "test.gbnf:1:11: this escape needs 2 hexadecimal digits");
        row("root ::= \"a\"{3,2}", "test.gbnf:1:13: the repetition {3,2} ends before it begins");
        row("root ::= \"a\"{x}", "test.gbnf:1:13: a repetition is written {n}, {least,} or {least,most}");
        row("root ::= \"a\"{99999999}", "test.gbnf:1:14: more than 1000000 repetitions are not possible");
        row("root ::= item\nitem ::= other", "test.gbnf:2:10: there is no rule \"other\"");
        row("root = \"a\"", "test.gbnf:1:6: ::= is expected after \"root\", not \"=\"");
        row("root ::= \"\xFF\"", "test.gbnf:1:11: the grammar is not valid UTF-8");
        row("root ::= *", "test.gbnf:1:10: \"*\" is not expected here");
        row("root ::= root \"a\" | \"a\"",
            "test.gbnf: the rule \"root\" can begin with itself (left recursion)");
        row("root ::= a\na ::= b? c\nb ::= \"x\"\nc ::= a \"y\"",
            "test.gbnf: the rule \"a\" can begin with itself (left recursion)");
        row("root ::= (root)* \"a\"", "test.gbnf: the rule \"root\" can begin with itself (left recursion)");
        row("root ::= \"a\" root", "test.gbnf: no text can ever complete the rule \"root\"");
        row("root ::= (\"a\"?){0,1000}",
            "test.gbnf: something that may be empty is repeated up to 1000 times");
    }

    void gbnf_errors_say_where() {
        QFETCH(std::string, text);
        QFETCH(QString, expected);
        QCOMPARE(of_gbnf(text, ""), expected);
    }

    void schema_accepts_data() {
        QTest::addColumn<std::string>("text");
        QTest::addColumn<std::string>("input");
        QTest::addColumn<QString>("expected");
        auto row = [n = 0](const char* text, const char* input, const char* expected) mutable {
            QTest::addRow("%d %s / %s", n++, text, input)
                << std::string(text) << std::string(input) << QString(expected);
        };
        row("true", "[1, {\"a\":null}]", "yes");
        row("{'type':'boolean'}", "true", "yes");
        row("{'type':['null','boolean']}", "null", "yes");
        row("{'type':'string'}", "'a\\n\\u00e9\\ud83d\\ude00é😀'", "yes");
        row("{'type':'string'}", "'\\ud83d'", "no");
        row("{'type':'string'}", "'\\ude00'", "no");
        row("{'type':'string'}", "\"\n\"", "no");
        row("{'type':'string','minLength':2,'maxLength':3}", "\"a\"", "no");
        row("{'type':'string','minLength':2,'maxLength':3}", "\"éé\"", "yes");
        row("{'type':'string','minLength':2,'maxLength':3}", "\"aaaa\"", "no");
        row("{'type':'string','maxLength':1}", "'\\ud83d\\ude00'", "yes");
        row("{'type':'string','pattern':'^[a-z]{2}\\\\d+$'}", "\"ab12\"", "yes");
        row("{'type':'string','pattern':'^[a-z]{2}\\\\d+$'}", "\"a12\"", "no");
        row("{'type':'string','pattern':'^(a|\\')+$'}", "'a\\'a'", "yes");
        row("{'type':'string','pattern':'^\\\\\\\\$'}", "'\\\\'", "yes");
        row("{'type':'string','pattern':'^[^x]$'}", "\"x\"", "no");
        row("{'type':'string','pattern':'^\\\\S$'}", "\"\xC2\xA0\"", "no");
        row("{'format':'date'}", "\"2024-02-29\"", "yes");
        row("{'format':'date'}", "\"2023-02-29\"", "no");
        row("{'format':'date'}", "\"1900-02-29\"", "no");
        row("{'format':'date'}", "\"2000-02-29\"", "yes");
        row("{'format':'date'}", "\"2023-04-31\"", "no");
        row("{'format':'date'}", "\"2023-12-31\"", "yes");
        row("{'format':'time'}", "\"23:59:59.123+01:00\"", "yes");
        row("{'format':'time'}", "\"24:00:00Z\"", "no");
        row("{'format':'date-time'}", "\"2023-01-01T00:00:00Z\"", "yes");
        row("{'format':'uuid'}", "\"123e4567-e89b-12d3-a456-426614174000\"", "yes");
        row("{'type':'integer'}", "-12", "yes");
        row("{'type':'integer'}", "012", "no");
        row("{'type':'integer'}", "1.5", "no");
        row("{'type':'integer','minimum':-5,'maximum':120}", "120", "yes");
        row("{'type':'integer','minimum':-5,'maximum':120}", "121", "no");
        row("{'type':'integer','minimum':-5,'maximum':120}", "-6", "no");
        row("{'type':'integer','exclusiveMinimum':9,'exclusiveMaximum':11}", "10", "yes");
        row("{'type':'integer','exclusiveMinimum':9,'exclusiveMaximum':11}", "9", "no");
        row("{'type':'integer','minimum':1.5,'maximum':2.5}", "2", "yes");
        row("{'type':'integer','minimum':1.5,'maximum':2.5}", "1", "no");
        row("{'type':'number'}", "-1.25e-3", "yes");
        row("{'type':'number','minimum':0,'maximum':1}", "0.75", "yes");
        row("{'type':'number','minimum':0,'maximum':1}", "1", "yes");
        row("{'type':'number','minimum':0,'maximum':1}", "1.5", "no");
        row("{'type':'number','exclusiveMinimum':0}", "0", "begin");
        row("{'type':'number','exclusiveMinimum':0}", "0.5", "yes");
        row("{'type':'number','minimum':-2,'maximum':-1}", "-1.5", "yes");
        row("{'type':'number','minimum':-2,'maximum':-1}", "-0.5", "no");
        row("{'enum':['a',1,null,{'b':[]}]}", "{'b':[]}", "yes");
        row("{'enum':['a',1,null],'type':'string'}", "1", "no");
        row("{'const':'é\\''}", "'é\\''", "yes");
        row("{'type':'array','items':{'type':'integer'}}", "[1, 2,3]", "yes");
        row("{'type':'array','items':{'type':'integer'}}", "[]", "yes");
        row("{'type':'array','items':{'type':'integer'},'minItems':1,'maxItems':2}", "[]", "no");
        row("{'type':'array','items':{'type':'integer'},'minItems':1,'maxItems':2}", "[1,2,3]", "no");
        row("{'prefixItems':[{'type':'integer'},{'type':'string'}],'items':false}", "[1,\"a\"]", "yes");
        row("{'prefixItems':[{'type':'integer'},{'type':'string'}],'items':false}", "[1]", "yes");
        row("{'prefixItems':[{'type':'integer'},{'type':'string'}],'minItems':2}", "[1]", "no");
        row("{'prefixItems':[{'type':'integer'}],'items':{'type':'null'}}", "[1,null,null]", "yes");
        row("{'type':'array','maxItems':0}", "[]", "yes");
        const char* const person =
            "{'type':'object','properties':{'name':{'type':'string'},"
            "'age':{'type':'integer'},'tags':{'type':'array'}},'required':['name']}";
        row(person, "{'name':'x'}", "yes");
        row(person, "{'name': 'x', 'tags': [1]}", "yes");
        row(person, "{'age':1}", "no");
        row(person, "{'name':'x','other':1}", "no");
        row(person, "{\n  \"name\": \"x\",\n  \"age\": 3\n}", "yes");
        row("{'properties':{'a':{'type':'null'}}}", "{}", "yes");
        row("{'properties':{'ab':{'type':'null'}},'additionalProperties':{'type':'integer'}}",
            "{'ab':null,'a':1,'abc':2,'x':3}", "yes");
        row("{'properties':{'ab':{'type':'null'}},'additionalProperties':{'type':'integer'}}", "{'ab':1}",
            "no");
        row("{'required':['z']}", "{'z':[1]}", "yes");
        row("{'anyOf':[{'type':'integer'},{'type':'null'}]}", "null", "yes");
        row("{'oneOf':[{'type':'integer'},{'type':'string'}]}", "1", "yes");
        row("{'oneOf':[{'properties':{'k':{'const':'a'}},'required':['k']},"
            "{'properties':{'k':{'const':'b'}},'required':['k']}]}",
            "{'k':'b'}", "yes");
        row("{'allOf':[{'properties':{'a':{'type':'null'}},'required':['a']},{'$ref':'#/$defs/b'}],"
            "'$defs':{'b':{'properties':{'b':{'type':'null'}},'required':['b']}}}",
            "{'a':null,'b':null}", "yes");
        const char* const tree =
            "{'$ref':'#/$defs/node','$defs':{'node':{'type':'object',"
            "'properties':{'v':{'type':'integer'},'next':{'anyOf':[{'$ref':'#/$defs/"
            "node'},{'type':'null'}]}},"
            "'required':['v','next']}}}";
        row(tree, "{'v':1,'next':{'v':2,'next':null}}", "yes");
        row(tree, "{'v':1,'next':{'v':2,'next':null}", "begin");
        row("{'properties':{'a/b':{'type':'null'}},'required':['c'],'additionalProperties':true}", "{'c':1}",
            "yes");
    }

    void schema_accepts() {
        QFETCH(std::string, text);
        QFETCH(std::string, input);
        QFETCH(QString, expected);
        QCOMPARE(of_schema(text, input), expected);
    }

    void schema_errors_name_the_place_data() {
        QTest::addColumn<std::string>("text");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* text, const char* expected) {
            QTest::addRow("%s", text) << std::string(text) << QString(expected);
        };
        row("{\n  \"type\": }", "test.json:2:11: this is not valid JSON");
        row("", "test.json:1:1: this is not valid JSON");
        row("false", "test.json: at #: false accepts no value at all");
        row("3", "test.json: at #: a schema is an object, true or false");
        row("{'type':'text'}", "test.json: at #: \"text\" is not a type");
        row("{'not':{}}", "test.json: at #: the keyword \"not\" is not supported");
        row("{'maxLenght':3}", "test.json: at #: the keyword \"maxLenght\" is not supported");
        row("{'properties':{'a':{'items':{'if':true}}}}",
            "test.json: at #/properties/a/items: the keyword \"if\" is not supported");
        row("{'uniqueItems':true}", "test.json: at #: the keyword \"uniqueItems\" is not supported");
        row("{'multipleOf':2}", "test.json: at #: the keyword \"multipleOf\" is not supported");
        row("{\"type\":\"string\",\"pattern\":\"(?=a)\"}",
            "test.json: at #: \"pattern\": groups that begin with (? are not supported, but (?: is "
            "(character 3)");
        row("{'type':'string','pattern':'a\\\\b'}",
            "test.json: at #: \"pattern\": \\b is not supported (character 4)");
        row("{'type':'string','pattern':'^a|b$'}",
            "test.json: at #: \"pattern\": ^ and $ around several alternatives need a group: ^(a|b)$ "
            "(character 6)");
        row("{'type':'string','pattern':'a','maxLength':3}",
            "test.json: at #: minLength or maxLength together with \"pattern\" is not supported");
        row("{'format':'email'}",
            "test.json: at #: \"format\": \"email\" is not supported; date, time, date-time and uuid are");
        row("{'$ref':'other.json'}",
            "test.json: at #: \"$ref\": \"other.json\" is not a place in this document (#/...)");
        row("{'$ref':'#/nowhere'}", "test.json: at #: \"$ref\": \"#/nowhere\" leads nowhere");
        row("{'$ref':'#'}", "test.json: the rule \"#\" can begin with itself (left recursion)");
        row("{'properties':{'a':{'$ref':'#'}},'required':['a']}",
            "test.json: no text can ever complete the rule \"#\"");
        row("{'type':'integer','minimum':3,'maximum':2}", "test.json: at #: no number is within the bounds");
        row("{'type':'number','minimum':0.5}",
            "test.json: at #: \"minimum\" of a number is supported for whole bounds only");
        row("{'minLength':3,'maxLength':2}", "test.json: at #: \"minLength\" is more than \"maxLength\"");
        row("{'oneOf':[{'type':'number'},{'type':'integer'}]}",
            "test.json: at #: a value may fit both 0 and 1 of \"oneOf\"; say \"anyOf\" where that does not "
            "matter");
        row("{'enum':[]}", "test.json: at #: none of the values is possible");
        row("{'anyOf':[{'type':'null'}],'type':'string'}",
            "test.json: at #: \"type\" beside \"anyOf\" is not supported");
        row("{'required':['a'],'additionalProperties':false}",
            "test.json: at #: \"a\" is required, but \"additionalProperties\" forbids it");
    }

    void schema_errors_name_the_place() {
        QFETCH(std::string, text);
        QFETCH(QString, expected);
        QCOMPARE(of_schema(text, ""), expected);
    }

    /// Every integer near the bounds, against plain comparison.
    void integer_bounds_are_exact() {
        const std::vector<std::pair<int, int>> bounds = {{0, 0},    {0, 9},     {-1, 1},     {7, 1234},
                                                         {-50, -3}, {99, 101},  {-100, 100}, {1000, 1000},
                                                         {-9, 10},  {350, 780}, {-1, 0},     {19, 21}};
        for (const auto& [least, most] : bounds) {
            const std::string schema = "{'type':'integer','minimum':" + std::to_string(least) +
                                       ",'maximum':" + std::to_string(most) + "}";
            const Made made = Grammar::from_json_schema(json(schema), "test.json");
            QVERIFY2(made, made ? "" : made.error().message.c_str());
            for (int value = -1500; value <= 1500; ++value) {
                const bool in = verdict(**made, std::to_string(value)) == "yes";
                QVERIFY2(in == (value >= least && value <= most),
                         qPrintable(QString("%1 in %2").arg(value).arg(schema.c_str())));
            }
        }
    }

    /// The mask of all tokens says of each what following its bytes says.
    void filter_agrees_with_the_matcher() {
        std::mt19937_64 random(7);
        std::vector<std::string> texts = {"",  "{",    "}",  "\"",       "\":",     ",",
                                          "a", "true", "12", "\xF0\x9F", "\x98\x80"};
        for (int i = 0; i < 500; ++i) {
            std::string text;
            static constexpr std::string_view letters = "{}[]\":,abtrue0129 .-\n\xF0\x9F\x98\x80\xC3\xA9";
            for (std::size_t n = random() % 5 + 1; n > 0; --n) text += letters[random() % letters.size()];
            texts.push_back(text);
        }
        const std::vector<std::string_view> pieces(texts.begin(), texts.end());
        const auto trie = std::make_shared<const TokenTrie>(pieces);
        const Made made = Grammar::from_json_schema("true", "test.json");
        for (int run = 0; run < 20; ++run) {
            TokenFilter filter(*made, trie);
            std::string text;
            for (int step = 0; step < 30; ++step) {
                const auto allowed = allowed_tokens(filter, pieces.size());
                std::size_t next = 0;
                for (std::size_t i = 0; i < pieces.size(); ++i) {
                    const bool fits = !pieces[i].empty() && verdict(**made, text + texts[i]) != "no";
                    const bool found = next < allowed.size() && static_cast<std::size_t>(allowed[next]) == i;
                    QCOMPARE(found, fits);
                    QCOMPARE(filter.allows(pieces[i]), fits);
                    next += found ? 1 : 0;
                }
                if (allowed.empty()) break;
                const auto chosen = static_cast<std::size_t>(allowed[random() % allowed.size()]);
                filter.accept(pieces[chosen]);
                text += texts[chosen];
            }
        }
    }

    void deep_nesting_must_close() {
        const Made made = Grammar::from_gbnf("root ::= \"(\" root \")\" | \"x\"", "test.gbnf");
        Matcher matcher(made.value()->program());
        Matcher::State state = matcher.start();
        int depth = 0;
        for (Matcher::State next; (next = matcher.next(state, '(')) != Matcher::dead; ++depth) state = next;
        QVERIFY(depth > 100 && depth < 100'000);
        state = matcher.next(state, 'x');
        for (int i = 0; i < depth; ++i) state = matcher.next(state, ')');
        QVERIFY(matcher.can_end(state));
        QVERIFY(matcher.must_end(state));
    }

    void long_texts_forget_old_states() {
        const Made made = Grammar::from_gbnf("root ::= \"a\"{0,100000} \"b\"", "test.gbnf");
        const std::vector<std::string_view> pieces = {"a", "b", "aaaaaaa"};
        TokenFilter filter(*made, std::make_shared<const TokenTrie>(pieces));
        for (int i = 0; i < 100'000; ++i) {
            QVERIFY(filter.allows("a"));
            filter.accept("a");
        }
        QCOMPARE(allowed_tokens(filter, pieces.size()), std::vector<std::int32_t>{1});
        filter.accept("b");
        QVERIFY(filter.can_end() && filter.must_end());
    }

    void hostile_grammars_end_data() {
        QTest::addColumn<std::string>("text");
        QTest::addColumn<std::string>("input");
        const auto row = [](const char* name, const std::string& text, const std::string& input) {
            QTest::newRow(name) << text << input;
        };
        row("deep groups", "root ::= " + repeated("(", 100'000), "");
        row("deep groups that close", "root ::= " + repeated("(", 5000) + "\"a\"" + repeated(")", 5000), "a");
        std::string chain = "root ::= r0\n";
        for (int i = 0; i < 3000; ++i) {
            chain += "r" + std::to_string(i) + " ::= r" + std::to_string(i + 1) + " | \"x\" r" +
                     std::to_string(i + 1) + "\n";
        }
        row("chain of rules", chain + "r3000 ::= \"y\"", repeated("x", 3000) + "y");
        std::string doubling = "root ::= r0\n";
        for (int i = 0; i < 60; ++i) {
            const std::string next = "r" + std::to_string(i + 1);
            doubling += "r" + std::to_string(i) + " ::= " + next + " \"b\" | " + next + " \"c\"\n";
        }
        row("doubling", doubling + "r60 ::= \"a\"", "a");
        std::string empty = "root ::= r0\n";
        for (int i = 0; i < 60; ++i) {
            const std::string next = "r" + std::to_string(i + 1);
            empty += "r" + std::to_string(i) + " ::= " + next + " " + next + "\n";
        }
        row("doubling of nothing", empty + "r60 ::= \"a\"?", "aaaa");
        row("counts in counts", "root ::= ((\"a\"{1,1000}){1,1000}){1,1000}", repeated("a", 200));
        row("empty in empty", "root ::= (((\"a\"?)*)*)* ", repeated("a", 200));
        row("many alternatives", "root ::= \"x\"" + repeated(" | \"abc\"", 50'000), "abc");
        row(
            "wide set",
            "root ::= [" +
                [] {
                    std::string out;
                    for (int i = 0; i < 20'000; ++i) {
                        const int c = 0x4e00 + i;
                        if (i % 2 == 0) {
                            out += static_cast<char>(0xE0 | (c >> 12));
                            out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
                            out += static_cast<char>(0x80 | (c & 0x3F));
                        }
                    }
                    return out;
                }() +
                "]",
            "a");
        row("only brackets", repeated("[", 100'000), "");
        row("nulls", std::string(10'000, '\0'), "");
    }

    /// They are refused or followed, in bounded time and memory; ctest's limit is the judge of "never".
    void hostile_grammars_end() {
        QFETCH(std::string, text);
        QFETCH(std::string, input);
        const QString answer = of_gbnf(text, input);
        QVERIFY(!answer.isEmpty());
    }

    void hostile_schemas_end() {
        for (const std::string& text :
             {repeated("[", 200'000), repeated("{\"items\":", 300) + "{}" + repeated("}", 300),
              repeated("{\"properties\":{\"a\":", 60) + "{}" + repeated("}}", 60),
              "{\"enum\":[" + repeated("\"abcdefgh\",", 20'000) + "1]}",
              std::string("{'allOf':[{'$ref':'#'},{'$ref':'#'}]}"),
              std::string("{'oneOf':[{'$ref':'#'},{'$ref':'#'}]}"),
              std::string("{\"type\":\"string\",\"pattern\":\"((a{1000}){1000}){1000}\"}"),
              "{\"pattern\":\"" + repeated("(", 50'000) + "\"}"}) {
            QVERIFY(!of_schema(text, "\"a").isEmpty());
        }
    }
};

QTEST_GUILESS_MAIN(GrammarTest)
#include "grammar.moc"
