// What holds for every text: round trips, whole characters in a stream, special tokens, texts that could take
// long.
#include <QtTest>

#include <random>

#include "inference/base/utf8.h"
#include "inference/tokenizer/byte_letters.h"
#include "inference/tokenizer/merge.h"
#include "inference/tokenizer/pretokenizer.h"
#include "inference/tokenizer/text_index.h"
#include "inference/tokenizer/tokenizer.h"

using namespace kinglet;
using tokenizer::StreamingDetokenizer;
using tokenizer::Tokenizer;
using tokenizer::TokenType;
using tokenizer::Vocabulary;

namespace {

// Bytes of the texts that could take long. Instrumented code takes some ten times as long for each; what is
// quadratic shows in an eighth of the length all the same.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t long_text = std::size_t{1} << 17;
#else
constexpr std::size_t long_text = std::size_t{1} << 20;
#endif

std::uint64_t chosen_seed() {
    bool given = false;
    const auto seed = qEnvironmentVariable("KINGLET_TEST_SEED").toULongLong(&given);
    return given ? seed : std::random_device()();
}

void add(Vocabulary& vocabulary, std::string text, TokenType type, float score = 0) {
    vocabulary.tokens.push_back(std::move(text));
    vocabulary.types.push_back(type);
    vocabulary.scores.push_back(score);
}

void add_special(Vocabulary& vocabulary) {
    add(vocabulary, "<unk>", TokenType::unknown);
    add(vocabulary, "<s>", TokenType::control);
    add(vocabulary, "</s>", TokenType::control);
    add(vocabulary, "<|im_end|>", TokenType::control);
    add(vocabulary, "<tool>", TokenType::user_defined);
    vocabulary.unknown = 0;
    vocabulary.bos = 1;
    vocabulary.eos = 2;
}

Vocabulary byte_vocabulary(const std::string& pre) {
    Vocabulary vocabulary;
    vocabulary.model = "gpt2";
    vocabulary.pre = pre;
    add_special(vocabulary);
    for (int byte = 0; byte < 256; ++byte) {
        add(vocabulary, tokenizer::letters_of_bytes(std::string(1, static_cast<char>(byte))),
            TokenType::normal);
    }
    const std::pair<const char*, const char*> merges[] = {
        {"a", "a"},  {"aa", "aa"},     {"Ġ", "Ġ"}, {"ĠĠ", "ĠĠ"}, {"t", "h"},
        {"th", "e"}, {"Ġ", "the"},     {"ð", "Ł"}, {"1", "2"},   {"e", "r"},
        {"Ċ", "Ċ"},  {"aaaa", "aaaa"}, {"n", "g"}, {"i", "ng"},  {"ðŁ", "ĺ"}};
    for (const auto& [left, right] : merges) {
        vocabulary.merges.push_back(std::string(left) + " " + right);
        add(vocabulary, std::string(left) + right, TokenType::normal);
    }
    return vocabulary;
}

Vocabulary sentencepiece_vocabulary() {
    static constexpr char digits[] = "0123456789ABCDEF";
    Vocabulary vocabulary;
    vocabulary.model = "llama";
    add_special(vocabulary);
    for (int byte = 0; byte < 256; ++byte) {
        add(vocabulary, std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">", TokenType::byte);
    }
    float score = 0;
    for (const char* text :
         {"▁t", "he", "▁the", "aa", "aaaa", "▁▁", "▁▁▁▁", "in", "ing", "er", "▁",  "a",  "b", "c",
          "e",  "g",  "h",    "i",  "n",    "r",  "t",    "é",  "1",   "2",  "12", "s>", "<s"}) {
        add(vocabulary, text, TokenType::normal, score -= 1);
    }
    return vocabulary;
}

/// As Gemma 4 has it: the sentencepiece vocabulary, joined by merges.
Vocabulary character_vocabulary() {
    Vocabulary vocabulary = sentencepiece_vocabulary();
    vocabulary.model = "gemma4";
    vocabulary.scores.clear();
    vocabulary.merges = {"▁ t", "h e", "▁t he", "a a",  "aa aa", "▁ ▁", "▁▁ ▁▁",
                         "i n", "n g", "in g",  "i ng", "e r",   "1 2"};
    return vocabulary;
}

std::shared_ptr<const Tokenizer> make(Vocabulary vocabulary) {
    auto made = Tokenizer::create(std::move(vocabulary));
    if (!made) qFatal("%s", made.error().message.c_str());
    return *made;
}

/// Text of letters, spaces, marks, many scripts, emoji, and bytes that are no UTF-8.
std::string random_text(std::mt19937_64& random, bool valid) {
    static const char* const parts[] = {"the ",
                                        "aaaa",
                                        " ",
                                        "  ",
                                        "\n",
                                        "\t",
                                        "12",
                                        "é",
                                        "ß",
                                        "中文",
                                        "한국",
                                        "😀",
                                        "👨‍👩‍👧",
                                        "'ll",
                                        "'S",
                                        "!?",
                                        "<s>",
                                        "</s>",
                                        "ing",
                                        "er",
                                        "\r\n",
                                        "\u00a0",
                                        "<tool",
                                        "ſ",
                                        "0x41",
                                        "(_)",
                                        "🇩🇪",
                                        "e\u0301",
                                        "\u200b",
                                        "~"};
    std::string text;
    const std::size_t count = random() % 40;
    for (std::size_t i = 0; i < count; ++i) {
        switch (random() % 4) {
            case 0: {
                // Sentencepiece writes a space as U+2581 and cannot tell the two apart.
                const auto character = static_cast<char32_t>(random() % 0x110000);
                if (character != U'\u2581') utf8::append(text, character);
                break;
            }
            case 1:
                text += static_cast<char>(valid ? random() % 128 : random() % 256);
                break;
            default:
                text += parts[random() % std::size(parts)];
        }
    }
    return text;
}

}  // namespace

class TokenizerProperties : public QObject {
    Q_OBJECT

  private slots:
    void every_text_comes_back_data() {
        QTest::addColumn<QString>("pre");
        QTest::newRow("sentencepiece") << QString();
        QTest::newRow("characters") << QString("characters");
        for (const auto& row : tokenizer::pretokenizer_table()) {
            const std::string name(row.name);
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
        }
    }

    void every_text_comes_back() {
        QFETCH(QString, pre);
        const auto tokenizer = make(pre.isEmpty()         ? sentencepiece_vocabulary()
                                    : pre == "characters" ? character_vocabulary()
                                                          : byte_vocabulary(pre.toStdString()));
        const std::uint64_t seed = chosen_seed();
        std::mt19937_64 random(seed);
        for (int i = 0; i < 400; ++i) {
            const std::string text = random_text(random, i % 2 == 0);
            const auto ids = tokenizer->encode(text);
            const QByteArray hint = "KINGLET_TEST_SEED=" + QByteArray::number(static_cast<qulonglong>(seed));
            QVERIFY2(tokenizer->decode(ids) == text, hint.constData());
            StreamingDetokenizer stream(*tokenizer, pre.isEmpty());
            std::string streamed;
            for (const Token id : ids) {
                const std::string part = stream.push(id);
                QVERIFY2(utf8::valid_run(part, 0) == part.size(), hint.constData());
                streamed += part;
            }
            streamed += stream.flush();
            QVERIFY2(utf8::valid_run(streamed, 0) == streamed.size(), hint.constData());
            if (utf8::valid_run(text, 0) == text.size()) QVERIFY2(streamed == text, hint.constData());
        }
    }

    void pieces_are_cut_as_written_data() {
        QTest::addColumn<QByteArray>("pre");
        QTest::addColumn<QByteArray>("pieces");  // of one text, with | between them
        const auto row = [](const char* pre, const char* pieces) {
            QTest::newRow(pre) << QByteArray(pre) << QByteArray(pieces);
        };
        row("gpt-2", "It|'s| 12| ok|!!|\n\n |\t|X| Y");
        row("exaone4", "It|'s| 12| ok|!!|\n\n |\t|X| Y");
        row("llama-bpe", "It|'s| |12| ok|!!\n\n| |\tX| Y");
        row("qwen2", "It|'s| |1|2| ok|!!\n\n| |\tX| Y");
        row("grok-2", "It|'s| |1|2| ok|!!\n\n| |\tX| Y");
        row("starcoder", "It|'s| |1|2| ok|!!|\n\n |\t|X| Y");
        row("bailingmoe", "It|'s| |1|2| ok|!!\n\n| |\tX| Y");
        row("seed-coder", "It|'s| |1|2| ok|!!|\n\n| |\tX| Y");
    }

    void pieces_are_cut_as_written() {
        QFETCH(QByteArray, pre);
        QFETCH(QByteArray, pieces);
        const auto* row = tokenizer::find_pretokenizer(pre.toStdString());
        QVERIFY(row != nullptr);
        const auto cutter = tokenizer::Pretokenizer::compile(*row).value();
        const QByteArray text = QByteArray(pieces).replace("|", "");
        QByteArray got;
        std::uint32_t begin = 0;
        for (const std::uint32_t end : cutter->cut(text.toStdString())) {
            if (begin > 0) got += '|';
            got += QByteArray(text.constData() + begin, static_cast<qsizetype>(end - begin));
            begin = end;
        }
        QCOMPARE(got, pieces);
    }

    /// Cut by expressions that could look far ahead at each place, or give up on what is long.
    void long_pieces_are_cut_data() {
        QTest::addColumn<QByteArray>("pre");
        QTest::addColumn<QByteArray>("unit");
        QTest::addColumn<QByteArray>("end");
        QTest::addColumn<qsizetype>("longest");
        QTest::newRow("digits from the right")
            << QByteArray("tiny_aya") << QByteArray("7") << QByteArray() << qsizetype(3);
        QTest::newRow("digits before a letter")
            << QByteArray("tiny_aya") << QByteArray("7") << QByteArray("a") << qsizetype(3);
        QTest::newRow("superbpe's digits")
            << QByteArray("superbpe") << QByteArray("7") << QByteArray("a") << qsizetype(3);
        QTest::newRow("afmoe's digits")
            << QByteArray("afmoe") << QByteArray("7") << QByteArray("!") << qsizetype(3);
        QTest::newRow("words with spaces")
            << QByteArray("exaone-moe") << QByteArray("ab ") << QByteArray("1") << qsizetype(long_text + 3);
        QTest::newRow("spaces before a digit")
            << QByteArray("deepseek-llm") << QByteArray(" ") << QByteArray("1") << qsizetype(long_text + 1);
        QTest::newRow("spaces in twos")
            << QByteArray("jais-2") << QByteArray(" ") << QByteArray("x") << qsizetype(512);
        QTest::newRow("Chinese and marks")
            << QByteArray("kimi-k2") << QByteArray("字a") << QByteArray() << qsizetype(3);
    }

    void long_pieces_are_cut() {
        QFETCH(QByteArray, pre);
        QFETCH(QByteArray, unit);
        QFETCH(QByteArray, end);
        QFETCH(qsizetype, longest);
        std::string text;
        while (text.size() < long_text) text += unit.toStdString();
        text += end.toStdString();
        const auto cutter =
            tokenizer::Pretokenizer::compile(*tokenizer::find_pretokenizer(pre.toStdString())).value();
        std::uint32_t begin = 0;
        for (const std::uint32_t place : cutter->cut(text)) {
            QVERIFY2(place - begin <= longest, qPrintable(QString("%1 to %2").arg(begin).arg(place)));
            begin = place;
        }
        QCOMPARE(begin, text.size());
    }

    /// The work at four times the length is about four times the work: joins asked for, not time.
    void joining_is_not_quadratic_data() {
        QTest::addColumn<int>("shape");
        QTest::newRow("one letter") << 0;
        QTest::newRow("letters at random") << 1;
        QTest::newRow("nothing joins") << 2;
        QTest::newRow("everything joins") << 3;
    }

    void joining_is_not_quadratic() {
        QFETCH(int, shape);
        const auto asked = [&](std::uint32_t count) {
            std::mt19937_64 random(3);
            tokenizer::MergeScratch scratch;
            for (std::uint32_t i = 0; i < count; ++i) {
                scratch.symbols.push_back({i, 1, shape == 1 ? static_cast<std::int32_t>(random() % 4) : 0});
            }
            tokenizer::merge(scratch, [&](const tokenizer::Symbol& a, const tokenizer::Symbol& b) {
                const std::uint32_t length = a.length + b.length;
                const bool joins = shape == 3 || (shape != 2 && length <= 16 && (a.id + b.id) % 3 != 1);
                return joins ? tokenizer::Join{length * 8 + static_cast<std::uint32_t>(a.id), a.id ^ b.id}
                             : tokenizer::Join{};
            });
            return scratch.asked;
        };
        const std::uint64_t some = asked(16'384);
        const std::uint64_t more = asked(65'536);
        QVERIFY2(some < 16'384 * 40, qPrintable(QString::number(some)));
        QVERIFY2(more < some * 5, qPrintable(QString("%1 and %2").arg(some).arg(more)));
    }

    /// Joining in windows against joining in one go, under rules drawn at random.
    void windows_change_nothing() {
        const std::uint64_t seed = chosen_seed();
        std::mt19937_64 random(seed);
        for (int round = 0; round < 60; ++round) {
            const std::uint64_t salt = random();
            const std::uint32_t letters = 1 + random() % 4;
            const std::uint32_t longest = 2 + random() % 200;
            const auto rule = [&](const tokenizer::Symbol& a, const tokenizer::Symbol& b) {
                const std::uint64_t mixed =
                    tokenizer::mix(salt ^ tokenizer::mix(static_cast<std::uint64_t>(a.id) * 1'000'003 +
                                                         static_cast<std::uint64_t>(b.id)));
                if (a.length + b.length > longest || mixed % 4 == 0) return tokenizer::Join{};
                return tokenizer::Join{static_cast<std::uint32_t>(mixed >> 40) % 50,
                                       static_cast<std::int32_t>(mixed >> 20 & 0xFF)};
            };
            tokenizer::MergeScratch windows;
            for (std::uint32_t i = 0; i < 6000; ++i) {
                windows.symbols.push_back({i, 1, static_cast<std::int32_t>(random() % letters)});
            }
            tokenizer::MergeScratch whole;
            whole.symbols = windows.symbols;
            tokenizer::merge(windows, rule);
            tokenizer::merge_whole(whole, rule);
            const QByteArray hint = "KINGLET_TEST_SEED=" + QByteArray::number(static_cast<qulonglong>(seed));
            QVERIFY2(windows.symbols.size() == whole.symbols.size(), hint.constData());
            for (std::size_t i = 0; i < whole.symbols.size(); ++i) {
                const bool same = windows.symbols[i].begin == whole.symbols[i].begin &&
                                  windows.symbols[i].length == whole.symbols[i].length &&
                                  windows.symbols[i].id == whole.symbols[i].id;
                QVERIFY2(same, hint.constData());
            }
        }
    }

    void text_never_becomes_a_control_token() {
        for (const auto& tokenizer : {make(sentencepiece_vocabulary()), make(byte_vocabulary("gpt-2"))}) {
            for (const Token id : tokenizer->encode("<s></s><|im_end|>")) QVERIFY(!tokenizer->is_control(id));
            QCOMPARE(tokenizer->encode("<|im_end|>", {.parse_special = true}), std::vector<Token>{3});
            QCOMPARE(tokenizer->encode("<tool>"), std::vector<Token>{4});
        }
    }

    void special_tokens_go_around() {
        const auto tokenizer = make(sentencepiece_vocabulary());
        const Token the = tokenizer->find("▁the");
        QCOMPARE(tokenizer->encode("the", {.add_special = true}), (std::vector<Token>{1, the}));
        // A BOS that the prompt spells out is not doubled.
        QCOMPARE(tokenizer->encode("<s>the", {.add_special = true, .parse_special = true}),
                 (std::vector<Token>{1, the}));
        QCOMPARE(tokenizer->encode("", {.add_special = true}), std::vector<Token>{1});
        Vocabulary closed = sentencepiece_vocabulary();
        closed.add_bos = false;
        closed.add_eos = true;
        QCOMPARE(make(std::move(closed))->encode("the", {.add_special = true}), (std::vector<Token>{the, 2}));
    }

    void ends_of_generation() {
        const auto tokenizer = make(sentencepiece_vocabulary());
        QVERIFY(tokenizer->is_end_of_generation(2));
        QVERIFY(tokenizer->is_end_of_generation(3));
        QVERIFY(!tokenizer->is_end_of_generation(1));
        QVERIFY(!tokenizer->is_end_of_generation(no_token));
        QVERIFY(!tokenizer->is_end_of_generation(1 << 30));
        Vocabulary harmony = byte_vocabulary("gpt-4o");
        for (const char* text : {"<|end|>", "<|return|>", "<|call|>"}) add(harmony, text, TokenType::control);
        const auto made = make(std::move(harmony));
        QVERIFY(!made->is_end_of_generation(made->find("<|end|>")));
        QVERIFY(made->is_end_of_generation(made->find("<|return|>")));
    }

    void stream_holds_back_half_characters() {
        const auto tokenizer = make(byte_vocabulary("gpt-2"));
        StreamingDetokenizer stream(*tokenizer);
        QCOMPARE(stream.push_bytes("a\xF0\x9F"), std::string("a"));
        QCOMPARE(stream.push_bytes("\x98"), std::string());
        QCOMPARE(stream.push_bytes("\x80z"), std::string("😀z"));
        // A character that breaks off is one U+FFFD, and what follows it is not lost.
        QCOMPARE(stream.push_bytes("\xF0\x9F\x98"), std::string());
        QCOMPARE(stream.push_bytes("b"), std::string("\uFFFDb"));
        QCOMPARE(stream.push_bytes("\xFF\xC0"), std::string("\uFFFD\uFFFD"));
        QCOMPARE(stream.push_bytes("\xED\xA0\x80"), std::string("\uFFFD\uFFFD\uFFFD"));
        QCOMPARE(stream.push_bytes("\xE4\xB8"), std::string());
        QCOMPARE(stream.flush(), std::string("\uFFFD"));
        QCOMPARE(stream.flush(), std::string());
    }

    void stream_drops_control_tokens_and_the_first_space() {
        const auto tokenizer = make(sentencepiece_vocabulary());
        StreamingDetokenizer stream(*tokenizer, true);
        QCOMPARE(stream.push(1), std::string());
        QCOMPARE(stream.push(tokenizer->find("▁the")), std::string("the"));
        QCOMPARE(stream.push(tokenizer->find("▁the")), std::string(" the"));
        QCOMPARE(stream.push(3), std::string());
        QCOMPARE(stream.push(no_token), std::string());
    }

    /// Quadratic work on these would run into ctest's time limit.
    void long_texts_end_data() {
        QTest::addColumn<std::string>("unit");
        QTest::newRow("one word") << std::string("a");
        QTest::newRow("one mixed word") << std::string("abcthering");
        QTest::newRow("spaces") << std::string(" ");
        QTest::newRow("newlines") << std::string("\n");
        QTest::newRow("digits") << std::string("12");
        QTest::newRow("marks") << std::string("!");
        QTest::newRow("emoji") << std::string("😀");
        QTest::newRow("invalid") << std::string("\xF0\x9F");
        QTest::newRow("almost special") << std::string("<|im_en");
        QTest::newRow("quotes") << std::string("'");
        QTest::newRow("accents") << std::string("e\u0301");
    }

    void long_texts_end() {
        QFETCH(std::string, unit);
        std::string text;
        while (text.size() < long_text) text += unit;
        const auto sentencepiece = make(sentencepiece_vocabulary());
        QCOMPARE(sentencepiece->decode(sentencepiece->encode(text)), text);
        const auto characters = make(character_vocabulary());
        QCOMPARE(characters->decode(characters->encode(text)), text);
        for (const char* pre :
             {"gpt-2", "llama-bpe", "gpt-4o", "deepseek-v3", "deepseek-llm", "default", "bloom"}) {
            const auto tokenizer = make(byte_vocabulary(pre));
            QCOMPARE(tokenizer->decode(tokenizer->encode(text)), text);
        }
    }

    void long_merges_agree_with_short_ones() {
        // Words on both sides of the length at which the heap takes over, joined by the plainest possible
        // rule.
        const auto tokenizer = make(byte_vocabulary("bloom"));
        const auto of_a = [&](int count) {
            return tokenizer->encode(std::string(static_cast<std::size_t>(count), 'a'));
        };
        for (int count = 1; count < 200; ++count) {
            std::vector<Token> wanted;
            for (int rest = count; rest > 0;) {
                const int step = rest >= 8 ? 8 : rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
                wanted.push_back(tokenizer->find(std::string(static_cast<std::size_t>(step), 'a')));
                rest -= step;
            }
            QCOMPARE(of_a(count), wanted);
        }
    }

    void broken_vocabularies_are_refused() {
        const auto error_of = [](Vocabulary vocabulary) {
            const auto made = Tokenizer::create(std::move(vocabulary));
            return made ? std::string("made") : made.error().message;
        };
        QVERIFY(error_of({}).find("empty") != std::string::npos);
        Vocabulary unknown_kind = sentencepiece_vocabulary();
        unknown_kind.model = "rwkv";
        QVERIFY(error_of(unknown_kind).find("rwkv") != std::string::npos);
        QVERIFY(error_of(byte_vocabulary("no-such-thing")).find("no-such-thing") != std::string::npos);
        Vocabulary few_scores = sentencepiece_vocabulary();
        few_scores.scores.pop_back();
        QVERIFY(error_of(few_scores).find("scores") != std::string::npos);
        Vocabulary outside = sentencepiece_vocabulary();
        outside.eos = 100000;
        QVERIFY(error_of(outside).find("100000") != std::string::npos);
        Vocabulary merge = byte_vocabulary("gpt-2");
        merge.merges.push_back("single");
        QVERIFY(error_of(merge).find("single") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TokenizerProperties)
#include "tokenizer_properties.moc"
