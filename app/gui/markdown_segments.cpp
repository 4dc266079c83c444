#include "app/gui/markdown_segments.h"

namespace kinglet::gui {

/// "- ", "12. " and the like at the start of a line.
struct ListMarker {
    bool valid = false;
    QChar kind;  // '-', '+', '*', '.' or ')'
    qint64 number = 0;
    int offset = 0;  // column at which the item's content stands
    bool empty = false;
};

namespace {

bool isBlank(QStringView line) {
    return line.trimmed().isEmpty();
}

bool isRule(QStringView line) {
    const QStringView content = line.trimmed();
    if (content.isEmpty()) return false;
    const QChar mark = content[0];
    if (mark != u'-' && mark != u'*' && mark != u'_') return false;
    qsizetype marks = 0;
    for (const QChar c : content) {
        if (c == mark) {
            ++marks;
        } else if (c != u' ' && c != u'\t') {
            return false;
        }
    }
    return marks >= 3;
}

ListMarker listMarker(QStringView line, int indent) {
    ListMarker marker;
    if (indent > 3 || isRule(line)) return marker;
    qsizetype at = 0;
    while (at < line.size() && (line[at] == u' ' || line[at] == u'\t')) ++at;
    const qsizetype begin = at;
    while (at < line.size() && line[at] >= u'0' && line[at] <= u'9' && at - begin < 9) {
        marker.number = marker.number * 10 + line[at].digitValue();
        ++at;
    }
    if (at >= line.size()) return marker;
    const QChar kind = line[at];
    const bool ordered = at > begin;
    if (ordered ? kind != u'.' && kind != u')' : kind != u'-' && kind != u'+' && kind != u'*') return marker;
    ++at;
    const QStringView rest = line.mid(at);
    if (!rest.isEmpty() && !rest[0].isSpace()) return marker;
    marker.valid = true;
    marker.kind = kind;
    marker.empty = isBlank(rest);
    const int spaces = indentOf(rest);
    const int width = static_cast<int>(at - begin);
    marker.offset = indent + width + (marker.empty || spaces > 4 ? 1 : spaces);
    return marker;
}

/// Starts of blocks that end a paragraph without a blank line between.
bool interrupts(QStringView line) {
    const QStringView content = line.trimmed();
    return content.startsWith(u'>') || content.startsWith(u'#') || isRule(line);
}

}  // namespace

int indentOf(QStringView line) {
    int column = 0;
    for (const QChar c : line) {
        if (c == u' ') {
            ++column;
        } else if (c == u'\t') {
            column += 4 - column % 4;
        } else {
            break;
        }
    }
    return column;
}

FenceOpening fenceOpening(QStringView line) {
    FenceOpening fence;
    fence.indent = indentOf(line);
    const QStringView content = line.trimmed();
    if (fence.indent > 3 || content.isEmpty()) return fence;
    fence.character = content[0];
    if (fence.character != u'`' && fence.character != u'~') return fence;
    while (fence.length < content.size() && content[fence.length] == fence.character) ++fence.length;
    fence.info = content.mid(fence.length).trimmed();
    fence.valid = fence.length >= 3 && (fence.character == u'~' || !fence.info.contains(u'`'));
    return fence;
}

bool closesFence(QStringView line, QChar character, qsizetype length) {
    if (indentOf(line) > 3) return false;
    const QStringView content = line.trimmed();
    if (content.size() < length) return false;
    for (const QChar c : content) {
        if (c != character) return false;
    }
    return true;
}

MarkdownSegment MarkdownSegmenter::open(qsizetype end) const {
    return {segmentStart_, end, segmentIsCode_, segmentNumber_};
}

void MarkdownSegmenter::cut(qsizetype at, std::vector<MarkdownSegment>& out, qint64 number, bool code) {
    if (at > segmentStart_) out.push_back(open(at));
    segmentStart_ = at;
    segmentNumber_ = number;
    segmentIsCode_ = code;
}

void MarkdownSegmenter::feed(QStringView line, qsizetype start, std::vector<MarkdownSegment>& out) {
    if (segmentIsCode_) {
        if (!closesFence(line, fence_, fenceLength_)) return;
        cut(start + line.size(), out);
        previousBlank_ = true;
        return;
    }
    if (isBlank(line)) {
        previousBlank_ = true;
        return;
    }
    const int indent = indentOf(line);
    const bool afterBlank = previousBlank_;
    previousBlank_ = false;
    if (listOpen_ && indent >= itemOffset_) return;
    if (const FenceOpening fence = fenceOpening(line); fence.valid) {
        cut(start, out, -1, true);
        fence_ = fence.character;
        fenceLength_ = fence.length;
        listOpen_ = false;
        return;
    }
    const ListMarker marker = listMarker(line, indent);
    if (marker.valid) {
        // In the middle of a paragraph only some items begin a list.
        const bool mayStart =
            afterBlank || listOpen_ ||
            (!marker.empty && (marker.number == 1 || !(marker.kind == u'.' || marker.kind == u')')));
        if (mayStart) feedListItem(marker, start, out);
        return;
    }
    if (afterBlank && indent <= 3) {
        cut(start, out);
        listOpen_ = false;
    } else if (interrupts(line)) {
        listOpen_ = false;
    }
}

void MarkdownSegmenter::feedListItem(const ListMarker& marker, qsizetype start,
                                     std::vector<MarkdownSegment>& out) {
    const bool ordered = marker.kind == u'.' || marker.kind == u')';
    if (listOpen_ && marker.kind == listKind_) {
        cut(start, out, ordered ? nextNumber_ : -1);
        ++nextNumber_;
    } else {
        cut(start, out);
        nextNumber_ = marker.number + 1;
    }
    listOpen_ = true;
    listKind_ = marker.kind;
    itemOffset_ = marker.offset;
}

}  // namespace kinglet::gui
