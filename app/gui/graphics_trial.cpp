#include "app/gui/graphics_trial.h"

#include <fstream>
#include <system_error>

namespace kinglet::gui {

GraphicsTrial::GraphicsTrial(const std::filesystem::path& folder) {
    if (!folder.empty()) mark_ = folder / "graphics-trial";
}

bool GraphicsTrial::failedLastTime() {
    std::error_code ignored;
    return !running_ && !mark_.empty() && std::filesystem::remove(mark_, ignored);
}

void GraphicsTrial::begin() {
    if (running_ || mark_.empty()) return;
    std::error_code ignored;
    std::filesystem::create_directories(mark_.parent_path(), ignored);
    // What cannot be written protects from nothing, and hinders nothing.
    running_ = static_cast<bool>(std::ofstream(mark_) << "Kinglet is trying a graphics driver.\n");
}

void GraphicsTrial::end() {
    if (!running_) return;
    running_ = false;
    std::error_code ignored;
    std::filesystem::remove(mark_, ignored);
}

}  // namespace kinglet::gui
