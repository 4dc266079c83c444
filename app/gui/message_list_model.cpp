#include "app/gui/message_list_model.h"

#include <algorithm>

namespace kinglet::gui {

namespace {

bool hasBlocks(const MessageRow& row) {
    return row.author != MessageListModel::User;
}

}  // namespace

MessageListModel::MessageListModel(QObject* parent) : QAbstractListModel(parent) {}
MessageListModel::~MessageListModel() = default;

int MessageListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : count();
}

QHash<int, QByteArray> MessageListModel::roleNames() const {
    return {{MessageIdRole, "messageId"},
            {AuthorRole, "author"},
            {TextRole, "text"},
            {BlocksRole, "blocks"},
            {StreamingRole, "streaming"},
            {StoppedRole, "stopped"},
            {BranchIndexRole, "branchIndex"},
            {BranchCountRole, "branchCount"},
            {ModelNameRole, "modelName"},
            {SwitchedToRole, "switchedTo"},
            {FromStarterRole, "fromStarter"},
            {CreatedAtRole, "createdAt"},
            {TokensPerSecondRole, "tokensPerSecond"},
            {AnswerTokensRole, "answerTokens"},
            {ThinkingTextRole, "thinkingText"},
            {ThinkingSecondsRole, "thinkingSeconds"},
            {ThinkingRole, "thinking"},
            {InContextRole, "inContext"},
            {NoteTextRole, "noteText"},
            {IsErrorRole, "isError"},
            {ErrorTitleRole, "errorTitle"},
            {ErrorTextRole, "errorText"},
            {ErrorDetailsRole, "errorDetails"},
            {ErrorActionLabelRole, "errorActionLabel"},
            {ErrorActionRole, "errorAction"},
            {SecondActionLabelRole, "secondActionLabel"},
            {SecondActionRole, "secondAction"}};
}

QString MessageListModel::switchedTo(std::size_t row) const {
    const MessageRow& answer = rows_[row];
    if (answer.author != Assistant || answer.modelName.isEmpty()) return {};
    for (std::size_t i = row; i-- > 0;) {
        const MessageRow& earlier = rows_[i];
        if (earlier.author != Assistant || earlier.modelName.isEmpty()) continue;
        return earlier.modelName == answer.modelName ? QString() : answer.modelName;
    }
    return {};
}

QVariant MessageListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const MessageRow& row = rows_[static_cast<std::size_t>(index.row())];
    switch (role) {
        case MessageIdRole:
            return QString::number(row.id);
        case AuthorRole:
            return row.author;
        case Qt::DisplayRole:
        case TextRole:
            return row.text;
        case BlocksRole:
            return QVariant::fromValue<QObject*>(hasBlocks(row) ? blocksOf(row) : nullptr);
        case StreamingRole:
            return row.streaming;
        case StoppedRole:
            return row.stopped;
        case BranchIndexRole:
            return row.branchIndex;
        case BranchCountRole:
            return row.branchCount;
        case SwitchedToRole:
            return switchedTo(static_cast<std::size_t>(index.row()));
        case ModelNameRole:
            return row.modelName;
        case FromStarterRole:
            return row.fromStarter;
        case CreatedAtRole:
            return row.createdAt;
        case TokensPerSecondRole:
            return row.tokensPerSecond;
        case AnswerTokensRole:
            return row.answerTokens;
        case ThinkingTextRole:
            return row.thinkingText;
        case ThinkingSecondsRole:
            return row.thinkingSeconds;
        case ThinkingRole:
            return row.thinking;
        case InContextRole:
            return row.inContext;
        case NoteTextRole:
            return row.noteText;
        case IsErrorRole:
            return !row.errorTitle.isEmpty();
        case ErrorTitleRole:
            return row.errorTitle;
        case ErrorTextRole:
            return row.errorText;
        case ErrorDetailsRole:
            return row.errorDetails;
        case ErrorActionLabelRole:
            return row.errorActionLabel;
        case ErrorActionRole:
            return row.errorAction;
        case SecondActionLabelRole:
            return row.secondActionLabel;
        case SecondActionRole:
            return row.secondAction;
        default:
            return {};
    }
}

MarkdownBlocks* MessageListModel::blocksOf(const MessageRow& row) const {
    MarkdownBlocks*& blocks = blocks_[row.id];
    if (!blocks) {
        // The parent keeps the QML engine from taking them over.
        blocks = new MarkdownBlocks(const_cast<MessageListModel*>(this));
        blocks->setText(row.text);
    }
    return blocks;
}

int MessageListModel::rowOf(qint64 messageId) const {
    const auto found =
        std::find_if(rows_.begin(), rows_.end(), [&](const MessageRow& row) { return row.id == messageId; });
    return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

void MessageListModel::changeRow(std::size_t row, const MessageRow& value) {
    MessageRow& present = rows_[row];
    if (present == value) return;
    const MessageRow old = std::exchange(present, value);
    QList<int> roles;
    if (old.text != value.text) {
        roles = {TextRole, Qt::DisplayRole};
        if (MarkdownBlocks* blocks = blocks_.value(value.id)) blocks->setText(value.text);
    }
    if (MarkdownBlocks* blocks = value.streaming ? nullptr : blocks_.value(value.id)) blocks->flush();
    // While an answer streams its text, thoughts and numbers change many times a second; the rest seldom,
    // then all roles are told at once.
    MessageRow rest = old;
    rest.text = value.text;
    rest.thinkingText = value.thinkingText;
    rest.thinkingSeconds = value.thinkingSeconds;
    rest.answerTokens = value.answerTokens;
    rest.tokensPerSecond = value.tokensPerSecond;
    if (rest != value) {
        roles.clear();
    } else {
        if (old.thinkingText != value.thinkingText) roles.append(ThinkingTextRole);
        if (old.thinkingSeconds != value.thinkingSeconds) roles.append(ThinkingSecondsRole);
        if (old.answerTokens != value.answerTokens) roles.append(AnswerTokensRole);
        if (old.tokensPerSecond != value.tokensPerSecond) roles.append(TokensPerSecondRole);
    }
    const QModelIndex at = index(static_cast<int>(row));
    emit dataChanged(at, at, roles);
}

bool MessageListModel::updateRow(const MessageRow& row) {
    const int at = rowOf(row.id);
    if (at < 0) return false;
    changeRow(static_cast<std::size_t>(at), row);
    updateBoundary();
    return true;
}

void MessageListModel::setRows(std::vector<MessageRow> rows) {
    std::size_t common = 0;
    while (common < rows.size() && common < rows_.size() && rows[common].id == rows_[common].id) ++common;
    for (std::size_t row = 0; row < common; ++row) changeRow(row, rows[row]);
    const std::size_t before = rows_.size();
    if (rows_.size() > common) {
        beginRemoveRows({}, static_cast<int>(common), static_cast<int>(rows_.size()) - 1);
        for (std::size_t row = common; row < rows_.size(); ++row) {
            if (MarkdownBlocks* blocks = blocks_.take(rows_[row].id)) blocks->deleteLater();
        }
        rows_.resize(common);
        endRemoveRows();
    }
    if (rows.size() > common) {
        beginInsertRows({}, static_cast<int>(common), static_cast<int>(rows.size()) - 1);
        rows_.insert(rows_.end(), std::make_move_iterator(rows.begin() + static_cast<std::ptrdiff_t>(common)),
                     std::make_move_iterator(rows.end()));
        endInsertRows();
    }
    if (before != rows_.size()) emit countChanged();
    updateBoundary();
}

void MessageListModel::renumber(qint64 from, qint64 to) {
    const int row = rowOf(from);
    if (row < 0) return;
    rows_[static_cast<std::size_t>(row)].id = to;
    if (MarkdownBlocks* blocks = blocks_.take(from)) blocks_.insert(to, blocks);
    emit dataChanged(index(row), index(row), {MessageIdRole});
}

void MessageListModel::updateBoundary() {
    int boundary = -1;
    for (std::size_t row = 0; row + 1 < rows_.size(); ++row) {
        if (!rows_[row].inContext && rows_[row + 1].inContext) boundary = static_cast<int>(row) + 1;
    }
    if (boundary == boundaryRow_) return;
    boundaryRow_ = boundary;
    emit boundaryRowChanged();
}

}  // namespace kinglet::gui
