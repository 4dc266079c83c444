#include "inference/vulkan/uploader.h"

#include <algorithm>
#include <cstring>
#include <exception>

namespace kinglet::vulkan {

Uploader::Uploader(Context& context, Pipelines& pipelines)
    : sides_{Side(context, pipelines), Side(context, pipelines)} {}

// What is on its way must have arrived before the buffers go.
Uploader::~Uploader() {
    for (Side& side : sides_) {
        try {
            if (side.running) side.recorder.finish();
        } catch (const std::exception&) {  // a lost device has nothing on its way
        }
    }
}

void Uploader::send(Side& side) {
    if (!side.recording) return;
    side.recorder.end();
    side.recorder.start();
    side.recording = false;
    side.running = true;
}

void Uploader::copy(std::span<const std::byte> from, const Slice& to) {
    std::uint64_t done = 0;
    while (done < from.size()) {
        Side& side = sides_[side_];
        if (!side.recording) {
            if (side.running) side.recorder.finish();
            side.running = false;
            side.recorder.begin();
            side.recording = true;
            side.used = 0;
        }
        const std::uint64_t count = std::min<std::uint64_t>(from.size() - done, piece_bytes - side.used);
        Slice staged = side.staging.slice();
        std::memcpy(staged.mapped + side.used, from.data() + done, count);
        staged.offset += side.used;
        staged.bytes = count;
        side.recorder.copy(staged, {to.buffer, to.offset + done, count, nullptr});
        side.used += (count + 15) / 16 * 16;
        done += count;
        if (side.used + 16 > piece_bytes) {
            send(side);
            side_ = 1 - side_;
        }
    }
}

void Uploader::finish() {
    for (Side& side : sides_) {
        send(side);
        if (side.running) side.recorder.finish();
        side.running = false;
    }
}

}  // namespace kinglet::vulkan
