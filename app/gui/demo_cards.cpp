#include "app/gui/demo_cards.h"

namespace kinglet::gui {

engine::GraphicsDevices demoCards() {
    engine::GraphicsDevice card;
    card.name = "Radeon RX 6600";
    card.kind = "graphics card";
    card.driver = "radv 24.2";
    card.vulkan = "1.3.289";
    card.memory_bytes = std::uint64_t{8} << 30;
    card.free_bytes = std::uint64_t{7100} << 20;
    card.tells_free = true;
    card.features = {"subgroups of 32", "fp16"};
    engine::GraphicsDevice shared = card;
    shared.number = 1;
    shared.name = "Radeon Vega 8";
    shared.kind = "integrated graphics";
    shared.memory_bytes = std::uint64_t{6} << 30;
    shared.tells_free = false;
    return {{card, shared}, {}};
}

engine::GraphicsDevices demoNoCards() {
    return {{}, "No Vulkan driver was found on this computer."};
}

}  // namespace kinglet::gui
