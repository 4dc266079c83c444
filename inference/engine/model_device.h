// The graphics device that a model's last layers lie on, if one does.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "inference/arch/description.h"
#include "inference/engine/engine.h"
#include "inference/gguf/model_file.h"
#include "inference/vulkan/backend.h"

namespace kinglet::engine {

/// Chooses it, and remembers what became of it. Any thread may ask once load() has returned.
class ModelDevice {
  public:
    /// Puts there what the options say. A device that cannot be used is no error unless the load was stopped:
    /// the processor computes, and state() says why. `file` is what the description points into.
    Status load(const arch::Description& model, const gguf::ModelFile& file, const LoadOptions& options);

    /// Layers before this one are computed by the processor.
    int first_layer() const { return first_layer_; }
    /// Null where nothing lies there, or the device failed.
    std::shared_ptr<vulkan::DeviceModel> model() const;
    /// From now on the processor computes everything.
    void give_up(const Error& why);
    DeviceState state() const;

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<vulkan::DeviceModel> model_;
    int first_layer_ = 0;
    DeviceState state_;
};

}  // namespace kinglet::engine
