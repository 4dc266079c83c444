#include "inference/vulkan/limits.h"

#include <algorithm>
#include <bit>
#include <chrono>

#include "inference/vulkan/recorder.h"

namespace kinglet::vulkan {
namespace {

constexpr std::uint64_t most_copied = 256 << 20;
constexpr std::uint32_t group_size = 128;
constexpr double long_enough_s = 0.1;

/// Seconds of one run, the best of some.
double best_time(Recorder& recorder) {
    using Clock = std::chrono::steady_clock;
    double best = 1e9, sum = 0;
    for (int i = 0; i < 20 && (i < 3 || sum < 3 * long_enough_s); ++i) {
        const auto start = Clock::now();
        recorder.run();
        const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
        best = std::min(best, seconds);
        sum += seconds;
    }
    return best;
}

double measure_copy(Context& context, Recorder& recorder) {
    const std::uint64_t bytes =
        std::min({most_copied, context.limits().allocation_bytes, context.free_bytes() / 8}) / 4096 * 4096;
    const Buffer from(context, bytes, MemoryUse::device), to(context, bytes, MemoryUse::device);
    constexpr int copies = 4;
    recorder.begin();
    for (int i = 0; i < copies; ++i) {
        recorder.copy(from.slice(), to.slice());
        recorder.wait();
    }
    recorder.end();
    return 2.0 * copies * static_cast<double>(bytes) / 1e9 / best_time(recorder);
}

double measure_flops(Context& context, Recorder& recorder) {
    const Buffer out(context, 256, MemoryUse::device);
    // As many rounds as take long enough to be measured.
    for (std::uint32_t rounds = 64;; rounds *= 4) {
        constexpr std::uint32_t groups = 4096;
        const std::array<std::uint32_t, 2> push{rounds, std::bit_cast<std::uint32_t>(0.999F)};
        const std::array<std::uint32_t, 1> constants{group_size};
        recorder.begin();
        recorder.dispatch("limit_fma", constants, {out.slice()}, std::as_bytes(std::span(push)), {groups});
        recorder.end();
        const double seconds = best_time(recorder);
        if (seconds > long_enough_s / 4 || rounds > 1U << 20)
            return 32.0 * rounds * group_size * groups / 1e9 / seconds;
    }
}

}  // namespace

Result<DeviceLimits> measure_limits(int device) {
    DeviceLimits limits;
    auto status = guarded("The graphics device", [&]() -> Status {
        Context context(device);
        Pipelines pipelines(context, {});
        Recorder recorder(context, pipelines);
        limits.copy_gb_s = measure_copy(context, recorder);
        limits.gflops = measure_flops(context, recorder);
        return {};
    });
    if (!status) return tl::unexpected(std::move(status.error()));
    return limits;
}

}  // namespace kinglet::vulkan
