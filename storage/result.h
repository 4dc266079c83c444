#pragma once

#include <QString>
#include <optional>
#include <utility>
#include <variant>

namespace kinglet::storage {

/// What kind of thing went wrong, for code that has to choose what to do next.
enum class ErrorCode {
    NotOpen,     ///< The database is closed, or could not be opened.
    NotFound,    ///< No such chat, message or model.
    Invalid,     ///< The caller asked for something that cannot be done.
    Corrupt,     ///< The file is damaged.
    Newer,       ///< The file was written by a newer Kinglet.
    Unreadable,  ///< The file cannot be opened, read or written.
    InUse,       ///< Another process holds the file.
    DiskFull,    ///< No space left.
    Hostile,     ///< An archive breaks the limits that are put on it.
    Cancelled,   ///< The object that did the work went away.
    Internal     ///< Anything else; `details` says more.
};

/// An error as a value. `message` is one sentence naming the file and the cause, `hint` is what a person can
/// do next (may be empty), `details` is for a "Details" fold and for reports (SQLite's own words and code).
struct Error {
    ErrorCode code = ErrorCode::Internal;
    QString message;
    QString hint;
    QString details;
};

/// A value or an Error. Reading the one that is not there is a programming mistake (std::bad_variant_access).
template <class T>
class Result {
  public:
    Result(T value) : m_value(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : m_value(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return m_value.index() == 0; }
    explicit operator bool() const { return ok(); }
    const T& value() const& { return std::get<0>(m_value); }
    T& value() & { return std::get<0>(m_value); }
    T&& value() && { return std::get<0>(std::move(m_value)); }
    const T& operator*() const& { return value(); }
    T& operator*() & { return value(); }
    const T* operator->() const { return &value(); }
    T* operator->() { return &value(); }
    const Error& error() const { return std::get<1>(m_value); }

  private:
    std::variant<T, Error> m_value;
};

/// Success without a value, or an Error.
template <>
class Result<void> {
  public:
    Result() = default;
    Result(Error error) : m_error(std::move(error)) {}

    bool ok() const { return !m_error.has_value(); }
    explicit operator bool() const { return ok(); }
    const Error& error() const { return m_error.value(); }

  private:
    std::optional<Error> m_error;
};

}  // namespace kinglet::storage
