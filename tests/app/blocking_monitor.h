// Measures how long the window's thread is held by each event.
#pragma once

#include <QGuiApplication>
#include <QHash>
#include <QString>

#include "tests/support/sanitized.h"

namespace kinglet::gui {

inline constexpr double kFrameMs = 1000.0 / 60.0;

/// What a test lets one event take. A frame is the aim, and each test prints what it measured; but processor
/// time, too, depends on the machine and on who shares its caches. So a test that takes the best of several
/// runs can hold to fewer frames than one that takes the worst of one.
constexpr double handlerLimitMs(int frames) {
    return (test::kSanitized ? 20 : frames) * kFrameMs;
}

/// The worst of the events delivered since reset(). Time on the processor is this thread's own, so that a
/// busy machine does not count; what an event waits for is seen by thread_watch.h.
struct BlockingReport {
    double longestCpuMs = 0;
    int events = 0;
    QString worst;                   ///< receiver and event of longestCpuMs
    QHash<QString, double> longest;  ///< by receiver and event, in ms of processor time
};

/// An application that looks at its own event handlers.
class MonitoredApplication : public QGuiApplication {
  public:
    using QGuiApplication::QGuiApplication;
    bool notify(QObject* receiver, QEvent* event) override;
    void reset() { report_ = {}; }
    const BlockingReport& report() const { return report_; }
    /// Takes time on the processor back out of the event that is being handled.
    void discount(double cpuMs) { discounted_ += cpuMs; }
    /// Time on the processor that this thread has taken, in ms.
    static double threadCpuMs();

  protected:
    /// Around each event that is measured.
    virtual void handlerBegins() {}
    virtual void handlerEnds() {}

  private:
    BlockingReport report_;
    double discounted_ = 0;
    int depth_ = 0;
};

}  // namespace kinglet::gui
