// All that is no product, on a graphics device, against the scalar kernels or plain loops.
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "inference/kernels/select.h"
#include "tests/kernels/kernel_test_support.h"
#include "tests/support/files.h"
#include "tests/vulkan/vulkan_bench.h"

using namespace kinglet;
using test::VulkanBench;
using vulkan::Heads;
using vulkan::MapOperation;

namespace {

constexpr double allowed = 1e-10;

const kernels::KernelTable& scalar() {
    return **kernels::select_table("scalar", detect_cpu_features());
}

Heads vectors(const vulkan::Slice& slice, std::uint32_t size) {
    return {{slice, 0, size}, 1, size, 0};
}

}  // namespace

class TestVulkanOperations : public QObject {
    Q_OBJECT

    std::mt19937_64 random_{test::test_seed()};
    std::unique_ptr<VulkanBench> bench_;

    std::vector<float> floats(std::size_t count) { return test::random_floats(random_, count); }

    void compare(const vulkan::Slice& slice, const std::vector<float>& expected, double bound = allowed) {
        const double error = test::normalised_error(bench_->floats(slice, expected.size()), expected);
        QVERIFY2(error <= bound, qPrintable(QString("normalised error %1").arg(error)));
    }

  private slots:
    void initTestCase() {
        qInfo("KINGLET_TEST_SEED=%llu", static_cast<unsigned long long>(test::test_seed()));
        bench_ = std::make_unique<VulkanBench>();
    }
    void cleanupTestCase() { QCOMPARE(bench_->context.validation_messages(), 0); }

    void norms() {
        for (const std::uint32_t n : {1U, 7U, 64U, 65U, 300U}) {
            constexpr std::uint32_t heads = 3, count = 2;
            const std::vector<float> x = floats(count * heads * n), gain = floats(heads * n),
                                     bias = floats(heads * n);
            for (const auto kind : {vulkan::NormOperation::rms, vulkan::NormOperation::layer}) {
                std::vector<float> expected(x.size());
                for (std::uint32_t i = 0; i < count * heads; ++i) {
                    const float* g = gain.data() + i % heads * n;
                    if (kind == vulkan::NormOperation::rms) {
                        scalar().rms_norm(x.data() + i * n, g, expected.data() + i * n, n, 1e-5F);
                    } else {
                        scalar().layer_norm(x.data() + i * n, g, bias.data() + i % heads * n,
                                            expected.data() + i * n, n, 1e-5F);
                    }
                }
                const vulkan::Slice y = bench_->put(x);
                const Heads all{{y, 0, heads * n}, heads, n, n};
                vulkan::NormOptions options{kind, bench_->put(gain), {}, 0, n, 1e-5F};
                if (kind == vulkan::NormOperation::layer) options.bias = bench_->put(bias);
                bench_->run([&](vulkan::Operations& ops) { ops.norm(all, all, count, options); });
                compare(y, expected);
            }
        }
    }

    void length_norm() {
        const std::vector<float> x = floats(50);
        const double sum = std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
        std::vector<float> expected;
        for (const float value : x)
            expected.push_back(static_cast<float>(static_cast<double>(value) / std::sqrt(sum + 1e-3)));
        const vulkan::Slice y = bench_->room(50);
        bench_->run([&](vulkan::Operations& ops) {
            ops.norm(vectors(bench_->put(x), 50), vectors(y, 50), 1,
                     {vulkan::NormOperation::length, {}, {}, 0, 0, 1e-3F});
        });
        compare(y, expected);
    }

    void rope() {
        constexpr std::uint32_t heads = 3, size = 20, count = 4, pairs = 8, stride = heads * size + 2;
        const std::vector<float> x = floats(count * stride);
        std::vector<float> angles;
        for (std::uint32_t t = 0; t < count; ++t) {
            for (std::uint32_t i = 0; i < pairs; ++i)
                angles.push_back(std::cos(static_cast<float>(t + 3 * i)));
            for (std::uint32_t i = 0; i < pairs; ++i)
                angles.push_back(std::sin(static_cast<float>(t + 3 * i)));
        }
        for (const auto pairing : {arch::RopePairing::neighbours, arch::RopePairing::halves}) {
            const bool halves = pairing == arch::RopePairing::halves;
            std::vector<float> expected = x;
            for (std::uint32_t t = 0; t < count; ++t) {
                const float grown = 1 + 0.3F * std::log(1 + std::floor(static_cast<float>(100 + t) / 16));
                for (std::uint32_t h = 0; h < heads; ++h) {
                    float* head = expected.data() + t * stride + h * size;
                    const float* row = angles.data() + t * 2 * pairs;
                    (halves ? scalar().rope_halves : scalar().rope_adjacent)(head, row, row + pairs, pairs);
                    scalar().scale(head, size, grown);
                }
            }
            bench_->set_step(100, 104);
            const vulkan::Slice y = bench_->put(x);
            bench_->run([&](vulkan::Operations& ops) {
                ops.rope({{y, 0, stride}, heads, size, size}, count,
                         {pairing, pairs, {bench_->put(angles), 0, 2 * pairs}, 0.3F, 16});
            });
            compare(y, expected);
        }
    }

    void value_by_value_data() {
        QTest::addColumn<int>("operation");
        const std::vector<std::pair<const char*, MapOperation>> all{
            {"add_scaled", MapOperation::add_scaled}, {"multiply", MapOperation::multiply},
            {"scale", MapOperation::scale},           {"softcap", MapOperation::softcap},
            {"clamp", MapOperation::clamp},           {"times_sigmoid", MapOperation::times_sigmoid}};
        for (const auto& [name, operation] : all) QTest::newRow(name) << static_cast<int>(operation);
        const char* names[] = {"silu", "gelu_tanh", "gelu_erf", "relu", "relu_squared"};
        for (int i = 0; i < 5; ++i) {
            QTest::newRow(names[i]) << 6 + i;
            QTest::newRow((std::string(names[i]) + "_gated").c_str()) << 22 + i;
        }
    }

    void value_by_value() {
        QFETCH(int, operation);
        constexpr std::uint32_t n = 131, count = 3;
        const std::vector<float> a = floats(n * count), b = floats(n * count);
        const auto one = [&](float x, float other) -> float {
            const int kind = operation >= 16 ? operation - 16 : operation;
            float result = x;
            switch (kind) {
                case 0:
                    return x + 0.75F * other;
                case 1:
                    return x * other;
                case 2:
                    return x * 0.75F;
                case 3:
                    return 0.75F * std::tanh(x / 0.75F);
                case 4:
                    return std::clamp(x, -0.75F, 0.75F);
                case 5:
                    return x / (1 + std::exp(-other));
                case 6:
                    scalar().silu(&x, &result, 1);
                    break;
                case 7:
                    scalar().gelu_tanh(&x, &result, 1);
                    break;
                case 8:
                    scalar().gelu_erf(&x, &result, 1);
                    break;
                default:
                    result = std::max(x, 0.0F) * (kind == 10 ? std::max(x, 0.0F) : 1.0F);
            }
            return operation >= 16 ? result * other : result;
        };
        std::vector<float> expected;
        for (std::size_t i = 0; i < a.size(); ++i) expected.push_back(one(a[i], b[i]));
        const vulkan::Slice y = bench_->put(a);
        bench_->run([&](vulkan::Operations& ops) {
            ops.map(static_cast<MapOperation>(operation), vectors(y, n), vectors(bench_->put(b), n),
                    vectors(y, n), count, 0.75F);
        });
        compare(y, expected);
    }

    void attention_data() {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("length");
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("window");
        QTest::addColumn<int>("splits");
        for (const DType type : {DType::f32, DType::f16, DType::q8_0, DType::q4_0}) {
            const auto row = [&](const char* name, int length, int count, int window, int splits) {
                QTest::addRow("%s %s", dtype_info(type).name.data(), name)
                    << static_cast<int>(type) << length << count << window << splits;
            };
            row("first token", 1, 1, 0, 1);
            row("a prompt", 70, 70, 0, 1);
            row("one token", 200, 1, 0, 1);
            row("in parts", 333, 1, 0, 4);
            row("more parts than positions", 3, 1, 0, 8);
            row("a window and a ring", 150, 5, 40, 1);
            row("a window in parts", 150, 1, 40, 2);
            row("both ways", 30, 30, 0, 1);
        }
    }

    void attention() {
        QFETCH(int, type);
        QFETCH(int, length);
        QFETCH(int, count);
        QFETCH(int, window);
        QFETCH(int, splits);
        const bool causal = QString(QTest::currentDataTag()).contains("both ways") ? false : true;
        constexpr std::uint32_t heads = 4, kv_heads = 2, key_size = 32, value_size = 64;
        const auto dtype = static_cast<DType>(type);
        const DTypeInfo& info = dtype_info(dtype);
        const auto all = static_cast<std::uint32_t>(length), batch = static_cast<std::uint32_t>(count);
        const std::uint32_t capacity = window > 0 ? static_cast<std::uint32_t>(window + count) : all + 3;
        const auto make = [&](std::uint32_t size) {
            vulkan::Cache cache{{}, dtype, size, size / info.block_length * info.block_bytes, capacity};
            cache.data = bench_->room(kv_heads * capacity * cache.bytes / 4 + 4);
            return cache;
        };
        const vulkan::Cache keys = make(key_size), values = make(value_size);
        const std::vector<float> k = floats(all * kv_heads * key_size),
                                 v = floats(all * kv_heads * value_size);
        const std::vector<float> q = floats(batch * heads * key_size);
        const vulkan::Slice y = bench_->room(batch * heads * value_size);
        // All but the batch one by one, as answers do; then the batch.
        const vulkan::Slice all_k = bench_->put(k), all_v = bench_->put(v);
        for (std::uint32_t at = 0; at < all;) {
            const std::uint32_t now = at < all - batch ? 1 : batch;
            bench_->set_step(at, at + now);
            bench_->run([&](vulkan::Operations& ops) {
                ops.store({all_k, at * kv_heads * key_size, kv_heads * key_size}, now, kv_heads, keys);
                ops.store({all_v, at * kv_heads * value_size, kv_heads * value_size}, now, kv_heads, values);
            });
            at += now;
        }
        vulkan::AttentionOptions options;
        options.heads = heads;
        options.kv_heads = kv_heads;
        options.window = static_cast<std::uint32_t>(window);
        options.causal = causal;
        options.scale = 0.2F;
        options.softcap = 5;
        options.splits = static_cast<std::uint32_t>(splits);
        options.parts = bench_->room(heads * options.splits * (value_size + 2));
        bench_->set_step(all - batch, all);
        bench_->run([&](vulkan::Operations& ops) {
            ops.attention({{bench_->put(q), 0, heads * key_size}, heads, key_size, key_size}, batch, keys,
                          values, {y, 0, heads * value_size}, options);
        });

        const auto stored = [&](const std::vector<float>& x, std::uint32_t size, std::uint32_t position,
                                std::uint32_t head) {
            std::vector<std::byte> bytes(size / info.block_length * info.block_bytes);
            const float* from = x.data() + (position * kv_heads + head) * size;
            scalar().of(dtype).from_float(from, bytes.data(), size);
            return bytes;
        };
        std::vector<float> expected(batch * heads * value_size);
        for (std::uint32_t t = 0; t < batch; ++t) {
            const std::uint32_t here = all - batch + t, last = causal ? here : all - 1;
            const auto reach = static_cast<std::uint32_t>(window);
            const std::uint32_t first = window > 0 && here + 1 > reach ? here + 1 - reach : 0;
            for (std::uint32_t h = 0; h < heads; ++h) {
                std::vector<std::byte> seen_keys, seen_values;
                for (std::uint32_t at = first; at <= last; ++at) {
                    for (const std::byte b : stored(k, key_size, at, h / 2)) seen_keys.push_back(b);
                    for (const std::byte b : stored(v, value_size, at, h / 2)) seen_values.push_back(b);
                }
                kernels::AttentionArgs args;
                args.q = q.data() + (t * heads + h) * key_size;
                args.k = seen_keys.data();
                args.k_stride = keys.bytes;
                args.v = seen_values.data();
                args.v_stride = values.bytes;
                args.length = last - first + 1;
                args.k_dim = key_size;
                args.v_dim = value_size;
                args.scale = 0.2F;
                args.softcap = 5;
                args.out = expected.data() + (t * heads + h) * value_size;
                scalar().of(dtype).attention(args);
            }
        }
        // Blocks may be rounded the other way where a value lies in the middle.
        compare(y, expected, dtype == DType::f32 ? allowed : dtype == DType::f16 ? 1e-7 : 1e-5);
    }

    void softmax_and_argmax() {
        for (const std::uint32_t n : {1U, 10U, 64U, 1000U}) {
            std::vector<float> x = floats(3 * n);
            if (n > 5) x[4] = x[2] = 50;
            std::vector<float> expected = x;
            for (std::size_t i = 0; i < 3; ++i) scalar().softmax(expected.data() + i * n, n);
            const vulkan::Slice rows = bench_->put(x), places = bench_->room(3);
            bench_->run([&](vulkan::Operations& ops) {
                ops.argmax(rows, n, 3, places);
                ops.wait();
                ops.softmax(rows, n, 3);
            });
            compare(rows, expected);
            for (std::size_t i = 0; i < 3; ++i) {
                std::uint32_t place = 0;
                std::memcpy(&place, places.mapped + 4 * i, 4);
                QCOMPARE(static_cast<std::size_t>(place), scalar().argmax(x.data() + i * n, n));
            }
        }
    }

    void experts() {
        constexpr std::uint32_t experts = 7, used = 3, count = 5, size = 9;
        std::vector<float> p(experts * count);
        std::uniform_real_distribution<float> any(0, 1);
        for (float& value : p) value = any(random_);
        p[1] = p[4] = 2;  // the first of equals
        const std::vector<float> parts = floats(count * used * size);
        const vulkan::Slice chosen = bench_->room(count * used), portions = bench_->room(count * used);
        const vulkan::Slice y = bench_->room(count * size);
        bench_->run([&](vulkan::Operations& ops) {
            ops.choose_experts(bench_->put(p), experts, used, count, true, chosen, portions);
            ops.wait();
            ops.blend(bench_->put(parts), portions, size, used, count, y);
        });
        std::vector<float> expected;
        for (std::uint32_t t = 0; t < count; ++t) {
            std::vector<std::uint32_t> order(experts);
            std::iota(order.begin(), order.end(), 0U);
            const float* row = p.data() + t * experts;
            std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return row[a] > row[b]; });
            float sum = 0;
            for (std::uint32_t i = 0; i < used; ++i) sum += row[order[i]];
            for (std::uint32_t i = 0; i < used; ++i) {
                std::uint32_t got = 0;
                std::memcpy(&got, chosen.mapped + 4 * (t * used + i), 4);
                QCOMPARE(got, order[i]);
            }
            for (std::uint32_t j = 0; j < size; ++j) {
                float value = 0;
                for (std::uint32_t i = 0; i < used; ++i)
                    value += row[order[i]] / sum * parts[(t * used + i) * size + j];
                expected.push_back(value);
            }
        }
        compare(y, expected);
    }

    void convolution() {
        constexpr std::uint32_t channels = 70, taps = 4, count = 6, stride = channels + 3;
        const std::vector<float> x = floats(count * stride), kernel = floats(channels * taps),
                                 bias = floats(channels);
        const std::vector<float> tail = floats((taps - 1) * channels);
        std::vector<float> expected = x, all = tail;
        for (std::uint32_t t = 0; t < count; ++t) {
            for (std::uint32_t c = 0; c < channels; ++c) all.push_back(x[t * stride + c]);
        }
        for (std::uint32_t t = 0; t < count; ++t) {
            for (std::uint32_t c = 0; c < channels; ++c) {
                float sum = bias[c];
                for (std::uint32_t j = 0; j < taps; ++j)
                    sum += kernel[c * taps + j] * all[(t + j) * channels + c];
                expected[t * stride + c] = sum;
            }
        }
        const vulkan::Slice rows = bench_->put(x), kept = bench_->put(tail);
        bench_->run([&](vulkan::Operations& ops) {
            ops.convolution({rows, 0, stride}, count, channels, taps, bench_->put(kernel), bench_->put(bias),
                            kept);
        });
        compare(rows, expected);
        compare(kept, {all.end() - (taps - 1) * channels, all.end()});
    }

    // The gated delta rule as the formula has it, state and all.
    void delta_net() {
        constexpr std::uint32_t n = 24, key_heads = 2, value_heads = 4, count = 3, tail = 5;
        constexpr std::uint32_t channels = (2 * key_heads + value_heads) * n, inner = value_heads * n;
        constexpr std::uint32_t stride = channels + inner + 2 * value_heads;
        std::vector<float> x = floats(count * stride);
        for (float& value : x) value *= 0.2F;
        const std::vector<float> decay{-0.1F, -0.7F, -1.0F, -0.3F}, step_bias = floats(value_heads);
        std::vector<float> state = floats(tail + inner * n);
        const vulkan::Slice kept = bench_->put(state), y = bench_->room(count * inner);
        bench_->run([&](vulkan::Operations& ops) {
            ops.delta_net({bench_->put(x), 0, stride}, count,
                          {n, key_heads, value_heads, bench_->put(decay), bench_->put(step_bias), kept, tail},
                          y);
        });
        std::vector<float> expected(count * inner);
        for (std::uint32_t t = 0; t < count; ++t) {
            const float* row = x.data() + t * stride;
            for (std::uint32_t h = 0; h < value_heads; ++h) {
                const float *q = row + h % key_heads * n, *k = q + key_heads * n,
                            *v = row + (2 * key_heads + h) * n;
                const float beta = 1 / (1 + std::exp(-row[channels + inner + value_heads + h]));
                const float keep =
                    std::exp(decay[h] * std::log1p(std::exp(row[channels + inner + h] + step_bias[h])));
                float* m = state.data() + tail + h * n * n;
                for (std::uint32_t j = 0; j < n; ++j) {
                    float seen = 0, sum = 0;
                    for (std::uint32_t i = 0; i < n; ++i) seen += k[i] * (m[i * n + j] *= keep);
                    for (std::uint32_t i = 0; i < n; ++i)
                        sum += q[i] * (m[i * n + j] += k[i] * beta * (v[j] - seen));
                    expected[t * inner + h * n + j] = sum / std::sqrt(static_cast<float>(n));
                }
            }
        }
        compare(y, expected);
        compare(kept, state);
    }

    void mamba() {
        constexpr std::uint32_t inner = 48, n = 16, heads = 6, groups = 2, count = 3, tail = 4,
                                values = inner / heads;
        constexpr std::uint32_t channels = inner + 2 * groups * n, stride = inner + channels + heads;
        const std::vector<float> x = floats(count * stride), step_bias = floats(heads), skip = floats(heads);
        const std::vector<float> decay{-0.1F, -0.7F, -1.0F, -0.3F, -0.2F, -2.0F};
        std::vector<float> state = floats(tail + inner * n);
        const vulkan::Slice kept = bench_->put(state), y = bench_->room(count * inner);
        bench_->run([&](vulkan::Operations& ops) {
            ops.mamba({bench_->put(x), 0, stride}, count,
                      {inner, n, heads, groups, bench_->put(step_bias), bench_->put(decay), bench_->put(skip),
                       kept, tail},
                      y);
        });
        std::vector<float> expected(count * inner);
        for (std::uint32_t t = 0; t < count; ++t) {
            const float* row = x.data() + t * stride + inner;
            for (std::uint32_t i = 0; i < inner; ++i) {
                const std::uint32_t h = i / values, group = h / (heads / groups);
                const float *b = row + inner + group * n, *c = b + groups * n;
                const float raw = row[channels + h] + step_bias[h];
                const float step = raw > 20 ? raw : std::log1p(std::exp(raw));
                float sum = skip[h] * row[i];
                for (std::uint32_t j = 0; j < n; ++j) {
                    float& m = state[tail + i * n + j];
                    m = m * std::exp(step * decay[h]) + step * row[i] * b[j];
                    sum += m * c[j];
                }
                expected[t * inner + i] = sum;
            }
        }
        compare(y, expected);
        compare(kept, state);
    }
};

int main(int argc, char** argv) {
    if (const auto list = vulkan::list_devices(); list.devices.empty()) {
        std::printf("SKIPPED: %s\n", list.why_none.c_str());
        return 77;
    }
    TestVulkanOperations test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_vulkan_operations.moc"
