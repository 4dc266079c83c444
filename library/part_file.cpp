#include "library/part_file.h"

#include <QDir>
#include <QFileInfo>
#include <QStorageInfo>
#include <algorithm>
#include <bit>

#include "storage/files.h"

namespace kinglet::library {

namespace {

constexpr qint64 readBytes = 1 << 20;
constexpr qint64 spareRoom = 64 << 20;  // a disk is not filled to its last byte
constexpr qsizetype sumBytes = 8;

}  // namespace

void PieceSum::mix(quint64 word) {
    m_sum = std::rotl(m_sum ^ word, 29) * 0x9e3779b97f4a7c15u;
}

void PieceSum::add(const char* data, qsizetype length) {
    m_length += quint64(length);
    const auto* at = reinterpret_cast<const unsigned char*>(data);
    const auto* end = at + length;
    while (at != end) {
        if (m_inWord == 0 && end - at >= 8) {
            quint64 word = 0;
            for (int i = 0; i < 8; ++i) word |= quint64(at[i]) << (8 * i);
            mix(word);
            at += 8;
            continue;
        }
        m_word |= quint64(*at++) << (8 * m_inWord);
        if (++m_inWord < 8) continue;
        mix(m_word);
        m_word = 0;
        m_inWord = 0;
    }
}

QByteArray PieceSum::take() {
    mix(m_word);
    mix(m_length);
    QByteArray bytes(sumBytes, '\0');
    for (qsizetype i = 0; i < sumBytes; ++i) bytes[i] = char(m_sum >> (8 * i));
    *this = {};
    return bytes;
}

PartFile::PartFile(QString target, Options options) : m_target(std::move(target)), m_options(options) {}

QString PartFile::partName(const QString& target) {
    return target + QStringLiteral(".part");
}

std::optional<Problem> PartFile::writeProblem() const {
    const bool full = m_file.error() == QFileDevice::ResourceError || checkRoom(0).has_value();
    return problemOf(full ? Fault::DiskFull : Fault::CannotWrite, partName(m_target), {},
                     m_file.errorString());
}

std::optional<Problem> PartFile::open() {
    QDir().mkpath(QFileInfo(m_target).absolutePath());
    m_file.setFileName(partName(m_target));
    // Unbuffered: what write() took is in the system's hands, so a kill loses none of it.
    if (m_file.open(QIODevice::ReadWrite | QIODevice::Unbuffered)) return {};
    return writeProblem();
}

Outcome<PreparedPart> PartFile::prepare(const QByteArray& pieces, qint64 total,
                                        const std::function<bool()>& stop) {
    m_file.close();
    if (QFileInfo::exists(m_target)) return problemOf(Fault::TargetExists, m_target, {});
    if (auto problem = open()) return *problem;
    if (total > 0 && m_file.size() > total && !m_file.resize(total)) return *writeProblem();
    PreparedPart found;
    found.present = m_file.size();
    m_hash.reset();
    m_hashedUpTo = 0;
    m_sums.clear();
    m_sum = {};
    const qsizetype vouched =
        std::min(pieces.size() / sumBytes, qsizetype(found.present / m_options.pieceBytes));
    QByteArray buffer(readBytes, Qt::Uninitialized);
    for (qint64 at = 0; at < found.present && !stop();) {
        const qint64 pieceEnd = (at / m_options.pieceBytes + 1) * m_options.pieceBytes;
        const qint64 read =
            m_file.read(buffer.data(), std::min(readBytes, std::min(pieceEnd, found.present) - at));
        if (read <= 0) return problemOf(Fault::CannotWrite, partName(m_target), {}, m_file.errorString());
        if (m_hashedUpTo == at && found.bad.isEmpty()) {
            m_hash.add(buffer.constData(), read);
            m_hashedUpTo = at + read;
        }
        countInPiece(at, buffer.constData(), read);
        at += read;
        if (at != pieceEnd) continue;
        const qsizetype piece = m_sums.size() - 1;
        if (piece >= vouched || m_sums.at(piece) == pieces.mid(piece * sumBytes, sumBytes)) continue;
        m_sums[piece].clear();
        found.bad << ByteRange{pieceEnd - m_options.pieceBytes, pieceEnd};
    }
    // The hash already took in the first bad piece: it is made anew from the disk at the end.
    if (!found.bad.isEmpty()) {
        m_hash.reset();
        m_hashedUpTo = 0;
    }
    found.doubtful = {vouched * m_options.pieceBytes, found.present};
    return found;
}

void PartFile::countInPiece(qint64 offset, const char* data, qsizetype length) {
    const qint64 size = m_options.pieceBytes;
    while (length > 0) {
        const qint64 end = (offset / size + 1) * size;
        const qsizetype part = qsizetype(std::min<qint64>(length, end - offset));
        if (offset % size == 0) m_sum = {};
        m_sum.add(data, part);
        offset += part;
        data += part;
        length -= part;
        m_summedUpTo = offset;
        if (offset != end) continue;
        const qsizetype piece = qsizetype(end / size) - 1;
        if (m_sums.size() <= piece) m_sums.resize(piece + 1);
        m_sums[piece] = m_sum.take();
    }
}

/// Reads what the disk has of the piece before `offset`, so that its sum can go on from there.
bool PartFile::seedPiece(qint64 offset) {
    const qint64 begin = offset / m_options.pieceBytes * m_options.pieceBytes;
    if (offset == begin || m_summedUpTo == offset) return true;
    if (!m_file.seek(begin)) return false;
    const QByteArray there = m_file.read(offset - begin);
    if (there.size() != offset - begin) return false;
    countInPiece(begin, there.constData(), there.size());
    return true;
}

std::optional<Problem> PartFile::checkRoom(qint64 bytes) const {
    const QStorageInfo disk(QFileInfo(m_target).absolutePath());
    if (!disk.isValid() || disk.bytesAvailable() >= bytes + (bytes > 0 ? spareRoom : 1)) return {};
    return problemOf(Fault::DiskFull, m_target, {},
                     QStringLiteral("%1 bytes needed, %2 free").arg(bytes).arg(disk.bytesAvailable()));
}

std::optional<Problem> PartFile::write(qint64 offset, const QByteArray& data) {
    if (m_options.mostBytes > 0 && offset + data.size() > m_options.mostBytes) {
        if (offset < m_options.mostBytes) write(offset, data.left(m_options.mostBytes - offset));
        return problemOf(Fault::DiskFull, m_target, {});
    }
    if (!seedPiece(offset) || !m_file.seek(offset)) return writeProblem();
    for (qsizetype written = 0; written < data.size();) {
        const qint64 now = m_file.write(data.constData() + written, data.size() - written);
        if (now <= 0) return writeProblem();
        written += now;
    }
    countInPiece(offset, data.constData(), data.size());
    if (m_hashedUpTo == offset) {
        m_hash.add(data.constData(), data.size());
        m_hashedUpTo += data.size();
    } else if (m_hashedUpTo > offset) {
        m_hash.reset();  // bytes that it had taken in were replaced
        m_hashedUpTo = 0;
    }
    return {};
}

std::optional<Problem> PartFile::restart() {
    if (!m_file.resize(0)) return writeProblem();
    m_hash.reset();
    m_hashedUpTo = 0;
    m_sums.clear();
    m_sum = {};
    m_summedUpTo = 0;
    return {};
}

bool PartFile::hashFromDisk(qint64 end, const std::function<bool()>& stop) {
    if (!m_file.seek(m_hashedUpTo)) return false;
    QByteArray buffer(readBytes, Qt::Uninitialized);
    while (m_hashedUpTo < end && !stop()) {
        const qint64 read = m_file.read(buffer.data(), std::min(readBytes, end - m_hashedUpTo));
        if (read <= 0) return false;
        m_hash.add(buffer.constData(), read);
        m_hashedUpTo += read;
    }
    return m_hashedUpTo == end;
}

Outcome<QString> PartFile::finish(const std::function<bool()>& stop) {
    if (!hashFromDisk(m_file.size(), stop)) {
        return problemOf(Fault::CannotWrite, partName(m_target), {}, m_file.errorString());
    }
    const QString sha256 = QString::fromLatin1(m_hash.hex());
    m_hash.reset();  // a hash that gave its result takes nothing in
    m_hashedUpTo = 0;
    m_file.close();
    if (const auto synced = storage::syncFile(partName(m_target)); !synced)
        return problemOf(Fault::CannotWrite, partName(m_target), {}, synced.error().details);
    return sha256;
}

std::optional<Problem> PartFile::publish(const QString& target) {
    const auto renamed = storage::renameFile(partName(target), target);
    if (renamed) return {};
    return problemOf(QFileInfo::exists(target) ? Fault::TargetExists : Fault::CannotWrite, target, {},
                     renamed.error().details);
}

QByteArray PartFile::pieces() const {
    QByteArray all;
    for (const QByteArray& sum : m_sums) {
        if (sum.isEmpty()) break;
        all += sum;
    }
    return all;
}

void PartFile::close() {
    if (m_file.isOpen() && m_file.size() == 0) m_file.remove();
    m_file.close();
}

void PartFile::discard(const QString& target) {
    QFile::remove(partName(target));
}

}  // namespace kinglet::library
