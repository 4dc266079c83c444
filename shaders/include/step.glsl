// What differs from step to step, so that recorded commands stay as they are. inference/vulkan/forward.h writes it.
struct Step {
    uint position;  // of the batch's first token
    uint kept;      // positions that are kept after the batch
};
