// What becomes of a graphics driver that ends the program.
#pragma once

#include <filesystem>

namespace kinglet::gui {

/// A mark on the disk while drivers are tried: whoever finds it at the next start knows that the program
/// ended in the midst of it. Not to be copied; one thread at a time.
class GraphicsTrial {
  public:
    /// `folder`: where the mark lies; empty: nowhere, and nothing is ever known.
    explicit GraphicsTrial(const std::filesystem::path& folder);
    /// Takes the mark away, since this end is a proper one.
    ~GraphicsTrial() { end(); }
    GraphicsTrial(const GraphicsTrial&) = delete;
    GraphicsTrial& operator=(const GraphicsTrial&) = delete;

    /// Whether the last trial never came to its end. Told once, so that the next one may go better.
    bool failedLastTime();
    void begin();
    void end();
    bool running() const { return running_; }

  private:
    std::filesystem::path mark_;
    bool running_ = false;
};

}  // namespace kinglet::gui
