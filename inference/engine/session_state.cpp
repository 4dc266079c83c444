// Sessions to files and back.
#include <fmt/format.h>

#include <bit>
#include <new>

#include "inference/engine/rope.h"
#include "inference/engine/session.h"
#include "inference/engine/session_file.h"
#include "inference/gguf/mapped_file.h"

namespace kinglet::engine {
namespace {

Result<gguf::MappedFile> open(const std::filesystem::path& path) {
    auto mapped = gguf::MappedFile::open(path);
    if (mapped) return mapped;
    Error error = mapped.error();
    // The advice there is about models.
    if (error.code == ErrorCode::truncated || error.code == ErrorCode::not_a_file) {
        error.message = fmt::format("{} is no saved session", path.string());
        error.hint = "Choose another file.";
    }
    return tl::unexpected(std::move(error));
}

}  // namespace

SessionIdentity LoadedSession::identity() const {
    SessionIdentity identity;
    identity.model = model_->fingerprint();
    Checksum ropes;
    for (const arch::Rope& rope : model_->description().ropes) {
        for (const double frequency : rope_frequencies(rope, context_length()))
            ropes.add(std::bit_cast<std::uint64_t>(frequency));
    }
    identity.ropes = ropes.value();
    identity.kv_type = static_cast<std::uint32_t>(options_.kv_type);
    identity.context_length = static_cast<std::uint32_t>(context_length());
    identity.model_name = model_->info().name;
    return identity;
}

Status LoadedSession::save(const std::filesystem::path& path, std::string_view note) const {
    try {
        auto out = StateWriter::create(path);
        if (!out) return tl::unexpected(out.error());
        write_session_head(*out, identity(), tokens_, note);
        memory_.save(*out);
        return out->finish();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::out_of_memory, "There is not enough memory to save the session",
                    "Close other programs and try again.");
    }
}

std::string LoadedSession::differences(const SessionFile& file) const {
    const SessionIdentity mine = identity();
    const SessionIdentity& saved = file.identity;
    std::string out;
    const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
    if (saved.model != mine.model) {
        add(saved.model_name == mine.model_name
                ? fmt::format("another file of {} or other adapters", saved.model_name)
                : fmt::format("the model {} instead of {}", saved.model_name, mine.model_name));
    }
    if (saved.kv_type != mine.kv_type) {
        add(fmt::format("{} instead of {} keys and values",
                        saved.kv_type <= static_cast<std::uint32_t>(KvType::q4_0)
                            ? kv_type_name(static_cast<KvType>(saved.kv_type))
                            : std::string_view("other"),
                        kv_type_name(options_.kv_type)));
    }
    if (saved.ropes != mine.ropes && saved.model == mine.model) {
        add(fmt::format("positions for a context of {} instead of {} tokens", saved.context_length,
                        mine.context_length));
    } else if (file.tokens.size() > static_cast<std::size_t>(context_length())) {
        add(fmt::format("{} tokens, more than the context of {} holds", file.tokens.size(),
                        context_length()));
    }
    return out;
}

Result<std::string> LoadedSession::load(const std::filesystem::path& path) {
    try {
        const auto mapped = open(path);
        if (!mapped) return tl::unexpected(mapped.error());
        auto file = parse_session_file(mapped->bytes(), path.string());
        if (!file) return tl::unexpected(file.error());
        if (const std::string other = differences(*file); !other.empty()) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("{} was saved with {}", path.string(), other),
                        "Use the same model and settings, or another file; this one is left as it is.");
        }
        if (!file->tokens.empty()) {
            if (auto status = check_tokens(file->tokens); !status) return tl::unexpected(status.error());
        }
        auto memory = SequenceMemory::create(model_->description(), context_length(), options_.batch_size,
                                             options_.kv_type);
        if (!memory) return tl::unexpected(memory.error());
        StateReader in(file->state);
        if (!memory->load(in) || memory->length() != static_cast<int>(file->tokens.size())) {
            return fail(
                ErrorCode::bad_format,
                fmt::format("{} holds a state that does not fit this model and context", path.string()),
                "Use the settings it was saved with, or another file; this one is left as it is.");
        }
        std::string note(file->note);
        memory_ = std::move(*memory);
        forward_.memory_replaced();
        tokens_ = std::move(file->tokens);
        uncomputed_ = no_token;
        return note;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::out_of_memory, "There is not enough memory to open the saved session",
                    "Close other programs or choose a shorter context.");
    }
}

}  // namespace kinglet::engine
