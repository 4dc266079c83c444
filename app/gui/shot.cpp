#include "app/gui/shot.h"

#include <QCoreApplication>
#include <QImage>
#include <QTimer>
#include <cstdio>

namespace kinglet::gui {

namespace {
constexpr int kSettleMs = 700;
// On a busy machine few frames fit into that time, and what was laid out settles frame by frame.
constexpr int kSettleFrames = 40;
constexpr int kPatienceMs = 20000;
}  // namespace

Photographer::Photographer(QQuickWindow* window, const QString& file, QObject* parent)
    : QObject(parent), window_(window), file_(file) {}

void Photographer::shoot() {
    QTimer::singleShot(kSettleMs, this, [this] {
        settled_ = true;
        shootWhenQuiet();
    });
    QTimer::singleShot(kPatienceMs, this, [this] {
        frames_ = kSettleFrames;
        shootWhenQuiet();
    });
    connect(
        window_, &QQuickWindow::frameSwapped, this,
        [this] {
            ++frames_;
            shootWhenQuiet();
        },
        Qt::QueuedConnection);
    window_->update();
}

void Photographer::shootWhenQuiet() {
    if (!window_ || done_) return;
    if (!settled_ || frames_ < kSettleFrames) {
        window_->update();
        return;
    }
    done_ = true;
    const bool saved = window_->grabWindow().save(file_);
    if (!saved) std::fprintf(stderr, "%s could not be written.\n", qPrintable(file_));
    QCoreApplication::exit(saved ? 0 : 1);
}

}  // namespace kinglet::gui
