// A conversation in the terminal.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "inference/engine/engine.h"

namespace kinglet::cli {

/// What a conversation starts with.
struct ChatSettings {
    engine::GenerateParams params;
    engine::RenderOptions render;
    std::string system;
    bool show_stats = false;
    std::string session_file;  ///< empty = nothing is kept
    bool drop_oldest = false;  ///< where the conversation outgrows the context
};

/// Turns of one conversation over one session. Answers go to stdout, everything else to stderr.
class ChatLoop {
  public:
    ChatLoop(std::shared_ptr<const engine::Model> model, std::unique_ptr<engine::Session> session,
             ChatSettings settings);

    /// Goes on with the conversation of the session file, where there is one. Errors: those of Session::load;
    /// the file is left as it is.
    Status resume();

    /// Asks for lines until the input ends or /exit; returns the exit status. With `prompting`, "> " invites
    /// each line; without, commands and questions are taken from a file or pipe, one a line.
    int converse(std::istream& in, bool prompting);

    /// One question. A failure is reported, and the question leaves the conversation. Returns the exit
    /// status.
    int ask(const std::string& question);

  private:
    enum class Handled { no, yes, leave };
    Handled command(const std::string& line);
    int answer();
    /// The tokens of the conversation. Errors: context_full, saying what would have to be left out.
    Result<std::vector<Token>> prompt();
    /// Leaves out the oldest turns, so that a good part of the context is free again, and says what they
    /// were.
    Result<std::vector<Token>> prompt_without_oldest();
    int drop();
    int keep();
    int regenerate();
    void clear();

    std::shared_ptr<const engine::Model> model_;
    std::unique_ptr<engine::Session> session_;
    ChatSettings settings_;
    std::vector<chat::Message> messages_;
    std::string refused_;  ///< the last question, where it was too long for the context
    int status_ = 0;
};

}  // namespace kinglet::cli
