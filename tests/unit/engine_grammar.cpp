// Answers of models with random weights, kept inside grammars and JSON schemas.
#include <QtTest>

#include <algorithm>
#include <array>
#include <regex>
#include <set>

#include "inference/engine/engine.h"
#include "inference/grammar/grammar.h"
#include "tests/support/files.h"
#include "tests/support/fixture_models.h"
#include "tests/support/json_validator.h"
#include "tests/support/model_writer.h"

using namespace kinglet;
using grammar::Grammar;

namespace {

using ModelPointer = std::shared_ptr<const engine::Model>;
using GrammarPointer = std::shared_ptr<const Grammar>;

constexpr int seeds = 10;

/// Written with ' for ".
constexpr std::array schemas = {
    "{'type':'string','minLength':3,'maxLength':12}",
    "{'type':'integer'}",
    "{'type':'integer','minimum':-37,'maximum':4211}",
    "{'type':'number'}",
    "{'type':'number','exclusiveMinimum':0,'maximum':100}",
    "{'type':['boolean','null','number'],'minimum':-3,'exclusiveMaximum':-1}",
    "{'enum':['red','green','blue',7,null,{'r':[0,1]},'\\\\ \\u00e9 \\ud83d\\ude00']}",
    "{'type':'array','items':{'type':'integer','minimum':0,'maximum':255},'minItems':2,'maxItems':5}",
    "{'prefixItems':[{'type':'string','maxLength':4},{'type':'boolean'}],'items':{'type':'null'},'minItems':"
    "2,"
    "'maxItems':4}",
    "{'type':'object','properties':{'name':{'type':'string','maxLength':8},'age':{'type':'integer',"
    "'minimum':0,'maximum':150},'mail':{'type':'string','pattern':'^[a-z]{1,8}@[a-z]+\\\\.(com|org)$'}},"
    "'required':['name','age']}",
    "{'type':'object','properties':{'id':{'format':'uuid'},'at':{'format':'date-time'},'day':{'format':'date'"
    "},"
    "'time':{'format':'time'}},'required':['day','at','id','time'],'additionalProperties':false}",
    "{'type':'object','properties':{'a':{'type':'null'},'ab':{'const':'x\\\"y'}},"
    "'additionalProperties':{'type':'boolean'}}",
    "{'type':'object','properties':{'a':{'type':'boolean'},'b':{'type':'boolean'},'c':{'type':'boolean'},"
    "'d':{'type':'boolean'}}}",
    "{'anyOf':[{'type':'integer','minimum':10,'maximum':99},{'type':'string','pattern':'^\\\\w{2,5}$'},"
    "{'type':'array','items':{'enum':[1,2,3]},'maxItems':3}]}",
    "{'oneOf':[{'properties':{'kind':{'const':'circle'},'radius':{'type':'number','minimum':0,'maximum':9}},"
    "'required':['kind','radius']},{'properties':{'kind':{'const':'square'},'side':{'type':'integer',"
    "'minimum':1,'maximum':9}},'required':['kind','side']}]}",
    "{'allOf':[{'$ref':'#/$defs/named'},{'properties':{'size':{'enum':['S','M','L']}},'required':['size']}],"
    "'$defs':{'named':{'properties':{'name':{'type':'string','minLength':1,'maxLength':6}},'required':['name'"
    "]}}}",
    "{'$ref':'#/$defs/node','$defs':{'node':{'type':'object','properties':{'v':{'type':'integer','minimum':0,"
    "'maximum':9},'kids':{'type':'array','items':{'$ref':'#/$defs/leaf'},'maxItems':2}},'required':['v']},"
    "'leaf':{'type':'array','items':{'type':'boolean'},'maxItems':2}}}",
    "{'type':'array','items':{'type':'object','properties':{'word':{'type':'string','pattern':'^[^0-9\\\"]{1,"
    "5}$'},"
    "'count':{'type':'integer','exclusiveMinimum':0,'exclusiveMaximum':1000}},'required':['count']},"
    "'minItems':1,'maxItems':3}",
    "{'type':'string','pattern':'^(\\\\+[1-9]\\\\d{0,2} )?\\\\(?\\\\d{3}\\\\)?[ -]\\\\d{4}$'}",
    "{'type':'object','required':['list','deep'],'properties':{'list':{'type':'array','items':{'type':['"
    "string',"
    "'null'],'maxLength':3},'maxItems':3},'deep':{'type':'object','properties':{'deeper':{'type':'object',"
    "'properties':{'deepest':{'type':'array','items':{'type':'array','items':{'type':'null'},'maxItems':1},"
    "'maxItems':2}},'required':['deepest']}},'required':['deeper']}}}",
};

std::string json_text(std::string text) {
    std::replace(text.begin(), text.end(), '\'', '"');
    return text;
}

struct Answer {
    std::string text;
    std::string problem;
    engine::GenerateStats stats;
};

/// Nothing keeps such a model from rambling but the grammar.
engine::GenerateParams warm(std::uint64_t seed, GrammarPointer grammar) {
    engine::GenerateParams params;
    params.sampling = {
        .temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0, .repeat_penalty = 1, .seed = seed};
    params.grammar = std::move(grammar);
    return params;
}

Answer ask(engine::Session& session, const engine::Model& model, const engine::GenerateParams& params) {
    Answer answer;
    engine::GenerateCallbacks callbacks;
    callbacks.on_text = [&](std::string_view piece) { answer.text += piece; };
    const auto stats = session.generate(model.tokenize_prompt("Answer:"), params, callbacks);
    if (stats) {
        answer.stats = *stats;
    } else {
        answer.problem = stats.error().message;
    }
    return answer;
}

GrammarPointer gbnf(const char* text) {
    return Grammar::from_gbnf(text, "test.gbnf").value();
}

}  // namespace

class EngineGrammar : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase() {
        pieces_ = open({.seed = 3, .vocabulary = test::VocabularyKind::sentencepiece, .chat_template = ""});
        bytes_ = open({.seed = 4, .chat_template = ""});
        scripted_ = open({.seed = 5, .script = "The kinglet sings."});
        QVERIFY(pieces_ && bytes_ && scripted_);
    }

    /// 200 answers: each is JSON, and valid by a validator that shares nothing with the grammar.
    void answers_are_valid_data() {
        QTest::addColumn<QString>("schema");
        for (std::size_t i = 0; i < schemas.size(); ++i)
            QTest::addRow("schema %zu", i) << QString(schemas[i]);
        QCOMPARE(schemas.size() * seeds, std::size_t{200});
    }

    void answers_are_valid() {
        QFETCH(QString, schema);
        const std::string text = json_text(schema.toStdString());
        const auto parsed = nlohmann::json::parse(text, nullptr, false);
        QVERIFY2(!parsed.is_discarded(), text.c_str());
        const auto grammar = Grammar::from_json_schema(text, "schema");
        QVERIFY2(grammar, grammar ? "" : grammar.error().message.c_str());
        std::set<std::string> different;
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            const ModelPointer& model = seed % 2 == 0 ? bytes_ : pieces_;
            const auto session = engine::Session::create(model, {.context_length = 2048}).value();
            const Answer answer = ask(*session, *model, warm(seed, *grammar));
            QCOMPARE(answer.problem, std::string());
            QCOMPARE(answer.stats.reason, engine::FinishReason::end_of_turn);
            QVERIFY2(answer.stats.grammar_complete == true, answer.text.c_str());
            const auto value = nlohmann::json::parse(answer.text, nullptr, false);
            QVERIFY2(!value.is_discarded(), answer.text.c_str());
            const std::string why = test::why_invalid(value, parsed, parsed);
            QVERIFY2(why.empty(), (why + " in " + answer.text).c_str());
            different.insert(answer.text);
        }
        QVERIFY2(different.size() > 1, "random answers differ");
    }

    void validator_finds_what_is_wrong_data() {
        QTest::addColumn<QString>("schema");
        QTest::addColumn<QString>("value");
        QTest::newRow("type") << "{'type':'string'}"
                              << "1";
        QTest::newRow("bound") << "{'maximum':3}"
                               << "4";
        QTest::newRow("length") << "{'maxLength':1}"
                                << "'ab'";
        QTest::newRow("pattern") << "{'pattern':'^a$'}"
                                 << "'b'";
        QTest::newRow("date") << "{'format':'date'}"
                              << "'2023-02-30'";
        QTest::newRow("items") << "{'items':{'type':'null'}}"
                               << "[1]";
        QTest::newRow("required") << "{'required':['a']}"
                                  << "{}";
        QTest::newRow("closed") << "{'additionalProperties':false}"
                                << "{'a':1}";
        QTest::newRow("one of") << "{'oneOf':[true,true]}"
                                << "1";
        QTest::newRow("unknown") << "{'contains':true}"
                                 << "1";
    }

    void validator_finds_what_is_wrong() {
        QFETCH(QString, schema);
        QFETCH(QString, value);
        const auto parsed = nlohmann::json::parse(json_text(schema.toStdString()));
        const auto read = nlohmann::json::parse(json_text(value.toStdString()));
        QVERIFY(!test::why_invalid(read, parsed, parsed).empty());
    }

    void characters_of_several_tokens_are_kept_whole() {
        const auto grammar = gbnf("root ::= [À-ɏ中😀-😏]{20}");
        for (std::uint64_t seed = 0; seed < 5; ++seed) {
            const auto session = engine::Session::create(bytes_, {.context_length = 256}).value();
            const Answer answer = ask(*session, *bytes_, warm(seed, grammar));
            QCOMPARE(QString::fromStdString(answer.text).toUcs4().size(), 20);
            QVERIFY(answer.stats.grammar_complete == true);
        }
    }

    void a_grammar_that_cannot_end_yet_goes_on() {
        // The model would end its turn after its one sentence.
        const auto session = engine::Session::create(scripted_, {.context_length = 512}).value();
        engine::GenerateParams params = warm(1, gbnf("root ::= [A-Za-z .]{60}"));
        params.sampling.temperature = 0;
        const Answer answer = ask(*session, *scripted_, params);
        QCOMPARE(answer.problem, std::string());
        QCOMPARE(answer.text.size(), std::size_t{60});
        QCOMPARE(answer.stats.reason, engine::FinishReason::end_of_turn);
    }

    void a_grammar_of_everything_changes_nothing() {
        for (std::uint64_t seed = 0; seed < 5; ++seed) {
            const auto session = engine::Session::create(scripted_, {.context_length = 256}).value();
            const Answer free = ask(*session, *scripted_, warm(seed, nullptr));
            const Answer kept = ask(*session, *scripted_, warm(seed, gbnf("root ::= .*")));
            QCOMPARE(kept.text, free.text);
            QCOMPARE(kept.stats.reason, free.stats.reason);
            QVERIFY(!free.stats.grammar_complete.has_value());
        }
    }

    void an_empty_grammar_ends_at_once() {
        const auto session = engine::Session::create(bytes_, {.context_length = 64}).value();
        const Answer answer = ask(*session, *bytes_, warm(1, gbnf("root ::= \"\"")));
        QCOMPARE(answer.text, std::string());
        QCOMPARE(answer.stats.reason, engine::FinishReason::end_of_turn);
        QVERIFY(answer.stats.grammar_complete == true);
    }

    void what_is_cut_off_is_reported() {
        const auto grammar = gbnf("root ::= [a-z]{500}");
        const auto session = engine::Session::create(bytes_, {.context_length = 64}).value();
        engine::GenerateParams params = warm(1, grammar);
        Answer answer = ask(*session, *bytes_, params);
        QCOMPARE(answer.stats.reason, engine::FinishReason::context_full);
        QVERIFY(answer.stats.grammar_complete == false);
        params.max_tokens = 3;
        answer = ask(*session, *bytes_, params);
        QCOMPARE(answer.stats.reason, engine::FinishReason::max_tokens);
        QVERIFY(answer.stats.grammar_complete == false);
        QVERIFY(std::regex_match(answer.text, std::regex("[a-z]{3,}")));
    }

    void a_model_without_the_tokens_says_so() {
        const auto fixtures =
            test::Fixtures::read(KINGLET_SOURCE_FOLDER "/tests/golden/fixtures.json").value();
        for (const std::string& name : fixtures.names()) {
            if (fixtures.architecture(name) != "llama") continue;
            QVERIFY(fixtures.write(name, folder_ / "letters.gguf"));
            const ModelPointer model = engine::Model::load(folder_ / "letters.gguf").value();
            const auto session = engine::Session::create(model, {.context_length = 32}).value();
            const Answer answer = ask(*session, *model, warm(1, gbnf("root ::= \"中\"")));
            QCOMPARE(answer.problem, std::string("The model has no token that the grammar allows here"));
            return;
        }
        QFAIL("there is no llama among the fixtures");
    }

  private:
    ModelPointer open(const test::TestModel& model) {
        const auto path = folder_ / (std::to_string(model.seed) + ".gguf");
        if (!test::write_model(path, model)) return nullptr;
        return engine::Model::load(path, {.threads = 1}).value_or(nullptr);
    }

    test::TemporaryFolder folder_;
    ModelPointer pieces_;
    ModelPointer bytes_;
    ModelPointer scripted_;
};

QTEST_GUILESS_MAIN(EngineGrammar)
#include "engine_grammar.moc"
