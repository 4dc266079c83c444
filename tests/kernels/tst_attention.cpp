// Attention over keys and values in every dtype that a cache is kept in, on every instruction set, against
// sums in double precision over what the stored values decode to.
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <limits>

#include "inference/kernels/select.h"
#include "tests/kernels/kernel_test_support.h"

using namespace kinglet;
using namespace kinglet::kernels;

namespace {

/// Positions of keys or values as a cache holds them: encoded, with a gap after each.
struct Stored {
    std::vector<std::byte> bytes;
    std::size_t stride = 0;
    std::vector<float> decoded;  ///< without the gaps

    Stored(std::mt19937_64& random, DType type, std::size_t length, std::size_t dim) {
        const DTypeKernels& scalar = available_tables(CpuFeatures{}).front()->of(type);
        const std::size_t row = *row_bytes(type, dim);
        stride = row + 12;  // rows do not follow each other, but their numbers are aligned
        bytes.resize(length * stride);
        decoded.resize(length * dim);
        const std::vector<float> values = test::random_floats(random, length * dim);
        std::vector<std::byte> encoded(row);
        for (std::size_t t = 0; t < length; ++t) {
            scalar.from_float(values.data() + t * dim, encoded.data(), dim);
            std::copy(encoded.begin(), encoded.end(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(t * stride));
            scalar.to_float(encoded.data(), decoded.data() + t * dim, dim);
        }
    }
};

double dot(const float* a, const float* b, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

}  // namespace

class TestAttention : public QObject {
    Q_OBJECT

    std::mt19937_64 random_{test::test_seed()};

    /// A result, and how far rounding in single precision may move it.
    struct Exact {
        double value = 0;
        double tolerance = 2e-5;
    };

    static std::vector<std::vector<Exact>> exact(const AttentionArgs& a, const Stored& k, const Stored& v) {
        std::vector<std::vector<Exact>> out;
        for (std::size_t i = 0; i < a.count; ++i) {
            std::vector<double> weights(a.length);
            double magnitude = 0;  // of the products that make up a score: what its rounding error grows with
            for (std::size_t t = 0; t < a.length; ++t) {
                double terms = 0;
                for (std::size_t d = 0; d < a.k_dim; ++d) {
                    terms += std::fabs(static_cast<double>(a.q[i * a.q_stride + d]) *
                                       static_cast<double>(k.decoded[t * a.k_dim + d]));
                }
                magnitude = std::max(magnitude, terms * static_cast<double>(a.scale));
                double s = dot(a.q + i * a.q_stride, k.decoded.data() + t * a.k_dim, a.k_dim) *
                           static_cast<double>(a.scale);
                const auto cap = static_cast<double>(a.softcap);
                if (cap != 0) s = cap * std::tanh(s / cap);
                weights[t] = s;
            }
            const double top = *std::max_element(weights.begin(), weights.end());
            double sum = 0;
            for (double& w : weights) sum += w = std::exp(w - top);
            // An error e_t of the score t moves the result by w_t e_t (v_t - result).
            const double score_error =
                2 * magnitude * static_cast<double>(std::numeric_limits<float>::epsilon());
            std::vector<Exact> row(a.v_dim);
            for (std::size_t d = 0; d < a.v_dim; ++d) {
                const auto value = [&](std::size_t t) {
                    return static_cast<double>(v.decoded[t * a.v_dim + d]);
                };
                for (std::size_t t = 0; t < a.length; ++t) row[d].value += weights[t] / sum * value(t);
                row[d].tolerance += 2e-5 * std::fabs(row[d].value);
                for (std::size_t t = 0; t < a.length; ++t)
                    row[d].tolerance += score_error * weights[t] / sum * std::fabs(value(t) - row[d].value);
            }
            out.push_back(std::move(row));
        }
        return out;
    }

    void check(const KernelTable& table, DType type, std::size_t k_dim, std::size_t v_dim, std::size_t length,
               float softcap) {
        const Stored k(random_, type, length, k_dim);
        const Stored v(random_, type, length, v_dim);
        AttentionArgs args;
        args.count = 19;  // not a multiple of what kernels take together
        args.q_stride = k_dim + 3;
        const std::vector<float> q = test::random_floats(random_, args.count * args.q_stride);
        args.q = q.data();
        args.k = k.bytes.data();
        args.k_stride = k.stride;
        args.v = v.bytes.data();
        args.v_stride = v.stride;
        args.length = length;
        args.k_dim = k_dim;
        args.v_dim = v_dim;
        args.scale = 1.0F / std::sqrt(static_cast<float>(k_dim));
        args.softcap = softcap;
        args.out_stride = v_dim + 1;
        std::vector<float> out(args.count * args.out_stride);
        args.out = out.data();
        table.of(type).attention(args);
        const auto expected = exact(args, k, v);
        for (std::size_t i = 0; i < args.count; ++i) {
            for (std::size_t d = 0; d < v_dim; ++d) {
                const auto got = static_cast<double>(out[i * args.out_stride + d]);
                const double wanted = expected[i][d].value;
                QVERIFY2(std::fabs(got - wanted) <= expected[i][d].tolerance,
                         qPrintable(QString("%1 %2: %3 instead of %4, sizes %5 and %6, %7 positions")
                                        .arg(table.name.data())
                                        .arg(dtype_info(type).name.data())
                                        .arg(got)
                                        .arg(wanted)
                                        .arg(k_dim)
                                        .arg(v_dim)
                                        .arg(length)));
            }
        }
    }

  private slots:
    void initTestCase() {
        qInfo("KINGLET_TEST_SEED=%llu", static_cast<unsigned long long>(test::test_seed()));
    }

    void every_table_has_the_same_kinds() {
        for (const KernelTable* table : available_tables(detect_cpu_features())) {
            for (const DTypeInfo& info : dtype_table()) {
                const bool kept = info.type == DType::f32 || info.type == DType::f16 ||
                                  info.type == DType::q8_0 || info.type == DType::q4_0;
                QCOMPARE(table->of(info.type).attention != nullptr, kept);
                if (kept) QVERIFY(table->of(info.type).from_float != nullptr);
            }
        }
    }

    // What is kept does not depend on who encodes it.
    void every_table_encodes_the_same_bytes() {
        const std::size_t count = 32 * 600;
        std::vector<float> x = test::random_floats(random_, count);
        std::fill_n(x.begin(), 32, 0.0F);
        std::fill_n(x.begin() + 32, 32, -1.5F);
        for (std::size_t i = 64; i < 96; ++i)
            x[i] = static_cast<float>(i % 2 == 0 ? 2 : -2);  // equal extremes
        for (std::size_t i = 96; i < 128; ++i) x[i] = static_cast<float>(i) - 96.0F - 15.5F;  // ties
        for (std::size_t i = 128; i < 160; ++i) x[i] *= 1e-30F;
        const auto tables = available_tables(detect_cpu_features());
        for (const DTypeInfo& info : dtype_table()) {
            if (tables.front()->of(info.type).attention == nullptr) continue;
            std::vector<std::byte> expected(*row_bytes(info.type, count)), got(expected.size());
            tables.front()->of(info.type).from_float(x.data(), expected.data(), count);
            for (const KernelTable* table : tables) {
                table->of(info.type).from_float(x.data(), got.data(), count);
                QVERIFY2(got == expected, info.name.data());
            }
        }
    }

    void attends_to_all_positions() {
        using Sizes = std::vector<std::pair<std::size_t, std::size_t>>;  // of a key and a value
        const Sizes any{{8, 12}, {20, 24}, {64, 68}, {128, 132}};
        const Sizes blocks{{32, 96}, {64, 64}, {96, 32}, {256, 128}};
        for (const KernelTable* table : available_tables(detect_cpu_features())) {
            for (const DTypeInfo& info : dtype_table()) {
                if (table->of(info.type).attention == nullptr) continue;
                for (const auto& [key, value] : info.block_length > 1 ? blocks : any) {
                    for (const std::size_t length : {1, 5, 32, 33, 150})
                        check(*table, info.type, key, value, length, 0.0F);
                    check(*table, info.type, key, value, 40, 5.0F);
                }
            }
        }
    }

    void no_position_gives_nothing() {
        for (const KernelTable* table : available_tables(detect_cpu_features())) {
            std::vector<float> q(64, 1.0F), out(64, 7.0F);
            AttentionArgs args;
            args.q = q.data();
            args.k_dim = args.v_dim = 64;
            args.out = out.data();
            table->of(DType::q8_0).attention(args);
            QCOMPARE(out, std::vector<float>(64, 0.0F));
        }
    }
};

QTEST_GUILESS_MAIN(TestAttention)
#include "tst_attention.moc"
