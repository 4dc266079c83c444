#include "app/cli/chat_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <istream>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/cli/answer.h"
#include "app/cli/cli.h"
#include "app/cli/grammar_file.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/base/path_text.h"

namespace kinglet::cli {
namespace {

constexpr const char* chat_help =
    "  /help   this list\n"
    "  /regen  answer the last question again\n"
    "  /drop   leave out the oldest turns of a conversation that has become too long\n"
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

std::string turns_text(int turns) {
    return turns == 1 ? std::string("turn") : fmt::format("{} turns", turns);
}

}  // namespace

ChatLoop::ChatLoop(std::shared_ptr<const engine::Model> model, std::unique_ptr<engine::Session> session,
                   ChatSettings settings)
    : model_(std::move(model)), session_(std::move(session)), settings_(std::move(settings)) {
    clear();
}

void ChatLoop::clear() {
    messages_.clear();
    refused_.clear();
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
    } else if (line == "/drop") {
        drop();
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

Result<std::vector<Token>> ChatLoop::prompt() {
    const int context = session_->context_length();
    // Who lets turns go would rather have them go before an answer is cut off than after.
    auto fit = engine::fit_chat(*model_, messages_, context, settings_.drop_oldest ? context / 8 : 1,
                                settings_.render);
    if (!fit && settings_.drop_oldest) return prompt_without_oldest();
    if (!fit) return tl::unexpected(fit.error());
    if (fit->dropped_turns == 0) return std::move(fit->prompt);
    if (settings_.drop_oldest) return prompt_without_oldest();
    const auto needed = static_cast<int>(fit->prompt.size()) + fit->dropped_tokens;
    return fail(
        ErrorCode::context_full,
        fmt::format("The conversation has {} tokens, and the context holds {}. It fits without its oldest "
                    "{} ({} tokens).",
                    needed, context, turns_text(fit->dropped_turns), fit->dropped_tokens),
        "/drop leaves them out and answers; /clear starts a new conversation.");
}

Result<std::vector<Token>> ChatLoop::prompt_without_oldest() {
    const int context = session_->context_length();
    // Room for more than one answer, so that not every turn computes the conversation anew.
    auto fit = engine::fit_chat(*model_, messages_, context, context / 4, settings_.render);
    if (!fit) fit = engine::fit_chat(*model_, messages_, context, 1, settings_.render);
    if (!fit) return tl::unexpected(fit.error());
    const auto first =
        std::find_if(messages_.begin(), messages_.end(), [](const auto& m) { return m.role != "system"; });
    messages_.erase(first, first + fit->dropped_messages);
    if (fit->dropped_turns > 0) {
        fmt::print(stderr, "Left out the oldest {} ({} tokens): the context is full.\n",
                   turns_text(fit->dropped_turns), fit->dropped_tokens);
    }
    return std::move(fit->prompt);
}

int ChatLoop::drop() {
    const std::string question = std::exchange(refused_, {});
    if (question.empty()) {
        const std::size_t before = messages_.size();
        const auto fitted = prompt_without_oldest();
        if (!fitted) return report(fitted.error());
        if (messages_.size() == before)
            std::fputs("A quarter of the context is free; nothing was left out.\n", stderr);
        return exit_ok;
    }
    const bool always = std::exchange(settings_.drop_oldest, true);
    const int status = ask(question);
    settings_.drop_oldest = always;
    return status;
}

Status ChatLoop::resume() {
    if (settings_.session_file.empty() || !is_there(settings_.session_file)) return {};
    const auto note = session_->load(path_of(settings_.session_file));
    if (!note) return tl::unexpected(note.error());
    const auto json = nlohmann::json::parse(*note, nullptr, false);
    if (!json.is_object() || !json.contains("messages") || !json["messages"].is_array()) return {};
    std::vector<chat::Message> messages;
    for (const auto& entry : json["messages"]) {
        if (!entry.is_object()) continue;
        const std::string role = entry.value("role", std::string());
        // A system prompt given now stands in place of the one of then.
        if (role.empty() || (role == "system" && !settings_.system.empty())) continue;
        messages.push_back({role, entry.value("content", std::string())});
    }
    messages_.insert(messages_.end(), messages.begin(), messages.end());
    fmt::print(stderr, "Going on with {}: {} messages, {} tokens.\n",
               without_controls(settings_.session_file), messages.size(), session_->tokens().size());
    return {};
}

int ChatLoop::keep() {
    if (settings_.session_file.empty()) return exit_ok;
    auto list = nlohmann::ordered_json::array();
    for (const chat::Message& message : messages_)
        list.push_back({{"role", message.role}, {"content", message.content}});
    const auto saved = session_->save(path_of(settings_.session_file), json_text({{"messages", list}}));
    return saved ? exit_ok : report(saved.error());
}

int ChatLoop::answer() {
    const auto tokens = prompt();
    if (!tokens) {
        if (tokens.error().code == ErrorCode::context_full) refused_ = messages_.back().content;
        return report(tokens.error());
    }

    std::string text;
    StopOnInterrupt interrupt;
    engine::GenerateCallbacks callbacks;
    callbacks.on_text = [&text](std::string_view piece) {
        text += piece;
        write_answer(piece);
    };
    const engine::DeviceState device = model_->device();
    const auto stats = session_->generate(*tokens, settings_.params, callbacks, interrupt.token());
    if (!stats || !text.empty()) {
        std::fputs(text.empty() ? "" : "\n", stdout);
        std::fflush(stdout);
    }
    report_lost_device(device, *model_);
    if (!stats) return report(stats.error());
    messages_.push_back({"assistant", text});
    if (stats->reason == engine::FinishReason::context_full) {
        std::fputs(
            "The context is full, so the answer ends here. /drop leaves out the oldest turns, /clear starts "
            "a new conversation.\n",
            stderr);
    } else if (stats->reason == engine::FinishReason::cancelled) {
        std::fputs("Stopped.\n", stderr);
    }
    const bool unfinished = report_unfinished(*stats);
    if (settings_.show_stats) std::fputs((stats_line(*stats) + "\n").c_str(), stderr);
    const int kept = keep();
    return unfinished && kept == exit_ok ? exit_failure : kept;
}

}  // namespace kinglet::cli
