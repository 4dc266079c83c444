#include "app/gui/text_versions.h"

#include <QJsonArray>
#include <QSet>
#include <algorithm>

namespace kinglet::gui {

namespace {

/// Among the settings of a person's piece: start, length, start, length ...
const char* const kFromModel = "from_model";

}  // namespace

void appendSpan(QList<TextSpan>& spans, qsizetype start, qsizetype length) {
    if (length <= 0) return;
    if (!spans.isEmpty() && spans.last().end() == start) {
        spans.last().length += length;
    } else {
        spans.append({start, length});
    }
}

TextChange changeBetween(const QString& before, const QString& after) {
    const qsizetype shorter = std::min(before.size(), after.size());
    const qsizetype start =
        std::mismatch(before.begin(), before.begin() + shorter, after.begin()).first - before.begin();
    qsizetype tail = 0;
    while (tail < shorter - start && before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
        ++tail;
    return {start, before.size() - tail - start, after.size() - tail - start};
}

QList<TextSpan> afterChange(const QList<TextSpan>& spans, const TextChange& change) {
    const qsizetype removedEnd = change.start + change.removed;
    const qsizetype moved = change.added - change.removed;
    QList<TextSpan> result;
    for (const TextSpan& span : spans) {
        appendSpan(result, span.start, std::min(span.end(), change.start) - span.start);
        const qsizetype from = std::max(span.start, removedEnd);
        appendSpan(result, from + moved, span.end() - from);
    }
    return result;
}

QString asShown(const QString& text) {
    QString shown = text;
    shown.remove(u'\r');
    for (QChar& c : shown) {
        // What else a QTextDocument takes for the end of a line.
        if (c == QChar::ParagraphSeparator || c == QChar::LineSeparator || c == QChar(0xfdd0) ||
            c == QChar(0xfdd1)) {
            c = u'\n';
        }
    }
    return shown;
}

void TextVersions::clear() {
    pieces_.clear();
    children_.clear();
}

void TextVersions::add(storage::Message piece) {
    piece.content = asShown(piece.content);
    QList<qint64>& siblings = children_[piece.parentId];
    const auto place = std::lower_bound(siblings.begin(), siblings.end(), piece.id);
    if (place == siblings.end() || *place != piece.id) siblings.insert(place, piece.id);
    // Whoever was read last knows how many there are.
    for (const qint64 id : std::as_const(siblings)) {
        if (const storage::Message* sibling = find(id))
            piece.branchCount = std::max(piece.branchCount, sibling->branchCount);
    }
    pieces_.insert(piece.id, piece);
    for (const qint64 id : std::as_const(siblings)) pieces_[id].branchCount = piece.branchCount;
}

const storage::Message* TextVersions::find(qint64 id) const {
    const auto found = pieces_.constFind(id);
    return found == pieces_.constEnd() ? nullptr : &*found;
}

TextVersions::Match TextVersions::match(const QString& text, const QList<qint64>& preferred) const {
    struct Place {
        qint64 id;
        qsizetype end;
        int alongPreferred;
    };
    // Every piece is reached on one way only, so this ends after as many steps as there are pieces.
    const QSet<qint64> along(preferred.begin(), preferred.end());
    QList<Place> open{{0, 0, 0}};
    Place best = open.first();
    while (!open.isEmpty()) {
        const Place at = open.takeLast();
        const bool better = at.end != best.end ? at.end > best.end
                            : at.alongPreferred != best.alongPreferred
                                ? at.alongPreferred > best.alongPreferred
                                : at.id > best.id;
        if (better) best = at;
        for (const qint64 id : children_.value(at.id)) {
            const QString& content = pieces_.constFind(id)->content;
            if (content.isEmpty() || !QStringView(text).mid(at.end).startsWith(content)) continue;
            open.append({id, at.end + content.size(), at.alongPreferred + (along.contains(id) ? 1 : 0)});
        }
    }
    Match match;
    match.length = best.end;
    for (qint64 id = best.id; id != 0; id = find(id)->parentId) match.ids.prepend(id);
    return match;
}

QList<storage::Message> TextVersions::path(const QList<qint64>& ids) const {
    QList<storage::Message> path;
    for (const qint64 id : ids) path.append(pieces_.value(id));
    return path;
}

QList<TextSpan> TextVersions::spans(const QList<qint64>& ids) const {
    QList<TextSpan> spans;
    qsizetype at = 0;
    for (const qint64 id : ids) {
        const storage::Message piece = pieces_.value(id);
        const qsizetype end = at + piece.content.size();
        if (piece.role == storage::Role::Assistant) {
            appendSpan(spans, at, piece.content.size());
        } else {
            const QJsonArray kept = piece.settings.value(QLatin1String(kFromModel)).toArray();
            qsizetype done = at;
            for (qsizetype i = 0; i + 1 < kept.size(); i += 2) {
                // From a file that anyone may have written: in order and within the piece, or not at all.
                const qint64 start = at + std::clamp<qint64>(kept[i].toInteger(), 0, end - at);
                const qint64 length = std::clamp<qint64>(kept[i + 1].toInteger(), 0, end - start);
                if (start < done) break;
                appendSpan(spans, start, length);
                done = start + length;
            }
        }
        at = end;
    }
    return spans;
}

QJsonObject keptSpans(const QList<TextSpan>& spans, qsizetype start) {
    QJsonArray kept;
    for (const TextSpan& span : spans) {
        const qsizetype from = std::max(span.start, start);
        if (span.end() <= from) continue;
        kept.append(from - start);
        kept.append(span.end() - from);
    }
    return kept.isEmpty() ? QJsonObject() : QJsonObject{{QLatin1String(kFromModel), kept}};
}

}  // namespace kinglet::gui
