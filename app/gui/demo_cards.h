// Graphics cards for pictures and tests of the window.
#pragma once

#include "inference/engine/engine.h"

namespace kinglet::gui {

/// A card of its own and one that is part of the processor.
engine::GraphicsDevices demoCards();
/// What a computer without any says.
engine::GraphicsDevices demoNoCards();

}  // namespace kinglet::gui
