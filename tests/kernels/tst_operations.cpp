// Operations on rows of floats, rope, conversions and attention: every table against plain double arithmetic.
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "inference/kernels/half.h"
#include "inference/kernels/select.h"
#include "tests/kernels/kernel_test_support.h"

using namespace kinglet;
using namespace kinglet::kernels;

namespace {

using Row = std::vector<float>;
using Exact = std::function<double(double)>;

// Lengths below, at and above the width of a vector, and an odd long one.
const std::size_t kLengths[] = {1, 2, 7, 8, 9, 16, 31, 32, 33, 100, 1027};

double silu(double x) {
    return x / (1.0 + std::exp(-x));
}
double gelu_tanh(double x) {
    return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
}
double gelu_erf(double x) {
    return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
}

/// Whether two numbers are equal to `relative` of the larger or `absolute`, or both NaN.
bool near(double a, double b, double relative, double absolute) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    if (a == b) return true;
    return std::fabs(a - b) <= absolute + relative * std::max(std::fabs(a), std::fabs(b));
}

}  // namespace

class TestOperations : public QObject {
    Q_OBJECT

    std::mt19937_64 random_{test::test_seed()};

    const KernelTable& table() {
        QFETCH_GLOBAL(int, table);
        static const auto all = available_tables(detect_cpu_features());
        return *all[static_cast<std::size_t>(table)];
    }

    Row floats(std::size_t n) { return test::random_floats(random_, n); }

    void compare(const Row& got, const std::vector<double>& expected, double relative, double absolute) {
        QCOMPARE(got.size(), expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
            if (near(static_cast<double>(got[i]), expected[i], relative, absolute)) continue;
            QFAIL(qPrintable(QString("%1 instead of %2 at %3 of %4")
                                 .arg(static_cast<double>(got[i]))
                                 .arg(expected[i])
                                 .arg(i)
                                 .arg(got.size())));
        }
    }

    void check_function(void (*function)(const float*, float*, std::size_t), const Exact& exact) {
        for (const std::size_t n : kLengths) {
            Row x = floats(n);
            if (n > 30) {
                x[3] = 0.0F;
                x[4] = 80.0F;
                x[5] = -80.0F;
                x[6] = 1e-6F;
                x[7] = -200.0F;
                x[8] = 200.0F;
                x[9] = 1e6F;
                x[10] = -1e6F;
                x[11] = std::numeric_limits<float>::quiet_NaN();
            }
            std::vector<double> expected;
            for (const float v : x) expected.push_back(exact(static_cast<double>(v)));
            Row out(n);
            function(x.data(), out.data(), n);
            compare(out, expected, 2e-6, 1e-6);
            function(x.data(), x.data(), n);
            QVERIFY(std::equal(x.begin(), x.end(), out.begin(),
                               [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }));
        }
    }

    void check_gate(void (*function)(const float*, const float*, float*, std::size_t), const Exact& exact) {
        for (const std::size_t n : kLengths) {
            const Row gate = floats(n);
            const Row up = floats(n);
            std::vector<double> expected;
            for (std::size_t i = 0; i < n; ++i) {
                expected.push_back(exact(static_cast<double>(gate[i])) * static_cast<double>(up[i]));
            }
            Row out(n);
            function(gate.data(), up.data(), out.data(), n);
            compare(out, expected, 4e-6, 1e-5);
        }
    }

  private slots:
    void initTestCase_data() {
        QTest::addColumn<int>("table");
        int i = 0;
        for (const KernelTable* table : available_tables(detect_cpu_features())) {
            QTest::newRow(std::string(table->name).c_str()) << i++;
        }
    }
    void initTestCase() {
        qInfo("KINGLET_TEST_SEED=%llu", static_cast<unsigned long long>(test::test_seed()));
    }

    void norms() {
        for (const std::size_t n : kLengths) {
            const Row x = floats(n);
            const Row weight = floats(n);
            const Row bias = floats(n);
            double squares = 0;
            double mean = 0;
            for (const float v : x) {
                squares += static_cast<double>(v) * static_cast<double>(v);
                mean += static_cast<double>(v) / static_cast<double>(n);
            }
            double variance = 0;
            for (const float v : x)
                variance += std::pow(static_cast<double>(v) - mean, 2.0) / static_cast<double>(n);
            const double rms = 1.0 / std::sqrt(squares / static_cast<double>(n) + 1e-5);
            const double layer = 1.0 / std::sqrt(variance + 1e-5);
            std::vector<double> plain, weighted, centered, affine;
            for (std::size_t i = 0; i < n; ++i) {
                const auto v = static_cast<double>(x[i]);
                const auto w = static_cast<double>(weight[i]);
                plain.push_back(v * rms);
                weighted.push_back(v * rms * w);
                centered.push_back((v - mean) * layer);
                affine.push_back((v - mean) * layer * w + static_cast<double>(bias[i]));
            }
            Row out(n);
            table().rms_norm(x.data(), nullptr, out.data(), n, 1e-5F);
            compare(out, plain, 2e-6, 1e-7);
            out = x;
            table().rms_norm(out.data(), weight.data(), out.data(), n, 1e-5F);
            compare(out, weighted, 2e-6, 1e-7);
            if (n == 1)
                continue;  // a single value has no variance: eps rules, and rounding of the mean with it
            table().layer_norm(x.data(), nullptr, nullptr, out.data(), n, 1e-5F);
            compare(out, centered, 5e-6, 5e-6);
            out = x;
            table().layer_norm(out.data(), weight.data(), bias.data(), out.data(), n, 1e-5F);
            compare(out, affine, 5e-6, 5e-5);
        }
    }

    void softmax_sums_to_one() {
        for (const std::size_t n : kLengths) {
            Row x = floats(n);
            x[n / 2] += 30.0F;
            if (n > 2) x[0] = -std::numeric_limits<float>::infinity();
            double sum = 0;
            const auto top = static_cast<double>(*std::max_element(x.begin(), x.end()));
            std::vector<double> expected;
            for (const float v : x) {
                expected.push_back(std::exp(static_cast<double>(v) - top));
                sum += expected.back();
            }
            for (double& v : expected) v /= sum;
            table().softmax(x.data(), n);
            compare(x, expected, 3e-6, 1e-12);
        }
    }

    void activation_functions() {
        check_function(table().silu, [](double x) { return silu(x); });
        check_function(table().gelu_tanh, [](double x) { return gelu_tanh(x); });
        check_function(table().gelu_erf, [](double x) { return gelu_erf(x); });
        check_gate(table().silu_mul, [](double x) { return silu(x); });
        check_gate(table().gelu_tanh_mul, [](double x) { return gelu_tanh(x); });
        check_gate(table().gelu_erf_mul, [](double x) { return gelu_erf(x); });
    }

    void softcap_bounds() {
        for (const std::size_t n : kLengths) {
            Row x = floats(n);
            for (float& v : x) v *= 10.0F;
            x[0] = 1e-4F;
            std::vector<double> expected;
            for (const float v : x) expected.push_back(30.0 * std::tanh(static_cast<double>(v) / 30.0));
            table().softcap(x.data(), n, 30.0F);
            compare(x, expected, 2e-6, 1e-10);
        }
    }

    void element_by_element() {
        for (const std::size_t n : kLengths) {
            const Row a = floats(n);
            const Row b = floats(n);
            Row sum(n), product(n), scaled = a, moved = a;
            table().add(a.data(), b.data(), sum.data(), n);
            table().mul(a.data(), b.data(), product.data(), n);
            table().scale(scaled.data(), n, 3.0F);
            table().axpy(moved.data(), b.data(), n, 0.5F);
            for (std::size_t i = 0; i < n; ++i) {
                QCOMPARE(sum[i], a[i] + b[i]);
                QCOMPARE(product[i], a[i] * b[i]);
                QCOMPARE(scaled[i], a[i] * 3.0F);
                QVERIFY(near(static_cast<double>(moved[i]),
                             static_cast<double>(a[i]) + 0.5 * static_cast<double>(b[i]), 1e-6, 1e-6));
            }
        }
    }

    void dots_and_halves() {
        for (const std::size_t n : kLengths) {
            const Row a = floats(n);
            const Row b = floats(n);
            std::vector<std::uint16_t> half(n);
            table().f32_to_f16(b.data(), half.data(), n);
            Row back(n);
            table().f16_to_f32(half.data(), back.data(), n);
            double exact = 0, exact_half = 0, size = 0;
            Row moved = a;
            table().axpy_f16(moved.data(), half.data(), n, -2.0F);
            for (std::size_t i = 0; i < n; ++i) {
                QCOMPARE(half[i], float_to_half(b[i]));
                QCOMPARE(back[i], half_to_float(half[i]));
                exact += static_cast<double>(a[i]) * static_cast<double>(b[i]);
                exact_half += static_cast<double>(a[i]) * static_cast<double>(back[i]);
                size += std::fabs(static_cast<double>(a[i]) * static_cast<double>(b[i]));
                QVERIFY(near(static_cast<double>(moved[i]),
                             static_cast<double>(a[i]) - 2.0 * static_cast<double>(back[i]), 1e-6, 1e-6));
            }
            QVERIFY(std::fabs(static_cast<double>(table().dot(a.data(), b.data(), n)) - exact) <=
                    1e-6 * size);
            QVERIFY(std::fabs(static_cast<double>(table().dot_f16(a.data(), half.data(), n)) - exact_half) <=
                    1e-6 * size);
        }
    }

    void argmax_takes_the_first_of_equals() {
        for (const std::size_t n : kLengths) {
            Row x = floats(n);
            const auto best = static_cast<std::size_t>(std::max_element(x.begin(), x.end()) - x.begin());
            QCOMPARE(table().argmax(x.data(), n), best);
            x[n - 1] = x[best];
            QCOMPARE(table().argmax(x.data(), n), best);
        }
    }

    void rope_turns_pairs() {
        for (const std::size_t pairs : {1, 3, 4, 8, 13, 32, 64}) {
            const Row x = floats(2 * pairs);
            Row cos(pairs), sin(pairs);
            std::vector<double> adjacent(2 * pairs), halves(2 * pairs);
            for (std::size_t i = 0; i < pairs; ++i) {
                const double angle = 0.7 * static_cast<double>(i + 1);
                cos[i] = static_cast<float>(std::cos(angle));
                sin[i] = static_cast<float>(std::sin(angle));
                const auto turn = [angle](float a, float b, double& out_a, double& out_b) {
                    const auto u = static_cast<double>(a);
                    const auto v = static_cast<double>(b);
                    out_a = u * std::cos(angle) - v * std::sin(angle);
                    out_b = u * std::sin(angle) + v * std::cos(angle);
                };
                turn(x[2 * i], x[2 * i + 1], adjacent[2 * i], adjacent[2 * i + 1]);
                turn(x[i], x[i + pairs], halves[i], halves[i + pairs]);
            }
            Row turned = x;
            table().rope_adjacent(turned.data(), cos.data(), sin.data(), pairs);
            compare(turned, adjacent, 1e-6, 5e-6);
            turned = x;
            table().rope_halves(turned.data(), cos.data(), sin.data(), pairs);
            compare(turned, halves, 1e-6, 5e-6);
        }
    }

    void quantized_rows_are_as_documented() {
        for (const std::size_t blocks : {1, 3, 8}) {
            const std::size_t cols = 32 * blocks;
            Row x = floats(cols);
            if (blocks == 3) std::fill(x.begin() + 32, x.begin() + 64, 0.0F);
            std::vector<std::int8_t> q(cols);
            std::vector<float> scales(blocks), weighted(blocks);
            std::vector<std::int16_t> sums(2 * blocks);
            table().quantize_row(x.data(), cols, q.data(), scales.data(), sums.data(), weighted.data());
            for (std::size_t b = 0; b < blocks; ++b) {
                int sum[2] = {0, 0};
                for (std::size_t i = 0; i < 32; ++i) {
                    const std::size_t at = 32 * b + i;
                    QVERIFY(std::fabs(static_cast<double>(x[at]) - static_cast<double>(scales[b]) * q[at]) <=
                            0.5001 * static_cast<double>(scales[b]));
                    sum[i / 16] += q[at];
                }
                QCOMPARE(static_cast<int>(sums[2 * b]), sum[0]);
                QCOMPARE(static_cast<int>(sums[2 * b + 1]), sum[1]);
                QCOMPARE(weighted[b], scales[b] * static_cast<float>(sum[0] + sum[1]));
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestOperations)
#include "tst_operations.moc"
