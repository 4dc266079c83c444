#include "app/gui/markdown_blocks.h"

#include <algorithm>

#include "app/gui/markdown_parser.h"

namespace kinglet::gui {

namespace {
// A paragraph that grows beyond this is parsed again only after it has grown by a sixteenth of the excess,
// which keeps even a text without a single blank line linear.
constexpr qsizetype kPatientFrom = 8 * 1024;
}  // namespace

struct MarkdownBlocks::State {
    MarkdownSegmenter segmenter;
    qsizetype fed = 0;          // whole lines before this were given to the segmenter
    std::size_t settled = 0;    // blocks before this never change
    qsizetype shownLength = 0;  // of the text that the blocks show
};

MarkdownBlocks::MarkdownBlocks(QObject* parent)
    : QAbstractListModel(parent), state_(std::make_unique<State>()) {}
MarkdownBlocks::~MarkdownBlocks() = default;

int MarkdownBlocks::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : count();
}

QHash<int, QByteArray> MarkdownBlocks::roleNames() const {
    return {{KindRole, "kind"},
            {HtmlRole, "html"},
            {TextRole, "text"},
            {LanguageRole, "language"},
            {LevelRole, "level"},
            {MarkerRole, "marker"},
            {ColumnsRole, "columns"},
            {CellsRole, "cells"},
            {AlignmentsRole, "alignments"},
            {QuoteDepthRole, "quoteDepth"}};
}

QVariant MarkdownBlocks::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const MarkdownBlock& block = blocks_[static_cast<std::size_t>(index.row())];
    switch (role) {
        case KindRole:
            return block.kind;
        case HtmlRole:
            return block.html;
        case Qt::DisplayRole:
        case TextRole:
            return block.text;
        case LanguageRole:
            return block.language;
        case LevelRole:
            return block.level;
        case MarkerRole:
            return block.marker;
        case ColumnsRole:
            return block.columns;
        case CellsRole:
            return block.cells;
        case AlignmentsRole:
            return block.alignments;
        case QuoteDepthRole:
            return block.quoteDepth;
        default:
            return {};
    }
}

void MarkdownBlocks::setText(const QString& text) {
    if (text.size() >= text_.size() && text.startsWith(text_)) {
        append(text.mid(text_.size()));
        return;
    }
    const qint64 parsed = parsedCharacters_;
    *state_ = {};
    text_ = text;
    parsedCharacters_ = parsed;
    update();
}

void MarkdownBlocks::append(const QString& more) {
    if (more.isEmpty()) return;
    text_ += more;
    const qsizetype tail = text_.size() - state_->segmenter.open(0).start;
    if (tail > kPatientFrom && text_.size() - state_->shownLength < (tail - kPatientFrom) / 16) return;
    update();
}

void MarkdownBlocks::flush() {
    if (state_->shownLength != text_.size()) update();
}

void MarkdownBlocks::update() {
    std::vector<MarkdownSegment> segments;
    const std::size_t before = state_->settled;
    for (qsizetype end = text_.indexOf(u'\n', state_->fed); end >= 0;
         end = text_.indexOf(u'\n', state_->fed)) {
        state_->segmenter.feed(QStringView(text_).mid(state_->fed, end + 1 - state_->fed), state_->fed,
                               segments);
        state_->fed = end + 1;
    }
    std::vector<MarkdownBlock> fresh;
    const auto parse = [&](const MarkdownSegment& segment) {
        if (!segment.code) parsedCharacters_ += segment.end - segment.start;
        for (MarkdownBlock& block : parseSegment(text_, segment)) fresh.push_back(std::move(block));
    };
    for (const MarkdownSegment& segment : segments) parse(segment);
    state_->settled = before + fresh.size();

    // The unfinished last line, read as if it were whole.
    MarkdownSegmenter trial = state_->segmenter;
    segments.clear();
    if (state_->fed < text_.size()) trial.feed(QStringView(text_).mid(state_->fed), state_->fed, segments);
    for (const MarkdownSegment& segment : segments) parse(segment);
    parse(trial.open(text_.size()));
    state_->shownLength = text_.size();
    replaceFrom(before, std::move(fresh));
}

void MarkdownBlocks::replaceFrom(std::size_t first, std::vector<MarkdownBlock> fresh) {
    const std::size_t old = blocks_.size() - first;
    const std::size_t common = std::min(old, fresh.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (blocks_[first + i] == fresh[i]) continue;
        blocks_[first + i] = std::move(fresh[i]);
        const QModelIndex at = index(static_cast<int>(first + i));
        emit dataChanged(at, at);
    }
    const int row = static_cast<int>(first + common);
    if (old > common) {
        beginRemoveRows({}, row, static_cast<int>(blocks_.size()) - 1);
        blocks_.resize(first + common);
        endRemoveRows();
    } else if (fresh.size() > common) {
        beginInsertRows({}, row, static_cast<int>(first + fresh.size()) - 1);
        blocks_.insert(blocks_.end(),
                       std::make_move_iterator(fresh.begin() + static_cast<std::ptrdiff_t>(common)),
                       std::make_move_iterator(fresh.end()));
        endInsertRows();
    }
    if (old != fresh.size()) emit countChanged();
}

}  // namespace kinglet::gui
