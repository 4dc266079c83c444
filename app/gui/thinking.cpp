#include "app/gui/thinking.h"

#include <algorithm>

namespace kinglet::gui {

namespace {

const QString kOpen = QStringLiteral("<think>");
const QString kClose = QStringLiteral("</think>");

/// Length of the longest end of `text` that begins `tag` without being all of it.
qsizetype partialTag(const QString& text, const QString& tag) {
    for (qsizetype length = std::min(text.size(), tag.size() - 1); length > 0; --length) {
        if (text.endsWith(QStringView(tag).left(length))) return length;
    }
    return 0;
}

}  // namespace

void ThinkingSplitter::expectNone() {
    state_ = State::Answer;
    answerBegun_ = true;
}

void ThinkingSplitter::append(const QString& piece) {
    pending_ += piece;
    consume(false);
}

void ThinkingSplitter::finish() {
    consume(true);
}

void ThinkingSplitter::consume(bool last) {
    if (state_ == State::Undecided) {
        qsizetype start = 0;
        while (start < pending_.size() && pending_[start].isSpace()) ++start;
        const QStringView visible = QStringView(pending_).mid(start);
        if (visible.startsWith(kOpen)) {
            pending_ = visible.mid(kOpen.size()).toString();
            state_ = State::Thinking;
            hadThinking_ = true;
        } else if (last || !kOpen.startsWith(visible)) {
            state_ = State::Answer;
        } else {
            return;
        }
    }
    if (state_ == State::Thinking) {
        const qsizetype end = pending_.indexOf(kClose);
        const qsizetype held = end >= 0 || last ? 0 : partialTag(pending_, kClose);
        thinking_ += end >= 0 ? pending_.left(end) : pending_.left(pending_.size() - held);
        if (thinking_.size() == thinking_.count(QLatin1Char('\n'))) thinking_.clear();
        pending_ = end >= 0 ? pending_.mid(end + kClose.size()) : pending_.right(held);
        if (end < 0) return;
        state_ = State::Answer;
    }
    if (!answerBegun_) {
        // Templates put blank lines before the answer; they are no part of it.
        qsizetype start = 0;
        while (start < pending_.size() &&
               (pending_[start] == QLatin1Char('\n') || pending_[start] == QLatin1Char('\r')))
            ++start;
        pending_.remove(0, start);
        if (pending_.isEmpty()) return;
        answerBegun_ = true;
    }
    answer_ += pending_;
    pending_.clear();
}

}  // namespace kinglet::gui
