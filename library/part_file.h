// A file on its way: what is written, hashed and checked on the disk.
#pragma once

#include <QByteArray>
#include <QFile>
#include <QList>
#include <QString>
#include <functional>
#include <optional>

#include "library/problem.h"
#include "library/sha256.h"

namespace kinglet::library {

/// Bytes from `begin` up to, not including, `end`. An `end` of -1 is "whatever there is".
struct ByteRange {
    qint64 begin = 0;
    qint64 end = -1;
    bool operator==(const ByteRange&) const = default;
};

/// A sum over the bytes of one piece, to notice what a disk or a power cut did to it. Not made to withstand
/// an attacker; the SHA-256 of the whole is.
class PieceSum {
  public:
    void add(const char* data, qsizetype length);
    /// 8 bytes, of all that was added; starts anew.
    QByteArray take();

  private:
    void mix(quint64 word);

    quint64 m_sum = 0;
    quint64 m_word = 0;
    int m_inWord = 0;
    quint64 m_length = 0;
};

/// What prepare() found.
struct PreparedPart {
    qint64 present = 0;    ///< bytes in the file
    QList<ByteRange> bad;  ///< whole pieces that are not what was written, in order
    ByteRange doubtful;    ///< bytes that no piece vouches for; empty where begin == end
};

/// NAME.part beside the target NAME. All of it blocks and belongs on a worker's thread. Bytes are hashed as
/// they are written, so that a download that was never disturbed is read by nobody again.
class PartFile {
  public:
    struct Options {
        qint64 pieceBytes = 8 << 20;
        qint64 mostBytes =
            0;  ///< 0: as the disk allows; else writing beyond fails as on a full disk (for tests)
    };

    PartFile(QString target, Options options);
    explicit PartFile(QString target) : PartFile(std::move(target), Options{}) {}

    static QString partName(const QString& target);

    /// Opens the file, creating it and its folder, and hashes what is there. `pieces` are the sums of its
    /// first whole pieces. Bytes beyond `total` are cut off (0: total not known). `stop` is asked between
    /// reads.
    Outcome<PreparedPart> prepare(const QByteArray& pieces, qint64 total, const std::function<bool()>& stop);
    /// Whether the disk has room for so many bytes more.
    std::optional<Problem> checkRoom(qint64 bytes) const;
    std::optional<Problem> write(qint64 offset, const QByteArray& data);
    /// Empties the file.
    std::optional<Problem> restart();
    /// Waits until all is on the disk; answers with the SHA-256 of the whole, 64 hex digits.
    Outcome<QString> finish(const std::function<bool()>& stop);
    /// Sums of the whole pieces written so far, from the first on without a gap.
    QByteArray pieces() const;
    /// Closes it, and removes it where nothing came; prepare() opens it again.
    void close();

    /// Gives the finished file its name.
    static std::optional<Problem> publish(const QString& target);
    /// Removes NAME.part.
    static void discard(const QString& target);

  private:
    std::optional<Problem> open();
    std::optional<Problem> writeProblem() const;
    void countInPiece(qint64 offset, const char* data, qsizetype length);
    bool seedPiece(qint64 offset);
    bool hashFromDisk(qint64 end, const std::function<bool()>& stop);

    QString m_target;
    Options m_options;
    QFile m_file;
    Sha256 m_hash;
    qint64 m_hashedUpTo = 0;   ///< m_hash covers the bytes before it
    QList<QByteArray> m_sums;  ///< by piece; empty where not known
    PieceSum m_sum;
    qint64 m_summedUpTo = 0;  ///< m_sum covers its piece's bytes before it
};

}  // namespace kinglet::library
