#include "app/cli/library/download_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/cli/options.h"
#include "app/cli/terminal.h"

namespace kinglet::cli {
namespace {

using library::DownloadInfo;
using library::DownloadStatus;

constexpr int bar_width = 20;
constexpr qsizetype name_width = 28;

std::string time_text(qint64 seconds) {
    if (seconds >= 3600)
        return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

std::string state_text(const DownloadInfo& info) {
    switch (info.status) {
        case DownloadStatus::Queued:
            return "waits for its turn";
        case DownloadStatus::Checking:
            return "being checked";
        case DownloadStatus::Paused:
            return "paused";
        case DownloadStatus::Failed:
            return "failed";
        case DownloadStatus::Elsewhere:
            return "fetched by another Kinglet";
        case DownloadStatus::Waiting:
            return fmt::format("tries again in {} s", (info.waitMs + 999) / 1000);
        case DownloadStatus::Running:
            break;
    }
    if (info.bytesPerSecond <= 0) return "connecting";
    std::string text = size_text(static_cast<std::uint64_t>(info.bytesPerSecond)) + "/s";
    if (info.secondsLeft >= 0) text += ", " + time_text(info.secondsLeft) + " left";
    return text;
}

}  // namespace

std::string download_line(const DownloadInfo& info) {
    QString name = info.name;
    if (name.size() > name_width) name = name.left(name_width - 3) + QStringLiteral("...");
    const auto received = static_cast<std::uint64_t>(std::max<qint64>(0, info.received));
    std::string line = without_controls(name.leftJustified(name_width).toStdString());
    if (info.total > 0) {
        const int percent = static_cast<int>(std::min<qint64>(100, info.received * 100 / info.total));
        const auto filled = static_cast<std::size_t>(percent * bar_width / 100);
        line += fmt::format(" [{}{}] {:3} %  {} of {}", std::string(filled, '='),
                            std::string(bar_width - filled, ' '), percent, size_text(received),
                            size_text(static_cast<std::uint64_t>(info.total)));
    } else {
        line += "  " + size_text(received);
    }
    return line + "  " + state_text(info);
}

void DownloadView::draw(const QList<DownloadInfo>& infos) {
    if (!stderr_is_terminal()) return;
    clear();
    std::string text;
    for (const DownloadInfo& info : infos) {
        if (info.status == DownloadStatus::Failed) continue;
        text += download_line(info) + "\n";
        ++drawn_;
    }
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
}

void DownloadView::clear() {
    // Up and to the first column, then everything below goes.
    if (drawn_ > 0) fmt::print(stderr, "\033[{}F\033[J", drawn_);
    drawn_ = 0;
}

}  // namespace kinglet::cli
