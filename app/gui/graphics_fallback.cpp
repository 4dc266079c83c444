#include "app/gui/graphics_fallback.h"

#include <QtGlobal>

#ifdef Q_OS_LINUX
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <vector>
#endif

namespace kinglet::gui {

#ifdef Q_OS_LINUX
namespace {

constexpr int kDeaths[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
char kChoice[] = "QT_QUICK_BACKEND=software";

// What a handler may touch has to be ready before the signal comes.
char** g_arguments = nullptr;
std::vector<char*>& newEnvironment() {
    static std::vector<char*> environment;
    return environment;
}
char* const* g_environment = nullptr;

void startAnew(int number) {
    static const char message[] =
        "kinglet: OpenGL does not work here, so the window is drawn without it "
        "(QT_QUICK_BACKEND=software).\n";
    const auto written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    // The signals that are blocked now would stay so in the new program.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve("/proc/self/exe", g_arguments, g_environment);
    signal(number, SIG_DFL);
    raise(number);
}

}  // namespace

void fallBackToSoftwareRenderer(char** arguments) {
    if (qEnvironmentVariableIsSet("QT_QUICK_BACKEND")) return;
    std::vector<char*>& environment = newEnvironment();
    for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(strdup(*entry));
    environment.push_back(kChoice);
    environment.push_back(nullptr);
    g_environment = environment.data();
    g_arguments = arguments;
    for (const int number : kDeaths) signal(number, startAnew);
}

void firstFrameIsDrawn() {
    if (g_environment == nullptr) return;
    for (const int number : kDeaths) signal(number, SIG_DFL);
    g_environment = nullptr;
}
#else
void fallBackToSoftwareRenderer(char**) {}
void firstFrameIsDrawn() {}
#endif

}  // namespace kinglet::gui
