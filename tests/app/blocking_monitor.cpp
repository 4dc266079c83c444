#include "tests/app/blocking_monitor.h"

#include <QEvent>
#include <QThread>
#include <algorithm>
#include <ctime>

namespace kinglet::gui {

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
    const bool result = QGuiApplication::notify(receiver, event);
    const double cpuMs = threadCpuMs() - cpu - discounted_;
    handlerEnds();
    --depth_;
    ++report_.events;
    double& longest = report_.longest[what];
    longest = std::max(longest, cpuMs);
    if (cpuMs > report_.longestCpuMs) {
        report_.longestCpuMs = cpuMs;
        report_.worst = what;
    }
    return result;
}

}  // namespace kinglet::gui
