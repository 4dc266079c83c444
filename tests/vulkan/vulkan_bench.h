// A device on which tests run single operations and read what they gave.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "inference/vulkan/operations.h"
#include "inference/vulkan/uploader.h"

namespace kinglet::test {

/// The first device there is; throws where there is none. Buffers live as long as it does.
class VulkanBench {
  public:
    VulkanBench()
        : context(0),
          pipelines(context, {}),
          recorder(context, pipelines),
          heap(context, vulkan::MemoryUse::download),
          step(heap.take(8)),
          ops(recorder, step) {}

    template <class Value>
    vulkan::Slice put(std::span<const Value> values) {
        const vulkan::Slice slice = heap.take(values.size_bytes());
        std::memcpy(slice.mapped, values.data(), values.size_bytes());
        return slice;
    }
    template <class Value>
    vulkan::Slice put(const std::vector<Value>& values) {
        return put(std::span<const Value>(values));
    }
    /// Room for `count` floats, none of which is a number.
    vulkan::Slice room(std::size_t count) {
        return put(std::vector<float>(count, std::numeric_limits<float>::quiet_NaN()));
    }
    std::vector<float> floats(const vulkan::Slice& slice, std::size_t count) const {
        std::vector<float> values(count);
        std::memcpy(values.data(), slice.mapped, count * sizeof(float));
        return values;
    }
    void set_step(std::uint32_t position, std::uint32_t kept) {
        const std::uint32_t values[2] = {position, kept};
        std::memcpy(step.mapped, values, sizeof(values));
    }
    /// Records what `body` does and runs it.
    template <class Body>
    void run(Body body) {
        recorder.begin();
        body(ops);
        recorder.end();
        recorder.run();
    }

    vulkan::Context context;
    vulkan::Pipelines pipelines;
    vulkan::Recorder recorder;
    vulkan::Heap heap;
    vulkan::Slice step;
    vulkan::Operations ops;
};

}  // namespace kinglet::test
