// Markdown of an answer as a list of blocks that a window can lay out one by one.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QString>
#include <QStringList>
#include <QVariantList>
#include <memory>
#include <vector>

namespace kinglet::gui {

/// One block. `html` is rich text in which everything that came from the model is escaped: only the tags that
/// markdown_parser.cpp writes itself occur, and no image or other resource is ever named.
struct MarkdownBlock {
    int kind = 0;      ///< MarkdownBlocks::Kind
    QString html;      ///< Paragraph, Heading, Quote, ListItem
    QString text;      ///< plain text of the block; Code: the code
    QString language;  ///< Code: what the fence says, shortened
    int level = 0;     ///< Heading 1..6; ListItem and Quote: depth from 1
    QString marker;   ///< ListItem: "•", "1.", "☐", "☑"; empty for a further paragraph of the same item
    int columns = 0;  ///< Table
    QVariantList cells;       ///< Table: list of rows of html; row 0 is the head
    QVariantList alignments;  ///< Table: 0 left, 1 centre, 2 right, a column
    int quoteDepth = 0;       ///< how many quotes this block stands in

    bool operator==(const MarkdownBlock&) const = default;
};

/// The blocks of one text. Appending parses only what follows the last settled block again, so that a long
/// answer costs linear time in all; rows change only at the end while text is appended.
class MarkdownBlocks : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("MessageListModel makes them")
    Q_PROPERTY(int count READ count NOTIFY countChanged)
  public:
    enum Kind { Paragraph, Heading, Code, Table, Quote, Rule, ListItem };
    Q_ENUM(Kind)
    enum Role {
        KindRole = Qt::UserRole + 1,
        HtmlRole,
        TextRole,
        LanguageRole,
        LevelRole,
        MarkerRole,
        ColumnsRole,
        CellsRole,
        AlignmentsRole,
        QuoteDepthRole,
    };
    Q_ENUM(Role)

    explicit MarkdownBlocks(QObject* parent = nullptr);
    ~MarkdownBlocks() override;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;
    int count() const { return static_cast<int>(blocks_.size()); }

    /// Replaces the whole text. A text that begins with the present one is appended.
    void setText(const QString& text);
    void append(const QString& more);
    const QString& text() const { return text_; }
    const std::vector<MarkdownBlock>& blocks() const { return blocks_; }
    /// Shows what append() may have kept back for the next call; for when an answer is complete.
    void flush();
    /// Characters given to the parser so far: for the test that the work stays linear.
    qint64 parsedCharacters() const { return parsedCharacters_; }

  signals:
    void countChanged();

  private:
    struct State;
    void update();
    void replaceFrom(std::size_t first, std::vector<MarkdownBlock> fresh);

    QString text_;
    std::vector<MarkdownBlock> blocks_;
    std::unique_ptr<State> state_;
    qint64 parsedCharacters_ = 0;
};

}  // namespace kinglet::gui
