// How the window moves while a model answers on all cores: measures and neither passes nor fails.
//
//   cmake --build --preset dev --target bench_frames
//   QT_QPA_PLATFORM=offscreen build/dev/tests/qml/bench_frames MODEL.gguf
//
// Asks for a frame every 16.7 ms, as a screen with 60 frames a second does, and tells how late frames were
// done: with nothing going on, and while an answer is written. Offscreen the processor draws too, which on
// other machines the graphics card does.
#include <QElapsedTimer>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QSignalSpy>
#include <QTimer>
#include <QtTest>
#include <algorithm>
#include <cstdio>
#include <vector>

#include "app/gui/app_context.h"
#include "tests/app/blocking_monitor.h"
#include "tests/qml/monitored_window.h"

namespace kinglet::test {
namespace {

using gui::Conversation;
using gui::ModelStatus;

constexpr double kIntervalMs = 1000.0 / 60;
constexpr int kFrames = 600;

/// Milliseconds from the moment that each frame was due to that in which it was done.
struct Delays {
    std::vector<double> ms;

    double at(double share) const {
        return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1))];
    }
    /// Share of the frames that were done before the next was due.
    double in_time() const {
        const auto late = std::upper_bound(ms.begin(), ms.end(), kIntervalMs);
        return static_cast<double>(late - ms.begin()) / static_cast<double>(ms.size());
    }
};

Delays watch(MonitoredWindow& run) {
    Delays delays;
    QElapsedTimer clock;
    clock.start();
    double due = 0;
    const auto now = [&] { return static_cast<double>(clock.nsecsElapsed()) * 1e-6; };
    QTimer screen;
    screen.setTimerType(Qt::PreciseTimer);
    screen.setSingleShot(true);
    QEventLoop loop;
    const auto next = [&] {
        // Frames that passed by meanwhile are not made up for.
        due = std::max(due + kIntervalMs, now());
        screen.start(std::chrono::milliseconds(static_cast<int>(std::max(0.0, due - now()))));
    };
    QObject context;
    QObject::connect(&screen, &QTimer::timeout, &context, [&] { run.window->update(); });
    QObject::connect(
        run.window, &QQuickWindow::frameSwapped, &context,
        [&] {
            if (screen.isActive()) return;  // a frame that something else asked for
            delays.ms.push_back(now() - due);
            if (delays.ms.size() == kFrames) loop.quit();
            next();
        },
        Qt::DirectConnection);
    next();
    loop.exec();
    std::sort(delays.ms.begin(), delays.ms.end());
    return delays;
}

void print(const char* name, const Delays& delays) {
    std::printf(
        "%-10s %5.1f %% of %d frames in time; done after %.1f ms (median), %.1f (95 %%), %.1f (99 %%), %.1f "
        "(last)\n",
        name, 100 * delays.in_time(), kFrames, delays.at(0.5), delays.at(0.95), delays.at(0.99),
        delays.at(1));
}

int measure(const QString& model) {
    gui::AppOptions options;
    options.modelFile = model;
    MonitoredWindow run(std::move(options));
    QTimer::singleShot(0, run.app.get(), [&] { run.app->start(); });
    const auto ready = [&] { return run.app->ready() && run.app->model()->state() == ModelStatus::Ready; };
    if (!run.window || !QTest::qWaitFor(ready, 120000)) {
        std::fprintf(stderr, "The model could not be loaded.\n");
        return 1;
    }
    Conversation& chat = *run.app->conversation();
    print("idle", watch(run));
    chat.send(QStringLiteral("Tell me everything that you know."));
    if (!QTest::qWaitFor([&] { return chat.phase() == Conversation::Writing; }, 120000)) return 1;
    print("answering", watch(run));
    const bool whole = chat.generating();
    chat.stop();
    if (!QTest::qWaitFor([&] { return !chat.generating(); }, 60000)) return 1;
    if (!whole)
        std::printf("The answer ended before the measurement did; take a model that writes longer.\n");
    return 0;
}

}  // namespace
}  // namespace kinglet::test

int main(int argc, char** argv) {
    kinglet::gui::MonitoredApplication application(argc, argv);
    if (argc != 2) {
        std::fprintf(stderr, "Usage: bench_frames MODEL.gguf\n");
        return 2;
    }
    QQuickStyle::setStyle(QStringLiteral("Basic"));
    return kinglet::test::measure(QString::fromLocal8Bit(argv[1]));
}
