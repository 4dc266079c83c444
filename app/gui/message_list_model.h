// The messages on the path that is shown, from the first to the leaf.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QDateTime>
#include <QHash>
#include <QString>
#include <memory>
#include <vector>

#include "app/gui/markdown_blocks.h"

namespace kinglet::gui {

/// What one row shows.
struct MessageRow {
    qint64 id = 0;
    int author = 0;  ///< MessageListModel::Author
    QString text;    ///< the answer proper, without thinking
    bool streaming = false;
    bool stopped = false;
    int branchIndex = 1;  ///< 1-based
    int branchCount = 1;
    QString modelName;
    bool fromStarter = false;  ///< the model that comes with Kinglet wrote it
    QDateTime createdAt;
    double tokensPerSecond = 0;
    int answerTokens = 0;
    QString thinkingText;
    int thinkingSeconds = 0;
    bool thinking = false;  ///< streaming, and still inside the thinking part
    bool inContext = true;
    QString noteText;  ///< a quiet line under the answer: "Stopped here", "Cut off at 1,024 tokens"
    QString errorTitle;
    QString errorText;
    QString errorDetails;
    QString errorActionLabel;
    QString errorAction;
    QString secondActionLabel;
    QString secondAction;

    bool operator==(const MessageRow&) const = default;
};

/// Rows are changed in place while an answer streams; blocks are made when first asked for.
class MessageListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("Conversation.messages is the one instance")
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    /// First row that the model still sees where earlier ones are left out; -1 where all are in context.
    Q_PROPERTY(int boundaryRow READ boundaryRow NOTIFY boundaryRowChanged)
  public:
    enum Author { User, Assistant, Notice };
    Q_ENUM(Author)
    enum Role {
        MessageIdRole = Qt::UserRole + 1,
        AuthorRole,
        TextRole,
        BlocksRole,
        StreamingRole,
        StoppedRole,
        BranchIndexRole,
        BranchCountRole,
        ModelNameRole,
        SwitchedToRole,  ///< the model's name where another one wrote the answer before; else empty
        FromStarterRole,
        CreatedAtRole,
        TokensPerSecondRole,
        AnswerTokensRole,
        ThinkingTextRole,
        ThinkingSecondsRole,
        ThinkingRole,
        InContextRole,
        NoteTextRole,
        IsErrorRole,
        ErrorTitleRole,
        ErrorTextRole,
        ErrorDetailsRole,
        ErrorActionLabelRole,
        ErrorActionRole,
        SecondActionLabelRole,
        SecondActionRole,
    };
    Q_ENUM(Role)

    explicit MessageListModel(QObject* parent = nullptr);
    ~MessageListModel() override;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;
    int count() const { return static_cast<int>(rows_.size()); }
    int boundaryRow() const { return boundaryRow_; }
    const std::vector<MessageRow>& rows() const { return rows_; }
    int rowOf(qint64 messageId) const;

    /// Makes the rows those given: common rows at the start stay (and are updated), the rest is replaced.
    void setRows(std::vector<MessageRow> rows);
    /// Changes one row in place; false where the message is not shown.
    bool updateRow(const MessageRow& row);
    /// A message that was shown under `from` until it was saved is `to` from now on.
    void renumber(qint64 from, qint64 to);

  signals:
    void countChanged();
    void boundaryRowChanged();

  private:
    QString switchedTo(std::size_t row) const;
    void changeRow(std::size_t row, const MessageRow& value);
    void updateBoundary();
    MarkdownBlocks* blocksOf(const MessageRow& row) const;

    std::vector<MessageRow> rows_;
    mutable QHash<qint64, MarkdownBlocks*> blocks_;
    int boundaryRow_ = -1;
};

}  // namespace kinglet::gui
