// Downloads as a terminal shows them.
#pragma once

#include <string>

#include "library/download_queue.h"

namespace kinglet::cli {

/// One line on a download: name, bar, share, size, speed, what is left.
std::string download_line(const library::DownloadInfo& info);

/// Draws the lines of all downloads on stderr and redraws them in place; silent where stderr is no terminal.
class DownloadView {
  public:
    ~DownloadView() { clear(); }

    void draw(const QList<library::DownloadInfo>& infos);
    /// Takes the lines away, so that something else can be printed.
    void clear();

  private:
    int drawn_ = 0;
};

}  // namespace kinglet::cli
