#include "app/gui/text_ink.h"

#include <QTextBlock>
#include <QTextDocument>
#include <algorithm>

namespace kinglet::gui {

void TextInk::paint(qsizetype from, qsizetype to) {
    QTextBlock block = document()->findBlock(static_cast<int>(from));
    while (block.isValid() && block.position() <= to) {
        rehighlightBlock(block);
        block = block.next();
    }
}

void TextInk::highlightBlock(const QString& line) {
    const qsizetype start = currentBlock().position();
    const qsizetype end = start + line.size();
    const auto paintPart = [&](qsizetype from, qsizetype to, const QColor& color) {
        from = std::max(from, start);
        to = std::min(to, end);
        if (from < to) setFormat(static_cast<int>(from - start), static_cast<int>(to - from), color);
    };
    auto span = std::lower_bound(modelSpans.cbegin(), modelSpans.cend(), start,
                                 [](const TextSpan& each, qsizetype at) { return each.end() <= at; });
    for (; span != modelSpans.cend() && span->start < end; ++span) {
        paintPart(span->start, span->end(), modelInk);
    }
    paintPart(0, unseenLength, unseenInk);
}

}  // namespace kinglet::gui
