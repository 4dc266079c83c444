// Sessions: answers, stops, cancelling, reuse of what was computed, and limits. On models written here.
#include <QtTest>

#include <thread>

#include "inference/base/utf8.h"
#include "inference/engine/engine.h"
#include "inference/tokenizer/tokenizer.h"
#include "tests/support/files.h"
#include "tests/support/fixture_models.h"
#include "tests/support/model_writer.h"

using namespace kinglet;

namespace {

using ModelPointer = std::shared_ptr<const engine::Model>;

struct Answer {
    std::string text;
    std::vector<std::string> pieces;
    engine::GenerateStats stats;
    Error error{ErrorCode::io, "", {}, {}, {}};
};

engine::GenerateParams greedy(int most = 0) {
    engine::GenerateParams params;
    params.sampling.temperature = 0;
    params.sampling.repeat_penalty = 1;
    params.max_tokens = most;
    return params;
}

Answer ask(engine::Session& session, const std::vector<Token>& prompt, const engine::GenerateParams& params,
           engine::GenerateCallbacks callbacks = {}, std::stop_token stop = {}) {
    Answer answer;
    callbacks.on_text = [&](std::string_view piece) {
        answer.text += piece;
        answer.pieces.emplace_back(piece);
    };
    auto stats = session.generate(prompt, params, callbacks, stop);
    if (stats) {
        answer.stats = *stats;
    } else {
        answer.error = stats.error();
    }
    return answer;
}

std::vector<Token> ramp(int first, int count, int step = 7) {
    std::vector<Token> tokens;
    for (int i = 0; i < count; ++i) tokens.push_back(5 + (first + i * step) % 200);
    return tokens;
}

std::vector<Token> joined(std::vector<Token> a, const std::vector<Token>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace

class EngineSession : public QObject {
    Q_OBJECT

    test::TemporaryFolder folder_;
    ModelPointer random_, scripted_;

    static constexpr const char* script =
        "Good morning to you. One two three four five six seven. Gr\xc3\xbc\xc3\x9f dich, \xf0\x9f\x90\xa6 "
        "little bird.";

    ModelPointer load(const test::TestModel& settings, const char* name) {
        const auto path = folder_ / name;
        if (!test::write_model(path, settings)) return nullptr;
        auto model = engine::Model::load(path, {});
        if (!model) qWarning("%s", model.error().message.c_str());
        return model ? *model : nullptr;
    }

    static std::unique_ptr<engine::Session> open(const ModelPointer& model, int context = 0,
                                                 int batch = 256) {
        engine::SessionOptions options;
        options.context_length = context;
        options.kv_type = engine::KvType::f32;
        options.batch_size = batch;
        auto session = engine::Session::create(model, options);
        if (!session) qWarning("%s", session.error().message.c_str());
        return session ? std::move(*session) : nullptr;
    }

    std::vector<Token> chat_prompt() const {
        const std::vector<chat::Message> messages{{"user", "Say something."}};
        return scripted_->tokenize_prompt(scripted_->render_chat(messages).value_or(std::string()));
    }

  private slots:
    void initTestCase() {
        random_ = load({}, "random.gguf");
        test::TestModel settings;
        settings.script = script;
        settings.width = 128;
        scripted_ = load(settings, "scripted.gguf");
        QVERIFY(random_ != nullptr && scripted_ != nullptr);
    }

    void tells_what_a_file_holds() {
        const engine::ModelInfo& info = random_->info();
        QCOMPARE(info.architecture, std::string("llama"));
        QCOMPARE(info.name, std::string("Kinglet test model"));
        QCOMPARE(info.quantization, std::string("F32"));
        QCOMPARE(info.layer_count, 2);
        QCOMPARE(info.head_count_kv, 2);
        QCOMPARE(info.chat_template, std::string("file"));
        QVERIFY(info.generates);
        QCOMPARE(random_->kv_bytes(512, engine::KvType::f16), std::uint64_t{2 * 2 * 2 * 16 * 512 * 2});
    }

    void answers_a_conversation() {
        const auto session = open(scripted_);
        const Answer answer = ask(*session, chat_prompt(), greedy());
        QCOMPARE(QString::fromStdString(answer.text), QString(script));
        QCOMPARE(answer.stats.reason, engine::FinishReason::end_of_turn);
        QVERIFY(answer.stats.answer_tokens > 10);
        QCOMPARE(answer.stats.prompt_tokens, static_cast<int>(chat_prompt().size()));
        QCOMPARE(answer.stats.context_used, static_cast<int>(session->tokens().size()));
    }

    void stops_at_texts_that_span_tokens() {
        const auto session = open(scripted_);
        engine::GenerateParams params = greedy();
        params.stop = {"never", "wo thr"};
        const Answer answer = ask(*session, chat_prompt(), params);
        QCOMPARE(answer.text, std::string("Good morning to you. One t"));
        QCOMPARE(answer.stats.reason, engine::FinishReason::stop_text);
        params.stop = {"little bird. And"};  // begun, never completed: what was held back comes at the end
        QCOMPARE(QString::fromStdString(ask(*session, chat_prompt(), params).text), QString(script));
    }

    void streams_whole_characters() {
        // A model that babbles single bytes.
        const auto session = open(random_);
        engine::GenerateParams params;
        params.sampling.temperature = 2;
        params.sampling.top_k = 0;
        params.sampling.seed = 5;
        params.max_tokens = 300;
        const Answer answer = ask(*session, ramp(0, 4), params);
        QVERIFY(answer.pieces.size() > 20);
        for (const std::string& piece : answer.pieces) {
            QVERIFY(!piece.empty());
            QCOMPARE(utf8::valid_run(piece, 0), piece.size());
        }
    }

    void same_seed_same_answer() {
        engine::GenerateParams params;
        params.sampling.temperature = 1;
        params.max_tokens = 40;
        const auto prompt = ramp(3, 6);
        const Answer first = ask(*open(random_), prompt, params);
        QVERIFY(first.stats.answer_tokens > 0);
        params.sampling.seed = first.stats.seed;
        const Answer again = ask(*open(random_), prompt, params);
        QCOMPARE(again.text, first.text);
        QCOMPARE(again.stats.seed, first.stats.seed);
        params.sampling.seed = first.stats.seed + 1;
        QVERIFY(ask(*open(random_), prompt, params).text != first.text);
    }

    void reuse_equals_fresh_computation() {
        const auto prompt = ramp(1, 30);
        const auto session = open(random_);
        const Answer first = ask(*session, prompt, greedy(10));
        QCOMPARE(first.stats.reused_tokens, 0);
        const Answer again = ask(*session, prompt, greedy(10));
        QCOMPARE(again.stats.reused_tokens, 29);
        QCOMPARE(again.text, first.text);
        // The next turn begins with all that is held; an edited one leaves it halfway.
        const std::vector<Token> held(session->tokens().begin(), session->tokens().end());
        for (const auto& next : {joined(held, ramp(90, 8)), joined(ramp(1, 17), ramp(50, 20))}) {
            const Answer reused = ask(*session, next, greedy(10));
            QVERIFY(reused.stats.reused_tokens >= 17);
            const Answer fresh = ask(*open(random_), next, greedy(10));
            QCOMPARE(fresh.stats.reused_tokens, 0);
            QCOMPARE(reused.text, fresh.text);
        }
    }

    // Windows, convolutions and recurrent states go back too, or are computed anew.
    void reuse_is_right_for_every_memory_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"llama-window", "gemma3", "gemma4", "lfm2", "qwen35", "granitehybrid"}) {
            QTest::newRow(name) << name;
        }
    }

    void reuse_is_right_for_every_memory() {
        QFETCH(QString, name);
        const auto source =
            std::filesystem::path(KINGLET_SOURCE_FOLDER) / "tests" / "golden" / "fixtures.json";
        const auto fixtures = test::Fixtures::read(source);
        const auto path = folder_ / (name.toStdString() + ".gguf");
        QVERIFY(fixtures && fixtures->write(name.toStdString(), path));
        const auto loaded = engine::Model::load(path, {});
        QVERIFY(loaded.has_value());
        std::vector<Token> prompt;
        for (int i = 0; i < 40; ++i) prompt.push_back(4 + (i * 7 + i / 5) % 20);
        const auto session = open(*loaded, 64, 6);
        const Answer first = ask(*session, prompt, greedy(8));
        const Answer again = ask(*session, prompt, greedy(8));
        QCOMPARE(again.text, first.text);
        QVERIFY2(again.stats.reused_tokens == 39, qPrintable(QString::number(again.stats.reused_tokens)));
        for (const int common : {38, 20, 1}) {
            std::vector<Token> edited(prompt.begin(), prompt.begin() + common);
            edited.insert(edited.end(), {9, 4, 11});
            const Answer reused = ask(*session, edited, greedy(8));
            QCOMPARE(reused.text, ask(*open(*loaded, 64, 6), edited, greedy(8)).text);
        }
    }

    void going_on_with_a_text_computes_nothing_twice() {
        const auto session = open(scripted_);
        const auto& tokenizer = scripted_->tokenizer();
        const std::string begun = "One two <|im_start|> three";
        QCOMPARE(session->tokenize_text(begun), scripted_->tokenize_text(begun));
        QVERIFY2(scripted_->tokenize_text(begun).size() > scripted_->tokenize_prompt(begun).size(),
                 "Special tokens are letters in a text");
        // Held letter by letter, as no tokenizer would spell it.
        std::vector<Token> letters;
        for (const char letter : begun) letters = joined(letters, tokenizer.encode(std::string(1, letter)));
        const Answer first = ask(*session, letters, greedy(3));
        QCOMPARE(first.stats.reason, engine::FinishReason::max_tokens);
        const std::string text = begun + first.text;
        const std::vector<Token> prompt = session->tokenize_text(text);
        QCOMPARE(prompt.size(), letters.size() + 3);
        QVERIFY(prompt != scripted_->tokenize_text(text));
        const auto twin = session->copy();
        QVERIFY(twin.has_value());
        QCOMPARE((*twin)->tokenize_text(text), prompt);
        const Answer second = ask(*session, prompt, greedy(4));
        QCOMPARE(second.stats.reused_tokens, second.stats.prompt_tokens - 1);
        // In two steps as in one.
        const Answer whole = ask(*open(scripted_), letters, greedy(7));
        QCOMPARE(first.text + second.text, whole.text);
        // A text that was changed, behind its end or before, is read by the tokenizer.
        for (const std::string& other : {text + second.text + "!", "X" + text, text}) {
            QCOMPARE(session->tokenize_text(other), scripted_->tokenize_text(other));
        }
        session->clear();
        QCOMPARE(session->tokenize_text(text + second.text), scripted_->tokenize_text(text + second.text));
    }

    void reports_a_full_context_before_it_happens() {
        const auto session = open(random_, 32);
        int progress = 0;
        engine::GenerateCallbacks callbacks;
        callbacks.on_prompt_progress = [&](int, int) { ++progress; };
        const Answer answer = ask(*session, ramp(0, 33), greedy(), callbacks);
        QCOMPARE(answer.error.code, ErrorCode::context_full);
        QVERIFY2(answer.error.message.find("2 more than the context of 32") != std::string::npos,
                 answer.error.message.c_str());
        QVERIFY(!answer.error.hint.empty());
        QCOMPARE(progress, 0);
        QVERIFY(session->tokens().empty());
        QVERIFY(session->check_fits(20, 12).has_value());
        QCOMPARE(session->check_fits(20, 13).error().code, ErrorCode::context_full);
    }

    void ends_where_the_context_is_full() {
        const auto session = open(random_, 32);
        engine::GenerateParams params = greedy();
        params.sampling.temperature = 1;
        params.sampling.seed = 1;
        const Answer answer = ask(*session, ramp(0, 20), params);
        QCOMPARE(answer.stats.reason, engine::FinishReason::context_full);
        QCOMPARE(answer.stats.context_used, 32);
        QCOMPARE(answer.stats.answer_tokens, 13);
    }

    void cancels_within_one_token() {
        const auto session = open(random_);
        std::stop_source source;
        engine::GenerateCallbacks callbacks;
        callbacks.on_token = [&](int count, int) {
            if (count == 3) source.request_stop();
        };
        const Answer answer = ask(*session, ramp(0, 20), greedy(), callbacks, source.get_token());
        QCOMPARE(answer.stats.reason, engine::FinishReason::cancelled);
        QCOMPARE(answer.stats.answer_tokens, 3);
    }

    void cancels_in_the_midst_of_a_prompt() {
        const auto prompt = ramp(0, 60);
        const auto session = open(random_, 0, 8);
        std::stop_source source;
        engine::GenerateCallbacks callbacks;
        callbacks.on_prompt_progress = [&](int done, int) {
            if (done >= 16) source.request_stop();
        };
        const Answer answer = ask(*session, prompt, greedy(5), callbacks, source.get_token());
        QCOMPARE(answer.stats.reason, engine::FinishReason::cancelled);
        QCOMPARE(answer.stats.answer_tokens, 0);
        QCOMPARE(session->tokens().size(), std::size_t{16});
        const Answer resumed = ask(*session, prompt, greedy(5));
        QCOMPARE(resumed.stats.reused_tokens, 16);
        QCOMPARE(resumed.text, ask(*open(random_), prompt, greedy(5)).text);
    }

    void refuses_what_makes_no_sense() {
        const auto session = open(random_);
        QCOMPARE(ask(*session, {}, greedy()).error.code, ErrorCode::invalid_argument);
        QCOMPARE(ask(*session, {-1}, greedy()).error.code, ErrorCode::invalid_argument);
        QCOMPARE(ask(*session, {1 << 20}, greedy()).error.code, ErrorCode::invalid_argument);
        engine::GenerateParams params = greedy();
        params.sampling.temperature = -1;
        QCOMPARE(ask(*session, {5}, params).error.code, ErrorCode::invalid_argument);
        params.sampling.temperature = 1;
        params.sampling.top_p = 0;
        QCOMPARE(ask(*session, {5}, params).error.code, ErrorCode::invalid_argument);
        QVERIFY(!engine::Session::create(nullptr, {}).has_value());
        for (const int context : {-5, 1 << 30}) {
            engine::SessionOptions options;
            options.context_length = context;
            QCOMPARE(engine::Session::create(random_, options).error().code, ErrorCode::invalid_argument);
        }
    }

    void logits_do_not_depend_on_the_batch() {
        const auto tokens = ramp(2, 40);
        const auto whole = open(random_)->logits(tokens);
        const auto parts = open(random_, 0, 7)->logits(tokens);
        QVERIFY(whole.has_value() && parts.has_value());
        QCOMPARE(whole->size(), 40 * static_cast<std::size_t>(random_->info().vocabulary_size));
        QVERIFY(test::normalised_error(*parts, *whole) <= 1e-12);
        const auto vector = open(random_)->embed(tokens);
        QCOMPARE(vector.value().size(), std::size_t{64});
    }

    void sessions_on_two_threads_share_a_model() {
        const std::string alone = ask(*open(random_), ramp(0, 20), greedy(30)).text;
        std::vector<std::string> texts(2);
        {
            std::vector<std::jthread> threads;
            for (std::string& text : texts) {
                threads.emplace_back([&] { text = ask(*open(random_), ramp(0, 20), greedy(30)).text; });
            }
        }
        QCOMPARE(texts[0], alone);
        QCOMPARE(texts[1], alone);
    }

    void loading_tells_progress_and_can_be_stopped() {
        std::vector<float> told;
        engine::LoadOptions options;
        options.on_progress = [&](float part) { told.push_back(part); };
        QVERIFY(engine::Model::load(folder_ / "random.gguf", options).has_value());
        QVERIFY(!told.empty() && std::is_sorted(told.begin(), told.end()));
        QCOMPARE(told.back(), 1.0F);
        std::stop_source source;
        source.request_stop();
        options.stop = source.get_token();
        QCOMPARE(engine::Model::load(folder_ / "random.gguf", options).error().code, ErrorCode::cancelled);
        engine::LoadOptions strange;
        strange.isa = "abacus";
        QCOMPARE(engine::Model::load(folder_ / "random.gguf", strange).error().code,
                 ErrorCode::invalid_argument);
    }

    void sentencepiece_models_answer_too() {
        test::TestModel settings;
        settings.vocabulary = test::VocabularyKind::sentencepiece;
        settings.script = "Hello there, how are you today?";
        settings.weights = DType::q8_0;
        const auto model = load(settings, "pieces.gguf");
        QVERIFY(model != nullptr);
        const auto prompt = model->tokenize_prompt("Hi");
        QCOMPARE(prompt.front(), Token{1});  // BOS
        QCOMPARE(QString::fromStdString(ask(*open(model), prompt, greedy()).text),
                 QString(settings.script.c_str()));
    }
};

QTEST_GUILESS_MAIN(EngineSession)
#include "engine_session.moc"
