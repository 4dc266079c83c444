// Products of every dtype on every instruction set that this machine can run, against the scalar table.
#include <QtTest>
#include <cmath>
#include <set>

#include "inference/kernels/matmul.h"
#include "inference/kernels/select.h"
#include "tests/kernels/kernel_test_support.h"

using namespace kinglet;
using namespace kinglet::kernels;

namespace {

const std::vector<const KernelTable*>& tables() {
    return test::tables_to_test();
}

/// For each result the sum of the magnitudes of its terms: what rounding errors are measured by.
std::vector<double> term_sizes(const std::vector<float>& w, const std::vector<float>& x, std::size_t rows,
                               std::size_t n, std::size_t cols) {
    std::vector<double> sizes(rows * n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t r = 0; r < rows; ++r) {
            double sum = 0.0;
            for (std::size_t k = 0; k < cols; ++k) {
                sum += std::fabs(static_cast<double>(w[r * cols + k]) * static_cast<double>(x[i * cols + k]));
            }
            sizes[i * rows + r] = sum;
        }
    }
    return sizes;
}

struct Case {
    std::size_t rows;
    std::size_t blocks;
    std::size_t n;
};

}  // namespace

class TestMatmul : public QObject {
    Q_OBJECT

    void add_columns() {
        QTest::addColumn<quint32>("type");
        for (const DTypeInfo& info : dtype_table()) {
            if (!info.has_kernel) continue;
            QTest::newRow(std::string(info.name).c_str()) << static_cast<quint32>(info.type);
        }
    }

    /// Computes with one table through the kernel itself, into y with a gap after each row that must stay
    /// untouched.
    std::vector<float> run(const KernelTable& table, DType type, const std::vector<std::byte>& weights,
                           const test::QuantizedRows& x, const Case& c, std::size_t cols) {
        constexpr float untouched = -12345.0F;
        const std::size_t stride = c.rows + 3;
        std::vector<float> y(c.n * stride, untouched);
        MatmulArgs args;
        args.weights = weights.data();
        args.weights_stride = *row_bytes(type, cols);
        args.rows = c.rows;
        args.cols = cols;
        args.x = x.rows();
        args.y = y.data();
        args.y_stride = stride;
        table.of(type).matmul(args);
        std::vector<float> dense;
        for (std::size_t i = 0; i < c.n; ++i) {
            for (std::size_t r = 0; r < stride; ++r) {
                const float value = y[i * stride + r];
                if (r < c.rows) {
                    dense.push_back(value);
                } else if (value != untouched) {
                    QTest::qFail("wrote outside of its results", __FILE__, __LINE__);
                }
            }
        }
        return dense;
    }

  private slots:
    void initTestCase() {
        qInfo("KINGLET_TEST_SEED=%llu", static_cast<unsigned long long>(test::test_seed()));
        for (const KernelTable* table : tables())
            qInfo("instruction set: %s", std::string(table->name).c_str());
    }

    void every_dtype_has_what_the_table_says() {
        for (const DTypeInfo& info : dtype_table()) {
            for (const KernelTable* table : tables()) {
                const DTypeKernels& kernels = table->of(info.type);
                const std::string where = std::string(info.name) + " " + std::string(table->name);
                QVERIFY2((kernels.to_float != nullptr) == info.has_kernel, where.c_str());
                QVERIFY2((kernels.matmul != nullptr) == info.has_kernel, where.c_str());
            }
        }
    }

    void scalar_is_the_product_of_decoded_weights_data() { add_columns(); }
    void scalar_is_the_product_of_decoded_weights() {
        QFETCH(quint32, type);
        const auto dtype = static_cast<DType>(type);
        std::mt19937_64 random(test::test_seed());
        const std::size_t cols = 3 * std::max<std::size_t>(dtype_info(dtype).block_length, 32);
        const std::size_t rows = 5;
        const std::vector<std::byte> weights = test::random_blocks(random, dtype, rows * cols);
        std::vector<float> x = test::random_floats(random, cols);
        // Whole numbers up to 127 with a 127 in each block come through quantization unchanged.
        for (std::size_t k = 0; k < cols; ++k)
            x[k] = k % 32 == 0 ? 127.0F : std::nearbyint(std::fmod(x[k] * 9, 127.0F));
        const KernelTable& scalar = *tables().front();
        std::vector<float> decoded(rows * cols);
        scalar.of(dtype).to_float(weights.data(), decoded.data(), decoded.size());
        const test::QuantizedRows quantized(scalar, x, 1, cols);
        const std::vector<float> y = run(scalar, dtype, weights, quantized, {rows, 0, 1}, cols);
        const std::vector<double> sizes = term_sizes(decoded, x, rows, 1, cols);
        for (std::size_t r = 0; r < rows; ++r) {
            double sum = 0.0;
            for (std::size_t k = 0; k < cols; ++k) {
                sum += static_cast<double>(decoded[r * cols + k]) * static_cast<double>(x[k]);
            }
            QVERIFY2(std::fabs(sum - static_cast<double>(y[r])) <= 2e-6 * sizes[r] + 1e-30,
                     qPrintable(
                         QString("row %1: %2 instead of %3").arg(r).arg(static_cast<double>(y[r])).arg(sum)));
        }
    }

    void agrees_with_scalar_data() { add_columns(); }
    void agrees_with_scalar() {
        QFETCH(quint32, type);
        const auto dtype = static_cast<DType>(type);
        const DTypeKernels& oracle = tables().front()->of(dtype);
        const std::size_t block = std::max<std::size_t>(dtype_info(dtype).block_length, 32);
        std::mt19937_64 random(test::test_seed());
        for (const Case c : {Case{1, 1, 1}, Case{8, 1, 1}, Case{5, 3, 2}, Case{17, 5, 3}, Case{9, 11, 7},
                             Case{24, 7, 48}, Case{33, 9, 5}, Case{8, 3, 70}}) {
            std::size_t cols = c.blocks * block;
            if (oracle.activations == ActivationKind::floats)
                cols += c.rows % 8;  // any number of columns will do
            const std::vector<std::byte> weights = test::random_blocks(random, dtype, c.rows * cols);
            const std::vector<float> x = test::random_floats(random, c.n * cols);
            std::vector<float> decoded(c.rows * cols);
            oracle.to_float(weights.data(), decoded.data(), decoded.size());
            const std::vector<double> sizes = term_sizes(decoded, x, c.rows, c.n, cols);
            const test::QuantizedRows quantized(*tables().front(), x, c.n, cols);
            const std::vector<float> expected = run(*tables().front(), dtype, weights, quantized, c, cols);
            for (const KernelTable* table : tables()) {
                const std::vector<float> got = run(*table, dtype, weights, quantized, c, cols);
                for (std::size_t i = 0; i < got.size(); ++i) {
                    const double error =
                        std::fabs(static_cast<double>(got[i]) - static_cast<double>(expected[i]));
                    QVERIFY2(error <= 2e-6 * sizes[i],
                             qPrintable(QString("%1, %2 rows, %3 columns, n %4: %5 instead of %6 at %7")
                                            .arg(QString::fromLatin1(table->name.data(),
                                                                     static_cast<int>(table->name.size())))
                                            .arg(c.rows)
                                            .arg(cols)
                                            .arg(c.n)
                                            .arg(static_cast<double>(got[i]))
                                            .arg(static_cast<double>(expected[i]))
                                            .arg(i)));
                }
            }
        }
    }

    void every_set_has_products_of_its_own() {
        const std::set<DType> formats{DType::q8_0, DType::q4_0, DType::q4_k, DType::q5_k, DType::q6_k};
        std::set<void (*)(const MatmulArgs&)> seen;
        for (const KernelTable* table : tables()) {
            for (const DType type : formats) QVERIFY(seen.insert(table->of(type).matmul).second);
        }
        QVERIFY(seen.size() >= formats.size());
    }

    void same_bits_on_every_vector_width_data() {
        QTest::addColumn<quint32>("type");
        for (const DTypeInfo& info : dtype_table()) {
            if (tables().front()->of(info.type).activations != ActivationKind::int8) continue;
            QTest::newRow(std::string(info.name).c_str()) << static_cast<quint32>(info.type);
        }
    }
    void same_bits_on_every_vector_width() {
        QFETCH(quint32, type);
        const auto dtype = static_cast<DType>(type);
        std::mt19937_64 random(test::test_seed());
        const Case c{45, 0, 11};
        const std::size_t cols = 9 * std::max<std::size_t>(dtype_info(dtype).block_length, 32);
        const std::vector<std::byte> weights = test::random_blocks(random, dtype, c.rows * cols);
        std::vector<float> x = test::random_floats(random, c.n * cols);
        for (std::size_t k = 0; k < cols; ++k) x[k] = k % 2 == 0 ? 1.0F : -1.0F;  // the ends of int8
        const test::QuantizedRows quantized(*tables().front(), x, c.n, cols);
        std::vector<float> expected;
        for (const KernelTable* table : tables()) {
            if (table == tables().front()) continue;  // the plain loops add floats in another order
            const std::vector<float> got = run(*table, dtype, weights, quantized, c, cols);
            if (expected.empty()) expected = got;
            QVERIFY2(got == expected, std::string(table->name).c_str());
        }
    }

    void decodes_as_scalar_data() { add_columns(); }
    void decodes_as_scalar() {
        QFETCH(quint32, type);
        const auto dtype = static_cast<DType>(type);
        std::mt19937_64 random(test::test_seed());
        const std::size_t count = 5 * std::max<std::size_t>(dtype_info(dtype).block_length, 7);
        const std::vector<std::byte> weights = test::random_blocks(random, dtype, count);
        std::vector<float> expected(count);
        tables().front()->of(dtype).to_float(weights.data(), expected.data(), count);
        for (const KernelTable* table : tables()) {
            std::vector<float> got(count);
            table->of(dtype).to_float(weights.data(), got.data(), count);
            QVERIFY(got == expected);
        }
    }

    void same_bits_whatever_the_batch_data() { add_columns(); }
    void same_bits_whatever_the_batch() {
        QFETCH(quint32, type);
        const auto dtype = static_cast<DType>(type);
        std::mt19937_64 random(test::test_seed());
        const std::size_t cols = 3 * std::max<std::size_t>(dtype_info(dtype).block_length, 64);
        const std::size_t rows = 77;
        const std::size_t n = 48;
        const std::vector<std::byte> weights = test::random_blocks(random, dtype, rows * cols);
        const std::vector<float> x = test::random_floats(random, n * cols);
        TensorView view;
        view.data = weights.data();
        view.type = dtype;
        view.dims = {cols, rows, 1, 1};
        for (const KernelTable* table : tables()) {
            std::vector<float> together(n * rows);
            std::vector<float> packed_together(n * rows);
            ThreadPool two(2);
            Activations all;
            all.assign(x.data(), n, cols);
            QVERIFY(matmul(*table, two, all, WeightMatrix(view), together.data()));
            AlignedBuffer<std::byte> packed_memory;
            WeightMatrix packed;
            if (const std::size_t bytes = packed_bytes(*table, view); bytes != 0) {
                QVERIFY(packed_memory.resize(bytes));
                packed = pack_weights(*table, two, view, packed_memory.data());
                QVERIFY(matmul(*table, two, all, packed, packed_together.data()));
                QVERIFY(packed_together == together);
            }
            ThreadPool one(1);
            for (const std::size_t batch : {1, 2, 3, 7}) {
                for (std::size_t i = 0; i + batch <= n; i += 5 + batch) {
                    Activations some;
                    some.assign(x.data() + i * cols, batch, cols);
                    std::vector<float> y(batch * rows);
                    QVERIFY(matmul(*table, one, some, WeightMatrix(view), y.data()));
                    QVERIFY(std::equal(y.begin(), y.end(),
                                       together.begin() + static_cast<std::ptrdiff_t>(i * rows)));
                    if (!packed) continue;
                    QVERIFY(matmul(*table, one, some, packed, y.data()));
                    QVERIFY(std::equal(y.begin(), y.end(),
                                       together.begin() + static_cast<std::ptrdiff_t>(i * rows)));
                }
            }
        }
    }

    void several_jobs_with_biases() {
        std::mt19937_64 random(test::test_seed());
        const std::size_t cols = 96;
        const std::size_t n = 3;
        const std::vector<float> x = test::random_floats(random, n * cols);
        const std::vector<std::byte> first = test::random_blocks(random, DType::q8_0, 40 * cols);
        const std::vector<std::byte> second = test::random_blocks(random, DType::f32, 7 * cols);
        const std::vector<float> bias = test::random_floats(random, 40);
        TensorView a{first.data(), DType::q8_0, {cols, 40, 1, 1}};
        TensorView b{second.data(), DType::f32, {cols, 7, 1, 1}};
        for (const KernelTable* table : tables()) {
            ThreadPool pool(2);
            Activations activations;
            activations.assign(x.data(), n, cols);
            std::vector<float> ya(n * 50);
            std::vector<float> yb(n * 7);
            const MatmulJob jobs[] = {{WeightMatrix(a), ya.data(), 50, bias.data()},
                                      {WeightMatrix(b), yb.data(), 0, nullptr}};
            QVERIFY(matmul(*table, pool, activations, jobs));
            std::vector<float> plain(n * 40);
            QVERIFY(matmul(*table, pool, activations, WeightMatrix(a), plain.data()));
            for (std::size_t i = 0; i < n; ++i) {
                for (std::size_t r = 0; r < 40; ++r) QCOMPARE(ya[i * 50 + r], plain[i * 40 + r] + bias[r]);
            }
            std::vector<float> alone(n * 7);
            QVERIFY(matmul(*table, pool, activations, WeightMatrix(b), alone.data()));
            QVERIFY(alone == yb);
        }
    }
};

QTEST_GUILESS_MAIN(TestMatmul)
#include "tst_matmul.moc"
