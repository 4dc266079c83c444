// SHA-256 piece by piece.
#pragma once

#include <QByteArray>
#include <QString>
#include <functional>
#include <memory>

namespace kinglet::library {

/// OpenSSL's where the build found it, which is several times as fast as Qt's own on processors with
/// instructions for it; Qt's otherwise.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void add(const char* data, qsizetype length);
    /// 64 lower-case hex digits of all that was added. Nothing may be added afterwards but by reset().
    QByteArray hex();
    void reset();

  private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// 64 lower-case hex digits of a whole file; empty where it cannot be read, or `stop` said so between reads.
/// Blocks.
QString sha256OfFile(const QString& path, const std::function<bool()>& stop);

}  // namespace kinglet::library
