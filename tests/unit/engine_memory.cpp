// What sessions keep: keys and values in every type, saved sessions, and conversations that outgrow the
// context.
#include <QtTest>

#include <cstring>

#include "inference/base/checksum.h"
#include "inference/engine/engine.h"
#include "tests/support/files.h"
#include "tests/support/fixture_models.h"
#include "tests/support/model_writer.h"

using namespace kinglet;
using engine::KvType;

namespace {

using ModelPointer = std::shared_ptr<const engine::Model>;
using SessionPointer = std::unique_ptr<engine::Session>;

constexpr KvType all_types[] = {KvType::f32, KvType::f16, KvType::q8_0, KvType::q4_0};

struct Answer {
    std::string text;
    engine::GenerateStats stats;
    int evaluated() const { return stats.prompt_tokens - stats.reused_tokens; }
};

/// Hot and seeded: the text follows from every digit of the logits.
Answer ask(engine::Session& session, const std::vector<Token>& prompt, int count = 12) {
    engine::GenerateParams params;
    params.sampling.temperature = 3;
    params.sampling.top_k = 0;
    params.sampling.top_p = 1;
    params.sampling.min_p = 0;
    params.sampling.seed = 11;
    params.max_tokens = count;
    Answer answer;
    engine::GenerateCallbacks callbacks;
    callbacks.on_text = [&](std::string_view piece) { answer.text += piece; };
    auto stats = session.generate(prompt, params, callbacks);
    answer.stats.prompt_tokens = -1;
    if (stats) answer.stats = *stats;
    return answer;
}

SessionPointer open(const ModelPointer& model, KvType type, int context = 64, int batch = 6) {
    auto session = engine::Session::create(model, {context, type, batch});
    if (!session) qWarning("%s", session.error().message.c_str());
    return session ? std::move(*session) : nullptr;
}

std::vector<Token> some_tokens(int count, int seed = 0) {
    std::vector<Token> tokens;
    for (int i = 0; i < count; ++i) tokens.push_back(4 + (seed + i * 7 + i / 5) % 19);
    return tokens;
}

std::vector<Token> held_and(const engine::Session& session, const std::vector<Token>& more) {
    std::vector<Token> tokens(session.tokens().begin(), session.tokens().end());
    tokens.insert(tokens.end(), more.begin(), more.end());
    return tokens;
}

/// The bytes with a checksum that is right for them, as somebody would write them who means harm.
std::string with_checksum(std::string bytes) {
    Checksum sum;
    sum.add(std::as_bytes(std::span(bytes)).first(bytes.size() - 8));
    const std::uint64_t value = sum.value();
    std::memcpy(bytes.data() + bytes.size() - 8, &value, 8);
    return bytes;
}

}  // namespace

class EngineMemory : public QObject {
    Q_OBJECT

    test::TemporaryFolder folder_;
    test::Fixtures fixtures_;
    ModelPointer wide_;  ///< heads of 32 values

    ModelPointer fixture(const std::string& name) {
        const auto path = folder_ / (name + ".gguf");
        if (!std::filesystem::exists(path) && !fixtures_.write(name, path)) return nullptr;
        auto model = engine::Model::load(path, {});
        return model ? *model : nullptr;
    }

    static void add_memories() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"llama", "llama-window", "llama-wide-window", "gemma3", "gemma4", "lfm2",
                                 "qwen35", "granitehybrid"}) {
            QTest::newRow(name) << name;
        }
    }

  private slots:
    void initTestCase() {
        const auto source = std::filesystem::path(KINGLET_SOURCE_FOLDER) / "tests/golden/fixtures.json";
        auto fixtures = test::Fixtures::read(source);
        QVERIFY(fixtures.has_value());
        fixtures_ = std::move(*fixtures);
        test::TestModel settings;
        settings.width = 128;
        QVERIFY(test::write_model(folder_ / "wide.gguf", settings).has_value());
        auto model = engine::Model::load(folder_ / "wide.gguf", {});
        QVERIFY(model.has_value());
        wide_ = *model;
    }

    // How far the types may be from F32; each is several times what was measured, and far below what a
    // mistake in a block leaves.
    void every_type_is_close_to_f32() {
        std::vector<Token> tokens;
        for (int i = 0; i < 60; ++i) tokens.push_back(5 + i * 7 % 200);
        const auto exact = open(wide_, KvType::f32)->logits(tokens);
        QVERIFY(exact.has_value());
        double before = -1;
        for (const auto& [type, bound] :
             {std::pair{KvType::f16, 2e-7}, {KvType::q8_0, 1e-4}, {KvType::q4_0, 2e-2}}) {
            const auto actual = open(wide_, type)->logits(tokens);
            QVERIFY(actual.has_value());
            const double error = test::normalised_error(*actual, *exact);
            qInfo("%s: normalised error %.2e", engine::kv_type_name(type).data(), error);
            QVERIFY2(error <= bound, qPrintable(QString::number(error)));
            QVERIFY(error > before);  // a type that was not used would have the error of another
            before = error;
            // The same bits whatever the batch.
            QCOMPARE(open(wide_, type, 64, 64)->logits(tokens).value(), *actual);
            QCOMPARE(open(wide_, type, 64, 1)->logits(tokens).value(), *actual);
        }
    }

    void memory_is_what_the_blocks_take() {
        // 2 layers, 2 key heads, keys and values of 32.
        const std::uint64_t values = std::uint64_t{2} * 2 * 2 * 32 * 512;
        QCOMPARE(wide_->kv_bytes(512, KvType::f32), values * 4);
        QCOMPARE(wide_->kv_bytes(512, KvType::f16), values * 2);
        QCOMPARE(wide_->kv_bytes(512, KvType::q8_0), values / 32 * 34);
        QCOMPARE(wide_->kv_bytes(512, KvType::q4_0), values / 32 * 18);
    }

    void short_heads_stay_f16_and_say_so() {
        const auto model = fixture("llama");  // heads of 8 values
        const auto halves = open(model, KvType::f16);
        const auto blocks = open(model, KvType::q8_0);
        QVERIFY(halves->notes().empty() && open(wide_, KvType::q8_0)->notes().empty());
        QCOMPARE(blocks->notes().size(), std::size_t{1});
        const std::string& note = blocks->notes().front();
        QVERIFY2(note.find("2 of 2") != std::string::npos && note.find("q8_0") != std::string::npos,
                 note.c_str());
        QCOMPARE(model->kv_bytes(64, KvType::q8_0), model->kv_bytes(64, KvType::f16));
        QCOMPARE(blocks->logits(some_tokens(40)).value(), halves->logits(some_tokens(40)).value());
    }

    void reuse_is_right_in_every_type() {
        const auto model = fixture("llama-wide-window");
        QVERIFY(open(model, KvType::q4_0)->notes().empty());
        const auto prompt = some_tokens(40);
        for (const KvType type : all_types) {
            const auto session = open(model, type);
            const Answer first = ask(*session, prompt);
            const Answer again = ask(*session, prompt);
            QCOMPARE(again.text, first.text);
            QCOMPARE(again.evaluated(), 1);
            for (const int common : {38, 20, 1}) {
                std::vector<Token> edited(prompt.begin(), prompt.begin() + common);
                edited.insert(edited.end(), {9, 4, 11});
                QCOMPARE(ask(*session, edited).text, ask(*open(model, type), edited).text);
            }
        }
    }

    // A second turn costs its new tokens and nothing more, an answer given anew one token.
    void turns_cost_only_what_is_new_data() { add_memories(); }
    void turns_cost_only_what_is_new() {
        QFETCH(QString, name);
        const auto model = fixture(name.toStdString());
        QVERIFY(model != nullptr);
        const auto session = open(model, KvType::f32, 128);
        const auto prompt = some_tokens(30);
        QCOMPARE(ask(*session, prompt).evaluated(), 30);
        const auto second = held_and(*session, some_tokens(9, 3));
        const Answer turn = ask(*session, second);
        QCOMPARE(turn.evaluated(), 9);
        const Answer again = ask(*session, second);
        QCOMPARE(again.evaluated(), 1);
        QCOMPARE(again.text, turn.text);
        QCOMPARE(turn.text, ask(*open(model, KvType::f32, 128), second).text);
    }

    void copies_go_on_by_themselves_data() { add_memories(); }
    void copies_go_on_by_themselves() {
        QFETCH(QString, name);
        const auto model = fixture(name.toStdString());
        QVERIFY(model != nullptr);
        const auto session = open(model, KvType::f32, 128);
        ask(*session, some_tokens(40));
        auto copied = session->copy();
        QVERIFY(copied && *copied);
        engine::Session& twin = **copied;
        QVERIFY(std::ranges::equal(twin.tokens(), session->tokens()));
        // One goes on from here, the other some way back; neither disturbs the other.
        const std::vector<Token> onwards = held_and(*session, some_tokens(9, 3));
        std::vector<Token> back(onwards.begin(), onwards.begin() + 30);
        back.push_back(5);
        const Answer first = ask(*session, onwards);
        const Answer aside = ask(twin, back);
        QCOMPARE(first.text, ask(*open(model, KvType::f32, 128), onwards).text);
        QCOMPARE(aside.text, ask(*open(model, KvType::f32, 128), back).text);
        auto third = session->copy();
        QVERIFY(third && *third);
        const Answer again = ask(**third, held_and(*session, some_tokens(4, 1)));
        QCOMPARE(again.evaluated(), 4);
    }

    void saved_sessions_go_on_data() { add_memories(); }
    void saved_sessions_go_on() {
        QFETCH(QString, name);
        const auto model = fixture(name.toStdString());
        QVERIFY(model != nullptr);
        const auto path = folder_ / "saved.session";
        for (const KvType type : {KvType::f32, KvType::q8_0}) {
            const auto session = open(model, type, 128);
            const auto prompt = some_tokens(40);
            const Answer first = ask(*session, prompt);
            QVERIFY(session->save(path, "a note").has_value());
            const auto next = held_and(*session, some_tokens(5, 8));

            // Another batch gives windows another buffer.
            for (const int batch : {6, 1, 20}) {
                const auto opened = open(model, type, 128, batch);
                const auto note = opened->load(path);
                QVERIFY2(note.has_value(), note ? "" : note.error().message.c_str());
                QCOMPARE(*note, std::string("a note"));
                QCOMPARE(opened->tokens().size(), session->tokens().size());
                const Answer turn = ask(*opened, next);
                QCOMPARE(turn.evaluated(), 5);
                QCOMPARE(turn.text, ask(*open(model, type, 128), next).text);
            }
            // The answer given anew after loading.
            const auto opened = open(model, type, 128);
            QVERIFY(opened->load(path).has_value());
            const Answer again = ask(*opened, prompt);
            QCOMPARE(again.evaluated(), 1);
            QCOMPARE(again.text, first.text);
        }
    }

    void saved_sessions_fit_longer_contexts() {
        const auto path = folder_ / "short.session";
        const auto session = open(wide_, KvType::q8_0, 64);
        ask(*session, some_tokens(30));
        QVERIFY(session->save(path).has_value());
        const auto longer = open(wide_, KvType::q8_0, 200);
        QVERIFY(longer->load(path).has_value());
        QCOMPARE(ask(*longer, held_and(*session, {7, 8})).evaluated(), 2);
        const auto shorter = open(wide_, KvType::q8_0, 20);
        const auto refused = shorter->load(path);
        QVERIFY(!refused && refused.error().code == ErrorCode::invalid_argument);
        QVERIFY2(refused.error().message.find("context of 20") != std::string::npos,
                 refused.error().message.c_str());
    }

    void other_models_and_settings_are_refused() {
        const auto path = folder_ / "mine.session";
        const auto session = open(wide_, KvType::q8_0);
        ask(*session, some_tokens(20));
        QVERIFY(session->save(path).has_value());
        const std::string bytes = test::read_file(path);
        const auto other = fixture("llama-window");
        test::TestModel settings;
        settings.width = 128;
        settings.seed = 2;  // the same name, other weights
        QVERIFY(test::write_model(folder_ / "twin.gguf", settings).has_value());
        const auto twin = engine::Model::load(folder_ / "twin.gguf", {});
        struct Case {
            SessionPointer session;
            const char* says;
        };
        Case cases[] = {
            {open(other, KvType::q8_0), "the model Kinglet test model instead of fixture llama-window"},
            {open(*twin, KvType::q8_0), "another file of Kinglet test model"},
            {open(wide_, KvType::f16), "q8_0 instead of f16"}};
        for (Case& c : cases) {
            const Answer before = ask(*c.session, some_tokens(10));
            const auto refused = c.session->load(path);
            QVERIFY(!refused && refused.error().code == ErrorCode::invalid_argument);
            QVERIFY2(refused.error().message.find(c.says) != std::string::npos,
                     refused.error().message.c_str());
            QVERIFY(!refused.error().hint.empty());
            QCOMPARE(ask(*c.session, some_tokens(10)).evaluated(), 1);  // what it had is still there
            QCOMPARE(ask(*c.session, some_tokens(10)).text, before.text);
        }
        QCOMPARE(test::read_file(path), bytes);
    }

    void damaged_files_are_refused() {
        const auto path = folder_ / "damaged.session";
        const auto model = fixture("llama-wide-window");
        const auto session = open(model, KvType::q8_0);
        ask(*session, some_tokens(40));
        QVERIFY(session->save(path, "note").has_value());
        const std::string whole = test::read_file(path);
        const auto fresh = open(model, KvType::q8_0);
        const auto refused = [&](const std::string& bytes) {
            test::write_file(path, bytes);
            const auto result = fresh->load(path);
            return !result && !result.error().message.empty() && fresh->tokens().empty();
        };
        for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 97)
            QVERIFY2(refused(whole.substr(0, size)), qPrintable(QString::number(size)));
        for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 97) {
            std::string flipped = whole;
            flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
            QVERIFY2(refused(flipped), qPrintable(QString::number(at)));
        }
        QVERIFY(refused(whole + "x"));
        // With the checksum put right the numbers are judged themselves: nothing is read or written outside.
        for (std::size_t at = 0; at + 8 <= std::min<std::size_t>(whole.size() - 8, 1200); at += 4) {
            for (const std::uint64_t value :
                 {UINT64_MAX, std::uint64_t{1} << 40, std::uint64_t{0x7fffffff}}) {
                std::string forged = whole;
                std::memcpy(forged.data() + at, &value, 8);
                test::write_file(path, with_checksum(forged));
                if (fresh->load(path)) {
                    ask(*fresh, held_and(*fresh, {5, 6}), 3);
                    fresh->clear();
                }
            }
        }
        QVERIFY(!fresh->load(folder_.path()) && !fresh->load(folder_ / "nothing there"));
        test::write_file(path, whole);
        QVERIFY(fresh->load(path).has_value());
    }

    void saving_fails_cleanly() {
        const auto session = open(wide_, KvType::f16);
        const auto saved = session->save(folder_ / "no" / "such" / "folder");
        QVERIFY(!saved && saved.error().code == ErrorCode::not_found);
        const auto path = folder_ / "private.session";
        QVERIFY(session->save(path).has_value());  // an empty one is one too
        QVERIFY(open(wide_, KvType::f16)->load(path).has_value());
#ifndef _WIN32  // which has other permissions: tests/unit/file_windows.cpp
        using std::filesystem::perms;
        QCOMPARE(std::filesystem::status(path).permissions() & (perms::group_all | perms::others_all),
                 perms::none);
#endif
    }

    void long_conversations_say_what_would_go() {
        std::vector<chat::Message> messages{{"system", "Be brief."}};
        const auto whole = engine::fit_chat(*wide_, messages, 512, 0);
        QVERIFY(whole && whole->dropped_turns == 0);
        for (int i = 0; i < 6; ++i) {
            messages.push_back({"user", "Question number " + std::to_string(i)});
            messages.push_back({"assistant", "Answer number " + std::to_string(i)});
        }
        messages.push_back({"user", "And now?"});
        const auto tokens_of = [&](const std::vector<chat::Message>& list) {
            return wide_->tokenize_prompt(wide_->render_chat(list).value());
        };
        const auto full = tokens_of(messages);
        const int size = static_cast<int>(full.size());
        const auto all = engine::fit_chat(*wide_, messages, size + 10, 10);
        QVERIFY(all && all->dropped_turns == 0 && all->dropped_messages == 0 && all->prompt == full);
        for (int turns = 1; turns <= 6; ++turns) {
            std::vector<chat::Message> kept = messages;
            kept.erase(kept.begin() + 1, kept.begin() + 1 + 2 * turns);
            const auto shorter = tokens_of(kept);
            const int room = static_cast<int>(shorter.size());
            const auto fit = engine::fit_chat(*wide_, messages, room + 10, 10);
            QVERIFY(fit.has_value());
            QCOMPARE(fit->dropped_turns, turns);
            QCOMPARE(fit->dropped_messages, 2 * turns);
            QCOMPARE(fit->dropped_tokens, size - room);
            QCOMPARE(fit->prompt, shorter);
        }
        const auto never = engine::fit_chat(*wide_, messages, 12, 0);
        QVERIFY(!never && never.error().code == ErrorCode::context_full);
    }

    // After the oldest turns were left out the answer is that of a conversation which never had them.
    void what_is_left_is_computed_as_if_nothing_had_been() {
        std::vector<chat::Message> messages;
        for (int i = 0; i < 5; ++i) {
            messages.push_back({"user", "Say " + std::to_string(i)});
            messages.push_back({"assistant", "It is " + std::to_string(i)});
        }
        messages.push_back({"user", "Again"});
        const auto session = open(wide_, KvType::q8_0, 160);
        const auto full = engine::fit_chat(*wide_, messages, 4096, 0);
        QVERIFY(full.has_value());
        const auto fit = engine::fit_chat(*wide_, messages, 160, 40);
        QVERIFY(fit && fit->dropped_turns > 0);
        std::vector<Token> before(full->prompt.begin(), full->prompt.begin() + 100);
        ask(*session, before);
        QCOMPARE(ask(*session, fit->prompt).text, ask(*open(wide_, KvType::q8_0, 160), fit->prompt).text);
    }
};

QTEST_GUILESS_MAIN(EngineMemory)
#include "engine_memory.moc"
