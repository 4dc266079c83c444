// A checkpoint's config.json: numbers by any of the names that models give them. Errors stick: after the
// first one everything asked for gives a harmless small value, so that a list of facts needs no check on each
// line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "inference/base/result.h"
#include "inference/convert/json_file.h"

namespace kinglet::convert {

class Config {
  public:
    using Names = std::initializer_list<std::string_view>;

    /// `file` is named in errors. Models that also see or hear keep what matters here under "text_config".
    Config(Json json, std::string file);

    /// The first of these that is there and not null: in the text model's own part, else at the top. Null
    /// where none is.
    const Json* find(Names names) const;
    bool has(Names names) const { return find(names) != nullptr; }

    std::int64_t integer(Names names, std::int64_t least, std::int64_t most);
    std::int64_t integer(Names names, std::int64_t least, std::int64_t most, std::int64_t fallback);
    double number(Names names, double least, double most);
    double number(Names names, double least, double most, double fallback);
    bool flag(Names names, bool fallback);
    std::string text(Names names, std::string_view fallback) const;
    /// The texts of a list, such as layer_types; empty where there is none.
    std::vector<std::string> texts(Names names) const;

    /// "architectures"[0]; empty where there is none.
    std::string model_class() const;
    const std::string& file() const { return file_; }

    void fail(ErrorCode code, const std::string& what, std::string hint);
    /// Fails with `unsupported` where `right` does not hold.
    void require(bool right, const std::string& what);
    bool ok() const { return !error_; }
    const Error& error() const { return *error_; }

  private:
    void missing(Names names);
    /// The value where it lies between `least` and `most`; else the error is kept and `least` given.
    template <class Number>
    Number bounded(Names names, std::optional<Number> value, Number least, Number most);

    Json json_;
    std::string file_;
    std::optional<Error> error_;
};

}  // namespace kinglet::convert
