// Finds texts that end an answer in a stream of pieces.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kinglet::engine {

/// Lets text through as soon as it is certain that it belongs to no stop text.
class StopMatcher {
  public:
    /// Empty stop texts are ignored.
    explicit StopMatcher(std::vector<std::string> stops);

    /// Takes the next piece and gives what may be shown. After a match: what stood before it, and nothing
    /// from then on.
    std::string push(std::string_view piece);
    /// What was held back, at the end of the stream.
    std::string flush();
    bool matched() const { return matched_; }

  private:
    std::vector<std::string> stops_;
    std::string held_;
    bool matched_ = false;
};

}  // namespace kinglet::engine
