#include "app/cli/chat_loop.h"

#include <cstdio>
#include <istream>
#include <utility>

#include "app/cli/answer.h"
#include "app/cli/cli.h"
#include "app/cli/terminal.h"

namespace kinglet::cli {
namespace {

constexpr const char* chat_help =
    "  /help   this list\n"
    "  /regen  answer the last question again\n"
    "  /clear  forget the conversation and start a new one\n"
    "  /exit   leave (so does Ctrl+D)\n"
    "Ctrl+C stops an answer. A line that ends in \\ goes on in the next one.\n";

/// A line, with those that its last character \ joins to it. False at the end of the input.
bool read_question(std::istream& in, bool prompting, std::string& question) {
    question.clear();
    std::string line;
    bool more = true;
    for (bool first = true; more; first = false) {
        if (prompting) {
            std::fputs(first ? "> " : "  ", stdout);
            std::fflush(stdout);
        }
        if (!std::getline(in, line)) return !first;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        more = !line.empty() && line.back() == '\\';
        if (more) line.back() = '\n';
        question += line;
    }
    return true;
}

std::string trimmed(const std::string& text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

ChatLoop::ChatLoop(std::shared_ptr<const engine::Model> model, std::unique_ptr<engine::Session> session,
                   ChatSettings settings)
    : model_(std::move(model)), session_(std::move(session)), settings_(std::move(settings)) {
    clear();
}

void ChatLoop::clear() {
    messages_.clear();
    if (!settings_.system.empty()) messages_.push_back({"system", settings_.system});
    session_->clear();
}

int ChatLoop::converse(std::istream& in, bool prompting) {
    std::string line;
    while (read_question(in, prompting, line)) {
        const std::string question = trimmed(line);
        if (question.empty()) continue;
        const Handled handled = command(question);
        if (handled == Handled::leave) return status_;
        if (handled == Handled::yes) continue;
        const int status = ask(question);
        // A person sees what went wrong and goes on; who pipes questions in learns it from the exit status.
        if (!prompting && status != exit_ok) status_ = status;
    }
    if (prompting) std::fputc('\n', stdout);
    return status_;
}

ChatLoop::Handled ChatLoop::command(const std::string& line) {
    if (line.front() != '/') return Handled::no;
    if (line == "/exit" || line == "/quit") return Handled::leave;
    if (line == "/help") {
        std::fputs(chat_help, stderr);
    } else if (line == "/clear") {
        clear();
        std::fputs("A new conversation.\n", stderr);
    } else if (line == "/regen") {
        regenerate();
    } else if (line.find_first_of(" \n/", 1) == std::string::npos) {
        report({ErrorCode::invalid_argument,
                "There is no command " + line + ".",
                "/help lists the commands.",
                {},
                {}});
    } else {
        return Handled::no;  // a question that begins with a path or a comment
    }
    return Handled::yes;
}

int ChatLoop::ask(const std::string& question) {
    messages_.push_back({"user", question});
    const int status = answer();
    if (messages_.back().role == "user") messages_.pop_back();
    return status;
}

int ChatLoop::regenerate() {
    if (messages_.empty() || messages_.back().role != "assistant") {
        return report({ErrorCode::invalid_argument, "There is no answer yet.", {}, {}, {}});
    }
    chat::Message before = std::move(messages_.back());
    messages_.pop_back();
    // With the same seed the same answer would come again.
    if (settings_.params.sampling.seed) ++*settings_.params.sampling.seed;
    const int status = answer();
    if (messages_.back().role == "user") messages_.push_back(std::move(before));
    return status;
}

int ChatLoop::answer() {
    const auto prompt = model_->render_chat(messages_, settings_.render);
    if (!prompt) return report(prompt.error());
    const auto tokens = model_->tokenize_prompt(*prompt);

    std::string text;
    StopOnInterrupt interrupt;
    engine::GenerateCallbacks callbacks;
    callbacks.on_text = [&text](std::string_view piece) {
        text += piece;
        write_answer(piece);
    };
    const auto stats = session_->generate(tokens, settings_.params, callbacks, interrupt.token());
    if (!stats || !text.empty()) {
        std::fputs(text.empty() ? "" : "\n", stdout);
        std::fflush(stdout);
    }
    if (!stats) return report(stats.error());
    messages_.push_back({"assistant", text});
    if (stats->reason == engine::FinishReason::context_full) {
        std::fputs("The context is full, so the answer ends here. /clear starts a new conversation.\n",
                   stderr);
    } else if (stats->reason == engine::FinishReason::cancelled) {
        std::fputs("Stopped.\n", stderr);
    }
    if (settings_.show_stats) std::fputs((stats_line(*stats) + "\n").c_str(), stderr);
    return exit_ok;
}

}  // namespace kinglet::cli
