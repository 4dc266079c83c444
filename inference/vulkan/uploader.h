// Copies to a device through two buffers that both sides see: while one is on its way, the other is filled.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "inference/vulkan/buffers.h"
#include "inference/vulkan/recorder.h"

namespace kinglet::vulkan {

/// One thread at a time. Throws vk::SystemError.
class Uploader {
  public:
    Uploader(Context& context, Pipelines& pipelines);
    ~Uploader();
    Uploader(const Uploader&) = delete;
    Uploader& operator=(const Uploader&) = delete;
    /// Copies to the beginning of `to`. What was copied is there after finish().
    void copy(std::span<const std::byte> from, const Slice& to);
    void finish();

    static constexpr std::uint64_t piece_bytes = 8 << 20;

  private:
    struct Side {
        Side(Context& context, Pipelines& pipelines)
            : staging(context, piece_bytes, MemoryUse::upload), recorder(context, pipelines) {}
        Buffer staging;
        Recorder recorder;
        std::uint64_t used = 0;
        bool recording = false;
        bool running = false;
    };
    void send(Side& side);

    std::array<Side, 2> sides_;
    std::size_t side_ = 0;
};

}  // namespace kinglet::vulkan
