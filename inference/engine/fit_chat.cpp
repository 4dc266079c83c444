// Which of a conversation's oldest turns are too much for a context.
#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "inference/engine/engine.h"

namespace kinglet::engine {
namespace {

/// Where turns begin: at each message of the user's, and at the first one that is no system message.
std::vector<std::size_t> turn_starts(std::span<const chat::Message> messages) {
    std::size_t first = 0;
    while (first < messages.size() && messages[first].role == "system") ++first;
    std::vector<std::size_t> starts;
    for (std::size_t i = first; i < messages.size(); ++i) {
        if (i == first || messages[i].role == "user") starts.push_back(i);
    }
    return starts;
}

class Fitting {
  public:
    Fitting(const Model& model, std::span<const chat::Message> messages, const RenderOptions& options)
        : model_(model), messages_(messages), options_(options), starts_(turn_starts(messages)) {}

    int turns() const { return static_cast<int>(starts_.size()); }
    std::size_t dropped_messages(int turns) const {
        return turns == 0 ? 0 : starts_[static_cast<std::size_t>(turns)] - starts_.front();
    }

    Result<std::vector<Token>> prompt(int dropped_turns) const {
        std::vector<chat::Message> kept(messages_.begin(), messages_.end());
        if (dropped_turns > 0) {
            const auto from = kept.begin() + static_cast<std::ptrdiff_t>(starts_.front());
            kept.erase(from, from + static_cast<std::ptrdiff_t>(dropped_messages(dropped_turns)));
        }
        return model_.render_chat(kept, options_).map([&](const std::string& text) {
            return model_.tokenize_prompt(text);
        });
    }

  private:
    const Model& model_;
    std::span<const chat::Message> messages_;
    const RenderOptions& options_;
    std::vector<std::size_t> starts_;
};

Result<ChatFit> fit(const Fitting& conversation, std::size_t room, int context_length) {
    ChatFit out;
    auto whole = conversation.prompt(0);
    if (!whole) return tl::unexpected(whole.error());
    const std::size_t full = whole->size();
    out.prompt = std::move(*whole);
    // The fewest turns that make it fit, by halving: fewer messages never make a longer prompt.
    int too_few = 0;
    int enough = std::max(0, conversation.turns() - 1);
    while (out.prompt.size() > room && too_few < enough) {
        const int middle = too_few + (enough - too_few) / 2;
        const int tried = middle == too_few ? enough : middle;
        auto shorter = conversation.prompt(tried);
        if (!shorter) return tl::unexpected(shorter.error());
        const bool fits = shorter->size() <= room;
        if (tried == enough) {
            out.prompt = std::move(*shorter);
            out.dropped_turns = enough;
            break;
        }
        (fits ? enough : too_few) = tried;
    }
    if (out.prompt.size() > room) {
        return fail(
            ErrorCode::context_full,
            fmt::format("The last message alone needs {} tokens, more than the {} that the context of "
                        "{} has room for beside the answer",
                        out.prompt.size(), room, context_length),
            "Shorten the message, or choose a longer context in the settings.");
    }
    out.dropped_messages = static_cast<int>(conversation.dropped_messages(out.dropped_turns));
    out.dropped_tokens = static_cast<int>(full - out.prompt.size());
    return out;
}

}  // namespace

Result<ChatFit> fit_chat(const Model& model, std::span<const chat::Message> messages, int context_length,
                         int reserve, const RenderOptions& options) {
    try {
        const int room = std::max(0, context_length - std::max(0, reserve));
        return fit(Fitting(model, messages, options), static_cast<std::size_t>(room), context_length);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::out_of_memory,
                    "There is not enough memory to write the conversation as a prompt",
                    "Close other programs or start a new chat.");
    }
}

}  // namespace kinglet::engine
