// The terminal: who reads and writes here, Ctrl+C, and text that a model wrote.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kinglet::cli {

/// What main() was given, in UTF-8.
std::vector<std::string> utf8_arguments(int argc, char** argv);

/// Makes stdin, stdout and stderr carry UTF-8, also to and from a terminal, and stdout every byte as it is.
/// Call it once, at the beginning.
void prepare_streams();

bool stdin_is_terminal();
bool stdout_is_terminal();
bool stderr_is_terminal();

/// From here on, Ctrl+C stops what a StopOnInterrupt guards; without one, or the second time, it ends the
/// program. Call it before any thread is started. Does nothing where the caller had Ctrl+C ignored.
void install_interrupt_handler();

/// While it lives, the first Ctrl+C requests a stop of its token. One at a time.
class StopOnInterrupt {
  public:
    StopOnInterrupt();
    ~StopOnInterrupt();
    StopOnInterrupt(const StopOnInterrupt&) = delete;
    StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;

    std::stop_token token() const { return source_.get_token(); }
    bool interrupted() const { return source_.stop_requested(); }

  private:
    std::stop_source source_;
};

/// For the handler: requests the stop of what is guarded now. False where nothing is, or a stop was requested
/// before, which makes this the second Ctrl+C.
bool stop_guarded();

/// Writes a piece of an answer at once. On a terminal, control characters other than line breaks and tabs are
/// left out: a model must not be able to steer it.
void write_answer(std::string_view text);

/// What write_answer() writes to a terminal.
std::string without_controls(std::string_view text);

/// A bar on stderr for something that takes long; silent when stderr is no terminal or all is over quickly.
class ProgressBar {
  public:
    explicit ProgressBar(std::string label);
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void update(float fraction);

  private:
    std::string label_;
    std::chrono::steady_clock::time_point start_;
    bool enabled_;
    int shown_percent_ = -1;
};

}  // namespace kinglet::cli
