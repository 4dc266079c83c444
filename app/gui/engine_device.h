// Where a model is computed: from the window's words to the engine's, and back.
#pragma once

#include <QString>

#include "app/gui/engine_interface.h"
#include "inference/engine/engine.h"

namespace kinglet::gui {

/// What a request says about graphics cards. Asks the drivers for their list where a certain card is wanted.
engine::DeviceOptions deviceOptions(const LoadRequest& request);

/// `cardExpected`: a graphics card was asked for, or computed the model until now.
DeviceFacts deviceFacts(const engine::Model& model, bool cardExpected);

/// "Processor, AVX2" for the engine's name of its kernels.
QString processorText(const QString& isa);
/// "q8_0" and so on; f16 for any other name.
engine::KvType kvTypeNamed(const QString& name);

}  // namespace kinglet::gui
