#include "tests/app/blocking_monitor.h"

#include <QElapsedTimer>
#include <QEvent>
#include <QThread>
#include <algorithm>
#include <ctime>

#ifdef Q_OS_LINUX
#include <sys/resource.h>
#endif

namespace kinglet::gui {

namespace {

constexpr double kFrameMs = 1000.0 / 60.0;

long sleeps() {
#ifdef Q_OS_LINUX
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
#else
    return 0;
#endif
}

}  // namespace

double MonitoredApplication::threadCpuMs() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

bool MonitoredApplication::notify(QObject* receiver, QEvent* event) {
    if (QThread::currentThread() != thread() || depth_ > 0) return QGuiApplication::notify(receiver, event);
    const QString what = QStringLiteral("%1, event %2")
                             .arg(QLatin1String(receiver->metaObject()->className()))
                             .arg(event->type());
    ++depth_;
    discounted_ = 0;
    handlerBegins();
    const double cpu = threadCpuMs();
    const long slept = sleeps();
    QElapsedTimer wall;
    wall.start();
    const bool result = QGuiApplication::notify(receiver, event);
    const double cpuMs = threadCpuMs() - cpu - discounted_;
    const double wallMs = static_cast<double>(wall.nsecsElapsed()) / 1e6;
    handlerEnds();
    --depth_;
    ++report_.events;
    double& longest = report_.longest[what];
    longest = std::max(longest, cpuMs);
    if (cpuMs > report_.longestCpuMs) {
        report_.longestCpuMs = cpuMs;
        report_.worst = what;
    }
    report_.longestWallMs = std::max(report_.longestWallMs, wallMs);
    if (sleeps() > slept) {
        ++report_.waits;
        if (wallMs > kFrameMs) ++report_.longWaits;
    }
    return result;
}

}  // namespace kinglet::gui
