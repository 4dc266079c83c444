// Micro-benchmarks of each product kernel on each instruction set, beside the limits of the machine in the
// same run.
//   matmul/ISA/DTYPE/plain|packed/n   one thread, n activation rows; bytes of weights and products a second
// B/cycle are bytes of weights, and roof is the share of what the machine's limits allow: a kernel can
// neither read its weights faster than a plain read does nor multiply faster than the AVX2 loop (wider sets
// may). Weights of n = 1 are larger than the caches, because that is how generation meets them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "inference/base/page_buffer.h"
#include "inference/kernels/matmul.h"
#include "inference/kernels/select.h"
#include "tests/bench/limits.h"
#include "tests/kernels/kernel_test_support.h"

namespace {

using namespace kinglet;
using namespace kinglet::kernels;

constexpr std::size_t kCols = 2048;

/// Counters of one round that reads and multiplies so much.
void compare_with_roof(benchmark::State& state, double bytes, double products, bool int8) {
    const bench::Roof& roof = bench::roof();
    const auto rounds = static_cast<double>(state.iterations());
    const double peak = int8 ? roof.int8_products_per_s : roof.float_products_per_s;
    if (roof.read_bytes_per_s == 0 || peak == 0) return;
    const double least_time = std::max(bytes / roof.read_bytes_per_s, products / peak);
    state.counters["roof"] = benchmark::Counter(rounds * least_time, benchmark::Counter::kIsRate);
    state.counters["B/cycle"] =
        benchmark::Counter(rounds * bytes / roof.cycles_per_s, benchmark::Counter::kIsRate);
}

void product(benchmark::State& state, const KernelTable& table, DType type, bool pack, std::size_t n) {
    std::mt19937_64 random(1);
    const std::size_t row = *row_bytes(type, kCols);
    const std::size_t rows = n == 1 ? std::size_t{96} * 1024 * 1024 / row / 16 * 16 : 512;
    // Sixteen random rows over and over: what the values are makes no difference, making them takes time.
    const std::vector<std::byte> some = test::random_blocks(random, type, 16 * kCols);
    PageBuffer weights;
    if (!weights.resize(rows * row)) return state.SkipWithError("out of memory");
    for (std::size_t at = 0; at < weights.size(); at += some.size()) {
        std::copy(some.begin(), some.end(), weights.data() + at);
    }
    const std::vector<float> x = test::random_floats(random, n * kCols);
    std::vector<float> y(n * rows);
    TensorView view{weights.data(), type, {kCols, rows, 1, 1}};
    ThreadPool pool(1);
    WeightMatrix matrix(view);
    PageBuffer packed;
    if (pack) {
        if (!packed.resize(packed_bytes(table, view))) return state.SkipWithError("out of memory");
        matrix = pack_weights(table, pool, view, packed.data());
    }
    Activations activations;
    activations.assign(x.data(), n, kCols);
    for (auto _ : state) {
        if (!matmul(table, pool, activations, matrix, y.data())) state.SkipWithError("out of memory");
        benchmark::DoNotOptimize(y.data());
    }
    const auto rounds = static_cast<double>(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rows * row));
    const auto products = static_cast<double>(rows * kCols * n);
    state.counters["GMAC/s"] = benchmark::Counter(rounds * products * 1e-9, benchmark::Counter::kIsRate);
    compare_with_roof(
        state, static_cast<double>(rows * row), products,
        matrix.layout == WeightLayout::packed || table.of(type).activations == ActivationKind::int8);
}

void attention(benchmark::State& state, const KernelTable& table, DType type, std::size_t length) {
    // Eight query heads on one key head of 64 values, as in TinyLlama.
    constexpr std::size_t heads = 8;
    constexpr std::size_t dim = 64;
    std::mt19937_64 random(1);
    const std::vector<float> q = test::random_floats(random, heads * dim);
    // Keys and values of as many heads as the caches do not hold, since generation meets each once a token.
    const std::vector<std::byte> some = test::random_blocks(random, type, length * dim);
    const std::size_t caches = std::max<std::size_t>((std::size_t{64} << 20) / some.size(), 2) / 2 * 2;
    std::vector<std::byte> memory;
    for (std::size_t i = 0; i < caches; ++i) memory.insert(memory.end(), some.begin(), some.end());
    std::vector<float> out(heads * dim);
    AttentionArgs args;
    args.q = q.data();
    args.q_stride = dim;
    args.count = heads;
    args.k_stride = args.v_stride = *row_bytes(type, dim);
    args.length = length;
    args.k_dim = args.v_dim = dim;
    args.scale = 0.125F;
    args.out = out.data();
    args.out_stride = dim;
    std::size_t next = 0;
    for (auto _ : state) {
        args.k = memory.data() + next * some.size();
        args.v = memory.data() + (next + 1) * some.size();
        next = (next + 2) % caches;
        table.of(type).attention(args);
        benchmark::DoNotOptimize(out.data());
    }
    // A type with fewer bytes a position does more of them, not more bytes.
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(length));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(2 * some.size()));
}

void quantize(benchmark::State& state, const KernelTable& table) {
    std::mt19937_64 random(1);
    const std::vector<float> x = test::random_floats(random, kCols);
    for (auto _ : state) {
        const test::QuantizedRows rows(table, x, 1, kCols);
        benchmark::DoNotOptimize(rows.rows().q);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(4 * kCols));
}

void fork_join(benchmark::State& state) {
    ThreadPool pool(default_thread_count());
    for (auto _ : state) {
        pool.parallel_for(pool.size(), [](std::size_t chunk, unsigned) { benchmark::DoNotOptimize(chunk); });
    }
}

void register_all() {
    benchmark::RegisterBenchmark("fork_join", fork_join);
    for (const KernelTable* table : available_tables(detect_cpu_features())) {
        const std::string isa(table->name);
        for (const DTypeInfo& info : dtype_table()) {
            if (!info.has_kernel) continue;
            const DType type = info.type;
            for (const bool pack : {false, true}) {
                if (pack && (table->of(type).pack == nullptr || table->of(type).matmul_packed == nullptr))
                    continue;
                for (const std::size_t n : {1, 4, 64}) {
                    const std::string name = "matmul/" + isa + "/" + std::string(info.name) +
                                             (pack ? "/packed/" : "/plain/") + std::to_string(n);
                    benchmark::RegisterBenchmark(name.c_str(),
                                                 [table, type, pack, n](benchmark::State& state) {
                                                     product(state, *table, type, pack, n);
                                                 });
                }
            }
        }
        benchmark::RegisterBenchmark(("quantize/" + isa).c_str(),
                                     [table](benchmark::State& s) { quantize(s, *table); });
        for (const DTypeInfo& info : dtype_table()) {
            if (table->of(info.type).attention == nullptr) continue;
            const std::string name = "attention/" + isa + "/" + std::string(info.name) + "/4096";
            benchmark::RegisterBenchmark(name.c_str(), [table, type = info.type](benchmark::State& s) {
                attention(s, *table, type, 4096);
            });
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    register_all();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    const bench::Roof& roof = bench::roof();
    std::printf("one thread: %.2f GHz, reads %.1f GB/s, %.0f G int8 and %.0f G float products a second\n",
                roof.cycles_per_s * 1e-9, roof.read_bytes_per_s * 1e-9, roof.int8_products_per_s * 1e-9,
                roof.float_products_per_s * 1e-9);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
