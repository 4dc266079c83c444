// A text that a person and a model write, as it is kept: pieces that follow each other, in a tree of
// versions.
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QList>
#include <QString>

#include "storage/types.h"

namespace kinglet::gui {

/// A part of a text, in UTF-16 units.
struct TextSpan {
    qsizetype start = 0;
    qsizetype length = 0;
    qsizetype end() const { return start + length; }
    bool operator==(const TextSpan&) const = default;
};

/// Where two texts differ: `added` units of the new one at `start` stand where the old one had `removed`.
struct TextChange {
    qsizetype start = 0;
    qsizetype removed = 0;
    qsizetype added = 0;
};

/// The one change that makes `after` of `before`, as small as it can be.
TextChange changeBetween(const QString& before, const QString& after);
/// Spans of the old text in the new one; what was written anew belongs to none.
QList<TextSpan> afterChange(const QList<TextSpan>& spans, const TextChange& change);

/// Adds a span that ends behind all others; one that touches the last makes it longer, one without length is
/// left out.
void appendSpan(QList<TextSpan>& spans, qsizetype start, qsizetype length);

/// A text as an editor shows it: every line ends with "\n" alone.
QString asShown(const QString& text);

/// The pieces of one text that are known so far: messages, each of which goes on from its parent.
class TextVersions {
  public:
    void clear();
    /// Adds a piece, or puts another state of it in its place.
    void add(storage::Message piece);
    const storage::Message* find(qint64 id) const;

    /// How a text can be kept.
    struct Match {
        QList<qint64> ids;     ///< from the beginning on, each the child of the one before
        qsizetype length = 0;  ///< of all these pieces together
        qint64 leafId() const { return ids.isEmpty() ? 0 : ids.last(); }
    };
    /// The longest run of pieces that the text begins with. Of two as long, the one along `preferred`, else
    /// the newer one. Pieces without text are never part of it.
    Match match(const QString& text, const QList<qint64>& preferred = {}) const;
    QList<storage::Message> path(const QList<qint64>& ids) const;
    /// What the model wrote in a run of pieces.
    QList<TextSpan> spans(const QList<qint64>& ids) const;

  private:
    QHash<qint64, storage::Message> pieces_;
    QHash<qint64, QList<qint64>> children_;  ///< in order of id
};

/// How a piece of the person's keeps which of its words a model had written: parts of spans from `start` on.
QJsonObject keptSpans(const QList<TextSpan>& spans, qsizetype start);

}  // namespace kinglet::gui
