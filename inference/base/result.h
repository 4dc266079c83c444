// How the engine reports what went wrong. Whatever comes from a file, a device or a model is a Result;
// asserts are for our own mistakes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace kinglet {

/// What kind of thing went wrong: callers decide by it what to offer; people read Error::message.
enum class ErrorCode {
    not_found,
    permission_denied,
    not_a_file,
    io,
    truncated,
    bad_format,
    unsupported,
    too_large,
    out_of_memory,
    context_full,
    device_lost,
    template_failed,
    invalid_argument,
    cancelled,
};

/// One failure, told so that a person can act on it.
struct Error {
    ErrorCode code = ErrorCode::io;
    /// One plain sentence that names the file (or other subject) and the cause.
    std::string message;
    /// What the person can do next, one sentence; empty where there is nothing sensible to say.
    std::string hint;
    /// The file concerned; empty where none is.
    std::string path;
    /// Byte offset in that file where the trouble was seen.
    std::optional<std::uint64_t> offset;
};

/// A value or the Error that kept it from being.
template <class T>
using Result = tl::expected<T, Error>;

/// Success or an Error.
using Status = Result<void>;

/// Shorthand for returning a failure.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {}) {
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(hint), {}, {}});
}

}  // namespace kinglet
