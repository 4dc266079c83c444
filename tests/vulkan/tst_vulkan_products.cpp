// Products, decoding and caches on a graphics device against the scalar kernels, for every format and odd
// sizes.
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "inference/kernels/select.h"
#include "inference/vulkan/shader_code.h"
#include "inference/vulkan/weights.h"
#include "tests/kernels/kernel_test_support.h"
#include "tests/support/files.h"
#include "tests/vulkan/vulkan_bench.h"

using namespace kinglet;
using test::VulkanBench;
using vulkan::Matrix;
using vulkan::Rows;

namespace {

constexpr double single_precision = 1e-10;
constexpr double half_precision = 1e-5;
/// Of inputs that were made whole numbers beforehand; a driver's division may round one the other way.
constexpr double whole_numbers = 1e-6;

/// What shaders/quantize.comp leaves of 32 values.
void make_whole(float* x) {
    const float largest =
        std::abs(*std::max_element(x, x + 32, [](float a, float b) { return std::abs(a) < std::abs(b); }));
    for (float* value = x; value < x + 32; ++value)
        *value = largest > 0 ? largest / 127 * std::round(*value * (127 / largest)) : 0;
}

const kernels::KernelTable& scalar() {
    return **kernels::select_table("scalar", detect_cpu_features());
}

/// A matrix with what it is decoded to.
struct TestMatrix {
    Matrix matrix;
    std::vector<float> values;
    TestMatrix(VulkanBench& bench, std::mt19937_64& random, DType type, std::size_t rows,
               std::size_t columns) {
        const DTypeInfo& info = dtype_info(type);
        const std::vector<std::byte> blocks = test::random_blocks(random, type, rows * columns);
        values.resize(rows * columns);
        scalar().of(type).to_float(blocks.data(), values.data(), values.size());
        matrix.data = bench.put(blocks);
        matrix.type = type;
        matrix.rows = static_cast<std::uint32_t>(rows);
        matrix.columns = static_cast<std::uint32_t>(columns);
        matrix.row_bytes = static_cast<std::uint32_t>(columns / info.block_length * info.block_bytes);
        if (const auto words = vulkan::grid_bytes(type); !words.empty()) matrix.grid = bench.put(words);
    }
    struct Product {
        double sum = 0;
        double size = 0;  ///< of what was added up, whatever its sign
    };
    /// Row `row` times x, in double precision.
    Product product(std::size_t row, const float* x) const {
        Product result;
        for (std::size_t k = 0; k < matrix.columns; ++k) {
            const double part =
                static_cast<double>(values[row * matrix.columns + k]) * static_cast<double>(x[k]);
            result.sum += part;
            result.size += std::abs(part);
        }
        return result;
    }
};

}  // namespace

class TestVulkanProducts : public QObject {
    Q_OBJECT

    std::mt19937_64 random_{test::test_seed()};
    std::unique_ptr<VulkanBench> bench_;

    void product(DType type, std::size_t rows, std::size_t columns, std::size_t count) {
        const TestMatrix w(*bench_, random_, type, rows, columns);
        std::vector<float> x = test::random_floats(random_, count * (columns + 3));
        const std::vector<float> bias = test::random_floats(random_, rows);
        const vulkan::Slice y = bench_->room(count * (rows + 5));
        const vulkan::MultiplyOptions options{.bias = bench_->put(bias), .scale = 0.5F};
        bench_->run([&](vulkan::Operations& ops) {
            ops.set_room(bench_->room(vulkan::Operations::quantized_bytes(columns, count) / sizeof(float)));
            ops.multiply(w.matrix, {bench_->put(x), 0, w.matrix.columns + 3},
                         static_cast<std::uint32_t>(count), {y, 2, w.matrix.rows + 5}, options);
        });
        const std::vector<float> out = bench_->floats(y, count * (rows + 5));
        const bool whole = count > 8 && bench_->context.features().integer_dot &&
                           vulkan::find_shader("matmul_int8_" + vulkan::shader_name(type)) != nullptr;
        // Held against the size of what was added up: what cancels out leaves little to be held against.
        double wrong = 0, size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t k = 0; whole && k < columns; k += 32)
                make_whole(x.data() + i * (columns + 3) + k);
            for (std::size_t r = 0; r < rows; ++r) {
                const TestMatrix::Product expected = w.product(r, x.data() + i * (columns + 3));
                const double actual = static_cast<double>(out[i * (rows + 5) + 2 + r]);
                wrong += std::pow(actual - 0.5 * expected.sum - static_cast<double>(bias[r]), 2);
                size += std::pow(0.5 * expected.size + std::abs(static_cast<double>(bias[r])), 2);
            }
            QVERIFY(std::isnan(out[i * (rows + 5)]));  // nothing beside the rows is touched
        }
        const bool halves =
            count > 8 && bench_->context.features().float16 && type != DType::f32 && type != DType::bf16;
        const double error = wrong / size;
        QVERIFY2(error <= (whole    ? whole_numbers
                           : halves ? half_precision
                                    : single_precision),
                 qPrintable(QString("%1 x %2 times %3: %4").arg(rows).arg(columns).arg(count).arg(error)));
    }

  private slots:
    void initTestCase() {
        qInfo("KINGLET_TEST_SEED=%llu", static_cast<unsigned long long>(test::test_seed()));
        bench_ = std::make_unique<VulkanBench>();
        qInfo("on %s", bench_->context.info().name.c_str());
    }
    void cleanupTestCase() { QCOMPARE(bench_->context.validation_messages(), 0); }

    void products_data() {
        QTest::addColumn<int>("type");
        for (const DTypeInfo& info : dtype_table()) {
            if (info.has_kernel) QTest::newRow(info.name.data()) << static_cast<int>(info.type);
        }
    }

    void products() {
        QFETCH(int, type);
        const auto dtype = static_cast<DType>(type);
        const std::size_t block = dtype_info(dtype).block_length;
        const std::vector<std::size_t> widths = block == 1
                                                    ? std::vector<std::size_t>{1, 7, 33, 100}
                                                    : std::vector<std::size_t>{block, 3 * block, 5 * block};
        for (const std::size_t columns : widths) {
            for (const std::size_t rows : {1, 5, 67}) {
                for (const std::size_t count : {1, 3, 9, 37}) product(dtype, rows, columns, count);
            }
        }
    }

    void rows_of_a_table_data() { products_data(); }

    void rows_of_a_table() {
        QFETCH(int, type);
        const auto dtype = static_cast<DType>(type);
        const std::size_t block = dtype_info(dtype).block_length, columns = block == 1 ? 13 : 2 * block;
        const TestMatrix table(*bench_, random_, dtype, 9, columns);
        const std::vector<std::uint32_t> ids{8, 0, 3, 3};
        const vulkan::Slice y = bench_->room(ids.size() * columns);
        bench_->run([&](vulkan::Operations& ops) { ops.embed(table.matrix, bench_->put(ids), 4, y, 2); });
        const std::vector<float> out = bench_->floats(y, ids.size() * columns);
        std::vector<float> expected;
        for (const std::uint32_t id : ids) {
            for (std::size_t k = 0; k < columns; ++k) expected.push_back(2 * table.values[id * columns + k]);
        }
        QVERIFY(test::normalised_error(out, expected) <= single_precision);
    }

    void experts_have_matrices_of_their_own() {
        constexpr std::uint32_t experts = 5, rows = 6, columns = 64, used = 2, count = 3;
        TestMatrix w(*bench_, random_, DType::q4_0, experts * rows, columns);
        w.matrix.rows = rows;
        w.matrix.plane_bytes = rows * w.matrix.row_bytes;
        const std::vector<float> x = test::random_floats(random_, count * columns);
        const std::vector<std::uint32_t> chosen{4, 0, 2, 3, 1, 4};
        const vulkan::Slice y = bench_->room(count * used * rows);
        vulkan::MultiplyOptions options;
        options.chosen = bench_->put(chosen);
        options.share = used;
        bench_->run([&](vulkan::Operations& ops) {
            ops.multiply(w.matrix, {bench_->put(x), 0, columns}, count * used, {y, 0, rows}, options);
        });
        std::vector<float> expected;
        for (std::size_t slot = 0; slot < chosen.size(); ++slot) {
            for (std::uint32_t r = 0; r < rows; ++r)
                expected.push_back(static_cast<float>(
                    w.product(chosen[slot] * rows + r, x.data() + slot / used * columns).sum));
        }
        QVERIFY(test::normalised_error(bench_->floats(y, expected.size()), expected) <= single_precision);
    }

    void added_to_what_is_there() {
        const TestMatrix w(*bench_, random_, DType::f16, 10, 24);
        const std::vector<float> x = test::random_floats(random_, 24),
                                 before = test::random_floats(random_, 10);
        const vulkan::Slice y = bench_->put(before);
        vulkan::MultiplyOptions options;
        options.added = true;
        options.scale = -2;
        bench_->run([&](vulkan::Operations& ops) {
            ops.multiply(w.matrix, {bench_->put(x), 0, 24}, 1, {y, 0, 10}, options);
        });
        std::vector<float> expected;
        for (std::size_t r = 0; r < 10; ++r)
            expected.push_back(
                static_cast<float>(static_cast<double>(before[r]) - 2 * w.product(r, x.data()).sum));
        QVERIFY(test::normalised_error(bench_->floats(y, 10), expected) <= single_precision);
    }

    void every_format_has_every_shader() {
        for (const DTypeInfo& info : dtype_table()) {
            if (!info.has_kernel) continue;
            for (const char* kind : {"matvec_", "matvec_subgroup_", "matmul_", "matmul_fp16_", "embed_"}) {
                const std::string name = kind + vulkan::shader_name(info.type);
                QVERIFY2(vulkan::find_shader(name) != nullptr, name.c_str());
            }
        }
        QVERIFY(vulkan::find_shader("matvec_q9_9") == nullptr);
    }
};

int main(int argc, char** argv) {
    if (const auto list = vulkan::list_devices(); list.devices.empty()) {
        std::printf("SKIPPED: %s\n", list.why_none.c_str());
        return 77;
    }
    TestVulkanProducts test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_vulkan_products.moc"
