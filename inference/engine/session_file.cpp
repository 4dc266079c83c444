#include "inference/engine/session_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace kinglet::engine {
namespace {

constexpr std::uint64_t magic = 0x0a54454c474e494bULL;  // "KINGLET\n"
constexpr std::uint64_t version = 1;
constexpr std::size_t buffer_bytes = 1 << 16;
constexpr std::uint64_t most_name = 1024;
constexpr std::uint64_t most_note = 64 << 20;
constexpr std::uint64_t most_tokens = 1 << 24;

constexpr std::string_view hint_again =
    "Delete it or name another file; the conversation is read again from its text then.";

tl::unexpected<Error> damaged(ErrorCode code, const std::string& name, std::string_view what) {
    return fail(code, fmt::format("{} {}", name, what), std::string(hint_again));
}

}  // namespace

Result<StateWriter> StateWriter::create(const std::filesystem::path& path) {
    auto file = gguf::AtomicFile::create(path, gguf::AtomicFile::Readers::owner);
    if (!file) return tl::unexpected(file.error());
    StateWriter writer;
    writer.file_ = std::move(*file);
    writer.buffer_.reserve(buffer_bytes);
    return writer;
}

void StateWriter::number(std::uint64_t value) {
    bytes(std::as_bytes(std::span(&value, 1)));
}

void StateWriter::bytes(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::size_t part = std::min(bytes.size(), buffer_bytes - buffer_.size());
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(part));
        bytes = bytes.subspan(part);
        if (buffer_.size() == buffer_bytes) flush();
    }
}

void StateWriter::flush() {
    checksum_.add(buffer_);
    if (status_) status_ = file_.write(buffer_);
    buffer_.clear();
}

Status StateWriter::finish() {
    flush();
    const std::uint64_t sum = checksum_.value();
    if (status_) status_ = file_.write(std::as_bytes(std::span(&sum, 1)));
    if (status_) status_ = file_.commit();
    return status_;
}

std::uint64_t StateReader::number() {
    std::uint64_t value = 0;
    copy(std::as_writable_bytes(std::span(&value, 1)));
    return value;
}

int StateReader::count(std::uint64_t most) {
    const std::uint64_t value = number();
    if (value <= most) return static_cast<int>(value);
    ok_ = false;
    return 0;
}

std::span<const std::byte> StateReader::bytes(std::uint64_t size) {
    if (!ok_ || size > left_.size()) {
        ok_ = false;
        return {};
    }
    const auto out = left_.first(static_cast<std::size_t>(size));
    left_ = left_.subspan(out.size());
    return out;
}

bool StateReader::copy(std::span<std::byte> out) {
    const auto from = bytes(out.size());
    if (from.size() != out.size()) return false;
    if (!out.empty()) std::memcpy(out.data(), from.data(), out.size());
    return true;
}

void write_session_head(StateWriter& out, const SessionIdentity& identity, std::span<const Token> tokens,
                        std::string_view note) {
    const std::string_view name = std::string_view(identity.model_name).substr(0, most_name);
    out.number(magic);
    out.number(version);
    out.number(identity.model);
    out.number(identity.ropes);
    out.number(identity.kv_type);
    out.number(identity.context_length);
    out.number(name.size());
    out.number(note.size());
    out.number(tokens.size());
    out.text(name);
    out.text(note);
    out.bytes(std::as_bytes(tokens));
}

Result<SessionFile> parse_session_file(std::span<const std::byte> bytes, const std::string& name) {
    if (bytes.size() < 2 * sizeof(std::uint64_t))
        return damaged(ErrorCode::truncated, name, "is too short to be a saved session");
    StateReader in(bytes.first(bytes.size() - sizeof(std::uint64_t)));
    if (in.number() != magic) return damaged(ErrorCode::bad_format, name, "is no saved session");
    if (const std::uint64_t found = in.number(); found != version) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{} was saved by another version of Kinglet (its format is {}, not {})", name,
                                found, version),
                    std::string(hint_again));
    }
    SessionFile file;
    file.identity.model = in.number();
    file.identity.ropes = in.number();
    file.identity.kv_type = static_cast<std::uint32_t>(in.count(UINT16_MAX));
    file.identity.context_length = static_cast<std::uint32_t>(in.count(most_tokens));
    const int name_size = in.count(most_name);
    const int note_size = in.count(most_note);
    const int tokens = in.count(most_tokens);
    const auto as_text = [](std::span<const std::byte> part) {
        return std::string_view(reinterpret_cast<const char*>(part.data()), part.size());
    };
    file.identity.model_name = as_text(in.bytes(static_cast<std::uint64_t>(name_size)));
    file.note = as_text(in.bytes(static_cast<std::uint64_t>(note_size)));
    const auto ids = in.bytes(static_cast<std::uint64_t>(tokens) * sizeof(Token));
    if (!in.ok()) return damaged(ErrorCode::truncated, name, "is damaged or not whole");

    std::uint64_t sum = 0;
    std::memcpy(&sum, bytes.data() + bytes.size() - sizeof sum, sizeof sum);
    Checksum checksum;
    checksum.add(bytes.first(bytes.size() - sizeof sum));
    if (checksum.value() != sum) return damaged(ErrorCode::bad_format, name, "is damaged or not whole");
    file.tokens.resize(static_cast<std::size_t>(tokens));
    if (!ids.empty()) std::memcpy(file.tokens.data(), ids.data(), ids.size());
    const auto used = static_cast<std::size_t>(ids.data() + ids.size() - bytes.data());
    file.state = bytes.subspan(used, bytes.size() - sizeof sum - used);
    return file;
}

}  // namespace kinglet::engine
