// The search for scales: against an exhaustive one on small blocks, against the kernels' quick quantizers,
// and on values that leave nothing to search.
#include <QtTest>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "inference/kernels/half.h"
#include "inference/kernels/select.h"
#include "inference/quantize/encoders.h"
#include "inference/quantize/fit.h"

using namespace kinglet;

namespace {

constexpr DType types[] = {DType::q4_0, DType::q5_0, DType::q5_1, DType::q8_0,
                           DType::q4_k, DType::q5_k, DType::q6_k};

const kernels::KernelTable& scalar() {
    return *kernels::available_tables(CpuFeatures{}).front();
}

std::vector<float> decoded(DType type, const std::vector<std::byte>& blocks, std::size_t count) {
    std::vector<float> values(count);
    scalar().of(type).to_float(blocks.data(), values.data(), count);
    return values;
}

std::vector<std::byte> encoded(DType type, const std::vector<float>& values) {
    std::vector<std::byte> blocks(*row_bytes(type, values.size()));
    quantize::find_encoder(type)(values.data(), blocks.data(), values.size());
    return blocks;
}

double squared_error(const std::vector<float>& a, const std::vector<float>& b) {
    double error = 0;
    for (std::size_t i = 0; i < a.size(); ++i) error += std::pow(static_cast<double>(a[i]) - b[i], 2.0);
    return error;
}

/// Values as weights are: normal, with an outlier now and then, and a size that changes.
std::vector<float> weights(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        const float outlier = random() % 50 == 0 ? 5.0F : 1.0F;
        values[i] = normal(random) * outlier * std::exp2(static_cast<float>(i / 256 % 7) - 6.0F);
    }
    return values;
}

/// The least weighted error that any of very many scales leaves.
template <int N>
float exhaustive(const float* x, const float* w, float low, float high) {
    float extreme = 0.0F;
    for (int i = 0; i < N; ++i) extreme = std::max(extreme, std::fabs(x[i]));
    float least = INFINITY;
    for (int step = -4000; step <= 4000; ++step) {
        const float scale = extreme / high * static_cast<float>(step) / 2500.0F;
        least = std::min(least, quantize::error_of<N>(x, w, {scale, 0.0F}, low, high));
    }
    return least;
}

}  // namespace

class EncodersTest : public QObject {
    Q_OBJECT

  private slots:
    void each_format_keeps_what_its_bits_allow_data() {
        QTest::addColumn<quint32>("number");
        QTest::addColumn<double>("most");
        const double limits[] = {1.6e-2, 4.1e-3, 1.8e-3, 5.9e-5, 7.9e-3, 2.0e-3, 6.0e-4};
        for (std::size_t i = 0; i < std::size(types); ++i) {
            QTest::newRow(std::string(dtype_info(types[i]).name).c_str())
                << static_cast<quint32>(types[i]) << limits[i];
        }
    }

    void each_format_keeps_what_its_bits_allow() {
        QFETCH(quint32, number);
        QFETCH(double, most);
        const auto type = static_cast<DType>(number);
        const std::vector<float> values = weights(64 * 256, 1);
        const std::vector<float> back = decoded(type, encoded(type, values), values.size());
        const double share =
            squared_error(values, back) / squared_error(values, std::vector<float>(values.size()));
        QVERIFY2(share <= most, qPrintable(QString::number(share)));
    }

    void the_search_beats_the_quick_quantizers() {
        const std::vector<float> values = weights(64 * 256, 2);
        for (const DType type : {DType::q4_0, DType::q8_0}) {
            std::vector<std::byte> quick(*row_bytes(type, values.size()));
            scalar().of(type).from_float(values.data(), quick.data(), values.size());
            const double searched =
                squared_error(values, decoded(type, encoded(type, values), values.size()));
            QVERIFY(searched < 0.97 * squared_error(values, decoded(type, quick, values.size())));
        }
    }

    void the_scale_is_nearly_the_best_of_all() {
        const std::vector<float> values = weights(60 * 32, 3);
        double found = 0;
        double best = 0;
        for (std::size_t b = 0; b < values.size(); b += 32) {
            float w[32];
            quantize::importance<32>(values.data() + b, w);
            const auto fit = quantize::fit_symmetric<32>(values.data() + b, w, -8.0F, 7.0F);
            const float size = w[0];
            found +=
                static_cast<double>(quantize::error_of<32>(values.data() + b, w, fit, -8.0F, 7.0F) / size);
            best += static_cast<double>(exhaustive<32>(values.data() + b, w, -8.0F, 7.0F) / size);
        }
        QVERIFY2(found <= 1.03 * best, qPrintable(QString("%1 %2").arg(found).arg(best)));
    }

    void values_that_need_no_rounding_come_back() {
        // Whole multiples of a scale that half precision holds, both ends of the range included.
        for (const DType type : {DType::q4_0, DType::q5_0, DType::q8_0, DType::q6_k}) {
            const int high = type == DType::q4_0   ? 7
                             : type == DType::q5_0 ? 15
                             : type == DType::q8_0 ? 127
                                                   : 31;
            const int low = type == DType::q8_0 ? -127 : -high - 1;
            std::vector<float> values(256);
            for (std::size_t i = 0; i < values.size(); ++i) {
                const int level = low + static_cast<int>(i * 7 % static_cast<std::size_t>(high - low + 1));
                values[i] = 0.03125F * static_cast<float>(i % 16 == 0 ? low : level);
            }
            const std::vector<float> back = decoded(type, encoded(type, values), values.size());
            for (std::size_t i = 0; i < values.size(); ++i) {
                QVERIFY2(std::fabs(back[i] - values[i]) < 1e-3F * 0.03125F * static_cast<float>(high),
                         qPrintable(QString("%1: %2 instead of %3")
                                        .arg(QString::fromStdString(std::string(dtype_info(type).name)))
                                        .arg(static_cast<double>(back[i]))
                                        .arg(static_cast<double>(values[i]))));
            }
        }
    }

    void nothing_to_search_is_no_trouble() {
        for (const DType type : types) {
            for (const float value : {0.0F, 1.0F, -1.0F, 1e-30F, 30000.0F}) {
                const std::vector<float> values(256, value);
                const std::vector<float> back = decoded(type, encoded(type, values), values.size());
                for (const float v : back) {
                    // The smallest half-precision numbers leave room below them.
                    QVERIFY2(std::fabs(v - value) <= 0.04F * std::fabs(value) + 1e-8F,
                             qPrintable(QString("%1 for %2")
                                            .arg(static_cast<double>(v))
                                            .arg(static_cast<double>(value))));
                }
            }
        }
    }

    void one_large_value_does_not_drown_the_others() {
        std::vector<float> values(256, 0.01F);
        values[77] = 1.0F;
        for (const DType type : {DType::q4_k, DType::q5_k, DType::q6_k}) {
            const std::vector<float> back = decoded(type, encoded(type, values), values.size());
            QVERIFY(std::fabs(back[77] - 1.0F) < 0.02F);
            // Groups without the large value have scales of their own.
            for (std::size_t i = 128; i < 256; ++i) QVERIFY(std::fabs(back[i] - 0.01F) < 0.004F);
        }
    }

    void only_what_is_written_has_an_encoder() {
        std::size_t encoders = 0;
        for (const DTypeInfo& info : dtype_table()) encoders += quantize::find_encoder(info.type) != nullptr;
        QCOMPARE(encoders, std::size(types));
    }
};

QTEST_GUILESS_MAIN(EncodersTest)
#include "encoders_test.moc"
