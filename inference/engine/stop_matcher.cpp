#include "inference/engine/stop_matcher.h"

#include <algorithm>
#include <utility>

namespace kinglet::engine {

StopMatcher::StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {
    std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
}

std::string StopMatcher::push(std::string_view piece) {
    if (matched_) return {};
    held_ += piece;
    std::size_t found = std::string::npos;
    for (const std::string& stop : stops_) found = std::min(found, held_.find(stop));
    if (found != std::string::npos) {
        matched_ = true;
        held_.resize(found);
        return std::exchange(held_, {});
    }
    std::size_t keep = 0;
    for (const std::string& stop : stops_) {
        for (std::size_t n = std::min(stop.size() - 1, held_.size()); n > keep; --n) {
            if (held_.ends_with(std::string_view(stop).substr(0, n))) keep = n;
        }
    }
    std::string out = held_.substr(0, held_.size() - keep);
    held_.erase(0, out.size());
    return out;
}

std::string StopMatcher::flush() {
    return std::exchange(held_, {});
}

}  // namespace kinglet::engine
