// The parts of generating that need no model: random numbers, choosing a token, finding stop texts.
#include <QtTest>

#include <cmath>
#include <numeric>
#include <set>

#include "inference/engine/random.h"
#include "inference/engine/sampler.h"
#include "inference/engine/stop_matcher.h"
#include "inference/kernels/select.h"

using namespace kinglet;
using engine::Random;
using engine::Sampler;
using engine::SamplingParams;
using engine::StopMatcher;

namespace {

const kernels::KernelTable& table() {
    return **kernels::select_table("scalar", CpuFeatures{});
}

SamplingParams plain() {
    SamplingParams params;
    params.temperature = 1;
    params.top_k = 0;
    params.top_p = 1;
    params.min_p = 0;
    params.repeat_penalty = 1;
    return params;
}

/// The tokens that come up in many draws.
std::set<Token> drawn(const SamplingParams& params, const std::vector<float>& logits, int times = 400) {
    Sampler sampler(params, 7, table());
    std::set<Token> out;
    for (int i = 0; i < times; ++i) {
        std::vector<float> copy = logits;
        out.insert(sampler.sample(copy, {}).value());
    }
    return out;
}

std::string through(StopMatcher& matcher, const std::vector<std::string>& pieces) {
    std::string out;
    for (const std::string& piece : pieces) out += matcher.push(piece);
    return out + matcher.flush();
}

}  // namespace

class EngineSampling : public QObject {
    Q_OBJECT

  private slots:
    // The published algorithm's numbers, computed apart from this code.
    void random_numbers_are_the_same_everywhere() {
        Random random(42);
        QCOMPARE(random.next(), 1546998764402558742ULL);
        QCOMPARE(random.next(), 6990951692964543102ULL);
        QCOMPARE(random.next(), 12544586762248559009ULL);
        double sum = 0;
        for (int i = 0; i < 10000; ++i) {
            const double x = random.uniform();
            QVERIFY(x >= 0 && x < 1);
            sum += x;
        }
        QVERIFY(std::abs(sum / 10000 - 0.5) < 0.02);
        QVERIFY(engine::fresh_seed() != engine::fresh_seed());
    }

    void greedy_takes_the_largest() {
        SamplingParams params = plain();
        params.temperature = 0;
        QCOMPARE(drawn(params, {0.1F, 3, -5, 2.9F}), std::set<Token>{1});
    }

    void draws_follow_the_probabilities() {
        const std::vector<float> logits{std::log(0.5F), std::log(0.3F), std::log(0.2F)};
        Sampler sampler(plain(), 3, table());
        std::array<int, 3> counts{};
        for (int i = 0; i < 20000; ++i) {
            std::vector<float> copy = logits;
            ++counts[static_cast<std::size_t>(sampler.sample(copy, {}).value())];
        }
        QVERIFY(std::abs(counts[0] / 20000.0 - 0.5) < 0.02);
        QVERIFY(std::abs(counts[1] / 20000.0 - 0.3) < 0.02);
        QVERIFY(std::abs(counts[2] / 20000.0 - 0.2) < 0.02);
    }

    void top_k_keeps_k() {
        std::vector<float> logits(3000);
        for (std::size_t i = 0; i < logits.size(); ++i)
            logits[i] = 1e-4F * static_cast<float>((i * 7919) % 3000);
        SamplingParams params = plain();
        params.top_k = 5;
        const std::set<Token> tokens = drawn(params, logits);
        QCOMPARE(tokens.size(), std::size_t{5});
        for (const Token token : tokens) QVERIFY((token * 7919) % 3000 >= 2995);
        params.top_k = 1;
        QCOMPARE(drawn(params, logits).size(), std::size_t{1});
    }

    void ties_are_broken_by_the_smaller_token() {
        SamplingParams params = plain();
        params.top_k = 2;
        QCOMPARE(drawn(params, std::vector<float>(50, 1.0F)), (std::set<Token>{0, 1}));
    }

    void top_p_keeps_the_fewest() {
        const std::vector<float> logits{std::log(0.2F), std::log(0.5F), std::log(0.25F), std::log(0.05F)};
        SamplingParams params = plain();
        params.top_p = 0.74F;
        QCOMPARE(drawn(params, logits), (std::set<Token>{1, 2}));
        params.top_p = 0.76F;
        QCOMPARE(drawn(params, logits), (std::set<Token>{0, 1, 2}));
        params.top_p = 0.01F;
        QCOMPARE(drawn(params, logits), (std::set<Token>{1}));
        // min-p cuts within what top-p counts over.
        params.top_p = 0.99F;
        params.min_p = 0.45F;
        QCOMPARE(drawn(params, logits), (std::set<Token>{1, 2}));
    }

    void min_p_compares_with_the_largest() {
        const std::vector<float> logits{std::log(0.6F), std::log(0.3F), std::log(0.07F), std::log(0.03F)};
        SamplingParams params = plain();
        params.min_p = 0.1F;
        QCOMPARE(drawn(params, logits), (std::set<Token>{0, 1, 2}));
        params.min_p = 1;
        QCOMPARE(drawn(params, logits), (std::set<Token>{0}));
    }

    void temperature_sharpens() {
        const std::vector<float> logits{1, 0};
        SamplingParams params = plain();
        params.temperature = 0.02F;
        QCOMPARE(drawn(params, logits), (std::set<Token>{0}));
        params.temperature = 50;
        QCOMPARE(drawn(params, logits), (std::set<Token>{0, 1}));
    }

    void repetition_is_penalised_once_a_token() {
        SamplingParams params = plain();
        params.temperature = 0;
        params.repeat_penalty = 2;
        params.repeat_last_n = 3;
        Sampler sampler(params, 1, table());
        const std::vector<Token> context{2, 0, 0, 1};  // 2 is too long ago
        std::vector<float> logits{3, -1, 1.4F, 1.6F};
        QCOMPARE(sampler.sample(logits, context).value(), Token{3});
        QCOMPARE(logits, (std::vector<float>{1.5F, -2, 1.4F, 1.6F}));
    }

    void numbers_that_are_none_are_an_error() {
        Sampler sampler(plain(), 1, table());
        std::vector<float> logits(4, std::nanf(""));
        QCOMPARE(sampler.sample(logits, {}).error().code, ErrorCode::bad_format);
    }

    void stop_texts_are_found_across_pieces() {
        StopMatcher matcher({"</s>", "User:"});
        QCOMPARE(matcher.push("Hello"), std::string("Hello"));
        QCOMPARE(matcher.push(" U"), std::string(" "));
        QCOMPARE(matcher.push("sed"), std::string("Used"));
        QCOMPARE(matcher.push("<"), std::string());
        QCOMPARE(matcher.push("/s>tail"), std::string());
        QVERIFY(matcher.matched());
        QCOMPARE(matcher.push("more") + matcher.flush(), std::string());
    }

    void the_earliest_stop_text_counts() {
        StopMatcher matcher({"two", "one two", ""});
        QCOMPARE(through(matcher, {"zero o", "ne t", "wo"}), std::string("zero "));
    }

    void what_was_held_back_comes_at_the_end() {
        StopMatcher matcher({"aab"});
        QCOMPARE(matcher.push("xaa"), std::string("x"));
        QCOMPARE(matcher.push("a"), std::string("a"));
        QCOMPARE(matcher.flush(), std::string("aa"));
        QVERIFY(!matcher.matched());
    }

    // However a text is cut into pieces, the outcome is the same as searching it whole.
    void any_cutting_gives_the_same() {
        Random random(11);
        for (int round = 0; round < 2000; ++round) {
            std::string text;
            for (int i = 0; i < 20; ++i) text += static_cast<char>('a' + random.next() % 2);
            const std::string stop = text.substr(5, 1 + random.next() % 6) + (random.next() % 2 ? "b" : "");
            std::vector<std::string> pieces;
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t count = 1 + random.next() % 4;
                pieces.push_back(text.substr(at, count));
                at += count;
            }
            StopMatcher matcher({stop});
            QCOMPARE(through(matcher, pieces), text.substr(0, text.find(stop)));
        }
    }
};

QTEST_GUILESS_MAIN(EngineSampling)
#include "engine_sampling.moc"
