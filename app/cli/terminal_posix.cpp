#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "app/cli/cli.h"
#include "app/cli/terminal.h"

namespace kinglet::cli {
namespace {

void wait_for_interrupts(sigset_t signals) {
    for (;;) {
        int signal = 0;
        if (sigwait(&signals, &signal) != 0) continue;
        if (stop_guarded()) continue;
        if (stderr_is_terminal()) std::fputc('\n', stderr);
        _exit(exit_interrupted);
    }
}

}  // namespace

std::vector<std::string> utf8_arguments(int argc, char** argv) {
    return {argv, argv + argc};
}

void prepare_streams() {}

bool stdin_is_terminal() {
    return isatty(STDIN_FILENO) != 0;
}
bool stdout_is_terminal() {
    return isatty(STDOUT_FILENO) != 0;
}
bool stderr_is_terminal() {
    return isatty(STDERR_FILENO) != 0;
}

void install_interrupt_handler() {
    struct sigaction old {};
    if (sigaction(SIGINT, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) return;
    // Blocked in every thread and taken by one that waits: stop callbacks may then do what a signal handler
    // may not.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread(wait_for_interrupts, signals).detach();
}

}  // namespace kinglet::cli
