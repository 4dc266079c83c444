// The file that keeps a session: which model and settings it is of, its tokens, a note of the caller's, and
// the state of every layer. Little-endian; written once, read only when whole (docs/architecture.md has the
// layout).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/checksum.h"
#include "inference/base/result.h"
#include "inference/gguf/atomic_file.h"
#include "inference/tokenizer/token.h"

namespace kinglet::engine {

/// What must be the same for a saved state to be of use.
struct SessionIdentity {
    std::uint64_t model = 0;  ///< LoadedModel::fingerprint()
    std::uint64_t ropes = 0;  ///< of the angles, which may depend on the context length
    std::uint32_t kv_type = 0;
    std::uint32_t context_length = 0;  ///< told in messages; the state fits every context that is long enough
    std::string model_name;
};

/// Collects what is written; the first failure sticks and is what finish() returns.
class StateWriter {
  public:
    static Result<StateWriter> create(const std::filesystem::path& path);

    void number(std::uint64_t value);
    void bytes(std::span<const std::byte> bytes);
    void text(std::string_view text) { bytes(std::as_bytes(std::span(text))); }
    /// Adds the checksum and gives the file its name.
    Status finish();

  private:
    void flush();

    gguf::AtomicFile file_;
    Checksum checksum_;
    std::vector<std::byte> buffer_;
    Status status_;
};

/// Reads what a StateWriter wrote, and never beyond what is there: past the end everything is 0 and ok() is
/// false.
class StateReader {
  public:
    explicit StateReader(std::span<const std::byte> bytes) : left_(bytes) {}

    bool ok() const { return ok_; }
    bool at_end() const { return left_.empty(); }
    std::uint64_t number();
    /// A number that must be from 0 to `most`.
    int count(std::uint64_t most);
    /// The next `size` bytes; empty where fewer are left.
    std::span<const std::byte> bytes(std::uint64_t size);
    /// Fills `out`; false where fewer bytes are left.
    bool copy(std::span<std::byte> out);
    void skip(std::uint64_t size) { (void)bytes(size); }
    void fail() { ok_ = false; }

  private:
    std::span<const std::byte> left_;
    bool ok_ = true;
};

/// The parsed file; views the bytes it was parsed from.
struct SessionFile {
    SessionIdentity identity;
    std::string_view note;
    std::vector<Token> tokens;
    std::span<const std::byte> state;
};

/// Everything before the state.
void write_session_head(StateWriter& out, const SessionIdentity& identity, std::span<const Token> tokens,
                        std::string_view note);
/// `name` is how errors call the file. Errors: bad_format (no session file, or damaged), truncated,
/// unsupported (a version of another Kinglet).
Result<SessionFile> parse_session_file(std::span<const std::byte> bytes, const std::string& name);

}  // namespace kinglet::engine
