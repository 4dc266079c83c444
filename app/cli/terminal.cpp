#include "app/cli/terminal.h"

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <utility>

namespace kinglet::cli {
namespace {

std::mutex current_mutex;
std::stop_source* current = nullptr;  // guarded by current_mutex

}  // namespace

StopOnInterrupt::StopOnInterrupt() {
    const std::scoped_lock lock(current_mutex);
    current = &source_;
}

StopOnInterrupt::~StopOnInterrupt() {
    const std::scoped_lock lock(current_mutex);
    current = nullptr;
}

bool stop_guarded() {
    const std::scoped_lock lock(current_mutex);
    return current != nullptr && current->request_stop();
}

std::string without_controls(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool is_c0 = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
        // U+0080 to U+009F: C2 80 to C2 9F.
        const bool is_c1 = byte == 0xc2 && i + 1 < text.size() &&
                           static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                           static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (is_c1) ++i;
        if (!is_c0 && !is_c1) shown.push_back(text[i]);
    }
    return shown;
}

void write_answer(std::string_view text) {
    if (stdout_is_terminal()) {
        const std::string shown = without_controls(text);
        std::fwrite(shown.data(), 1, shown.size(), stdout);
    } else {
        std::fwrite(text.data(), 1, text.size(), stdout);
    }
    std::fflush(stdout);
}

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), start_(std::chrono::steady_clock::now()), enabled_(stderr_is_terminal()) {}

ProgressBar::~ProgressBar() {
    if (shown_percent_ >= 0) std::fputs("\r\033[K", stderr);
}

void ProgressBar::update(float fraction) {
    if (!enabled_ || std::chrono::steady_clock::now() - start_ < std::chrono::milliseconds(300)) return;
    constexpr int width = 30;
    const int percent = static_cast<int>(std::clamp(fraction, 0.0f, 1.0f) * 100);
    if (percent == shown_percent_) return;
    shown_percent_ = percent;
    const int filled = percent * width / 100;
    std::fprintf(stderr, "\r%s [%s%s] %3d %%", label_.c_str(),
                 std::string(static_cast<std::size_t>(filled), '=').c_str(),
                 std::string(static_cast<std::size_t>(width - filled), ' ').c_str(), percent);
    std::fflush(stderr);
}

}  // namespace kinglet::cli
