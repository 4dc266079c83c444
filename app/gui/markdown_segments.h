// Cuts Markdown into segments that can be parsed one by one, while the text still grows.
#pragma once

#include <QString>
#include <QStringView>
#include <vector>

namespace kinglet::gui {

/// A run of whole lines that no later text can change the meaning of, or the unfinished end.
struct MarkdownSegment {
    qsizetype start = 0;  ///< in characters of the whole text
    qsizetype end = 0;
    bool code = false;  ///< a fenced block at top level, with its fences
    qint64 number =
        -1;  ///< what the first item counts as where the segment goes on with a numbered list; else -1
};

/// Reads line after line. Cuts are made where CommonMark starts a new top-level block whatever came before:
/// after blank lines, around fences, and between the items of a list (so that one long list stays linear,
/// too). A value: copying it keeps the state, to try an unfinished last line.
class MarkdownSegmenter {
  public:
    /// `line` runs from `start` and includes its line break if it has one. Finished segments are added to
    /// `out`.
    void feed(QStringView line, qsizetype start, std::vector<MarkdownSegment>& out);
    /// What has begun and not ended, up to `end`. Empty where start == end.
    MarkdownSegment open(qsizetype end) const;

  private:
    void cut(qsizetype at, std::vector<MarkdownSegment>& out, qint64 number = -1, bool code = false);
    void feedListItem(const struct ListMarker& marker, qsizetype start, std::vector<MarkdownSegment>& out);

    qsizetype segmentStart_ = 0;
    qint64 segmentNumber_ = -1;
    bool segmentIsCode_ = false;
    QChar fence_;
    qsizetype fenceLength_ = 0;
    bool previousBlank_ = true;
    bool listOpen_ = false;
    QChar listKind_;
    int itemOffset_ = 0;
    qint64 nextNumber_ = 0;
};

/// The opening line of a fenced block.
struct FenceOpening {
    bool valid = false;
    QChar character;
    qsizetype length = 0;
    int indent = 0;
    QStringView info;
};

/// Columns of white space at the start, tabs to multiples of four.
int indentOf(QStringView line);
FenceOpening fenceOpening(QStringView line);
bool closesFence(QStringView line, QChar character, qsizetype length);

}  // namespace kinglet::gui
