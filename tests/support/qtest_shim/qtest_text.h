// The little of Qt's texts that the engine's tests use, for builds without Qt (see QtTest in this folder).
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "inference/base/utf8.h"

using qsizetype = std::ptrdiff_t;
using quint32 = std::uint32_t;
using qulonglong = unsigned long long;

/// Bytes.
class QByteArray : public std::string {
  public:
    QByteArray() = default;
    QByteArray(const char* text) : std::string(text) {}
    QByteArray(const char* bytes, qsizetype count) : std::string(bytes, static_cast<std::size_t>(count)) {}
    static QByteArray fromStdString(const std::string& text) { return QByteArray(text); }
    static QByteArray number(qulonglong value) { return QByteArray(std::to_string(value)); }
    static QByteArray fromRawData(const char* bytes, qsizetype count) { return {bytes, count}; }

    std::string toStdString() const { return *this; }
    const char* constData() const { return c_str(); }
    qsizetype size() const { return static_cast<qsizetype>(std::string::size()); }
    bool isEmpty() const { return empty(); }
    QByteArray repeated(qsizetype times) const {
        QByteArray out;
        for (qsizetype i = 0; i < times; ++i) out.append(*this);
        return out;
    }
    QByteArray& replace(std::string_view before, std::string_view after) {
        for (std::size_t at = 0; (at = find(before, at)) != npos; at += after.size())
            std::string::replace(at, before.size(), after);
        return *this;
    }
    qsizetype lastIndexOf(char wanted) const { return static_cast<qsizetype>(rfind(wanted)); }

  private:
    explicit QByteArray(const std::string& text) : std::string(text) {}
    friend QByteArray operator+(const char* a, const QByteArray& b) {
        return QByteArray(std::string(a) + b.c_str());
    }
};

/// Text, kept as UTF-8.
class QString {
  public:
    QString() = default;
    QString(const char* text) : text_(text) {}
    QString(const QByteArray& text) : text_(text) {}
    static QString fromStdString(const std::string& text) { return QString(text); }
    static QString fromUtf8(const char* text, qsizetype count) {
        return QString(std::string(text, static_cast<std::size_t>(count)));
    }
    static QString fromLatin1(const char* text, qsizetype count) { return fromUtf8(text, count); }
    template <class Number>
    static QString number(Number value) {
        return QString(digits(value));
    }

    std::string toStdString() const { return text_; }
    QByteArray toUtf8() const { return QByteArray::fromStdString(text_); }
    qsizetype size() const { return static_cast<qsizetype>(text_.size()); }
    bool isEmpty() const { return text_.empty(); }
    bool contains(const QString& part) const { return text_.find(part.text_) != std::string::npos; }
    bool startsWith(const QString& part) const { return text_.starts_with(part.text_); }
    bool endsWith(const QString& part) const { return text_.ends_with(part.text_); }
    std::u32string toUcs4() const {
        std::u32string out;
        for (std::size_t at = 0; at < text_.size();) {
            const auto decoded = kinglet::utf8::decode(text_, at);
            out += decoded.length == 0 ? U'\uFFFD' : decoded.code_point;
            at += static_cast<std::size_t>(std::max(decoded.length, 1));
        }
        return out;
    }
    /// Whole numbers up to 2^64 - 1; `good` says whether the text was one.
    qulonglong toULongLong(bool* good) const {
        char* end = nullptr;
        const qulonglong value = std::strtoull(text_.c_str(), &end, 10);
        *good = !text_.empty() && *end == '\0';
        return *good ? value : 0;
    }

    /// The lowest of %1 to %9 that is left becomes the value.
    template <class Value>
    QString arg(const Value& value) const {
        std::string shown;
        if constexpr (std::is_arithmetic_v<Value>)
            shown = digits(value);
        else
            shown = QString(value).text_;
        for (char number = '1'; number <= '9'; ++number) {
            const char place[] = {'%', number, '\0'};
            if (text_.find(place) == std::string::npos) continue;
            std::string out = text_;
            for (std::size_t at = 0; (at = out.find(place, at)) != std::string::npos; at += shown.size())
                out.replace(at, 2, shown);
            return QString(out);
        }
        return *this;
    }

    friend bool operator==(const QString&, const QString&) = default;

  private:
    explicit QString(std::string text) : text_(std::move(text)) {}
    template <class Number>
    static std::string digits(Number value) {
        if constexpr (!std::is_floating_point_v<Number>) {
            return std::to_string(value);
        } else {
            char text[40];
            std::snprintf(text, sizeof text, "%g", static_cast<double>(value));
            return text;
        }
    }

    std::string text_;
};

/// Lives until the end of the full expression, as with Qt.
#define qPrintable(text) (QString(text).toStdString().c_str())
