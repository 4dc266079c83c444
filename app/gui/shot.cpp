#include "app/gui/shot.h"

#include <QCoreApplication>
#include <QImage>
#include <QTimer>
#include <cstdio>

namespace kinglet::gui {

namespace {
constexpr int kSettleMs = 700;
}

Photographer::Photographer(QQuickWindow* window, const QString& file, QObject* parent)
    : QObject(parent), window_(window), file_(file) {}

void Photographer::shoot() {
    QTimer::singleShot(kSettleMs, this, [this] {
        const bool saved = window_ && window_->grabWindow().save(file_);
        if (!saved) std::fprintf(stderr, "%s could not be written.\n", qPrintable(file_));
        QCoreApplication::exit(saved ? 0 : 1);
    });
}

}  // namespace kinglet::gui
