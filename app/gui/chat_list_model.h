// The chats at the left, newest first, grouped by day.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QDate>
#include <QDateTime>
#include <QHash>
#include <QLocale>
#include <QSet>
#include <QString>
#include <vector>

namespace kinglet::gui {

/// What the list knows of a chat.
struct ChatEntry {
    qint64 id = 0;
    QString title;
    QString preview;
    QDateTime updatedAt;
};

/// The heading under which a day stands: "Today", "Yesterday", "Last week" (2 to 7 days ago), the month
/// ("October") in the same year, else month and year. Names of months come from the locale.
QString sectionForDay(const QDate& day, const QDate& today, const QLocale& locale);

/// Filtered by title. The list itself asks nobody for anything: AppContext fills it and acts on its signals.
class ChatListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("AppContext.chats is the one instance")
    Q_PROPERTY(QString filter READ filter WRITE setFilter NOTIFY filterChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    Q_PROPERTY(int totalCount READ totalCount NOTIFY countChanged)
    Q_PROPERTY(QString currentChatId READ currentChatId NOTIFY currentChatIdChanged)
    Q_PROPERTY(int currentRow READ currentRow NOTIFY currentRowChanged)
    Q_PROPERTY(bool loading READ loading NOTIFY loadingChanged)
  public:
    enum Role {
        ChatIdRole = Qt::UserRole + 1,
        TitleRole,
        SectionRole,
        PreviewRole,
        UpdatedAtRole,
        IsCurrentRole,
        IsAnsweringRole,
        HasNewsRole,
    };

    explicit ChatListModel(QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    QString filter() const { return filter_; }
    void setFilter(const QString& filter);
    int count() const { return static_cast<int>(shown_.size()); }
    int totalCount() const { return static_cast<int>(entries_.size()); }
    QString currentChatId() const { return current_ ? QString::number(current_) : QString(); }
    int currentRow() const;
    bool loading() const { return loading_; }

    Q_INVOKABLE void newChat() { emit newChatRequested(); }
    Q_INVOKABLE void openChat(const QString& chatId);
    Q_INVOKABLE void rename(const QString& chatId, const QString& title);
    /// Removes with undo: AppContext.notice offers it.
    Q_INVOKABLE void remove(const QString& chatId);
    /// The next chat down the list (older), the previous one up.
    Q_INVOKABLE void openNext();
    Q_INVOKABLE void openPrevious();

    void setEntries(std::vector<ChatEntry> entries);
    void setLoading(bool loading);
    /// Adds a chat or takes over what changed; its place follows updatedAt.
    void put(const ChatEntry& entry);
    void take(qint64 id);
    QList<qint64> ids() const { return index_.keys(); }
    const ChatEntry* find(qint64 id) const;
    void setCurrent(qint64 id);
    void setAnswering(qint64 id, bool answering);
    void setNews(qint64 id, bool news);
    /// For tests, and called at midnight: the day that counts as today.
    void setToday(const QDate& today);

  signals:
    void filterChanged();
    void countChanged();
    void currentChatIdChanged();
    void currentRowChanged();
    void loadingChanged();
    void newChatRequested();
    void openRequested(qint64 id);
    void renameRequested(qint64 id, const QString& title);
    void removeRequested(qint64 id);

  private:
    bool matches(const ChatEntry& entry) const;
    void rebuild();
    int rowOf(qint64 id) const;
    void touch(qint64 id, const QList<int>& roles);
    void step(int delta);

    std::vector<ChatEntry> entries_;  // newest first
    std::vector<qint64> shown_;       // ids that pass the filter, in the same order
    QHash<qint64, std::size_t> index_;
    QSet<qint64> answering_;
    QSet<qint64> news_;
    QString filter_;
    QDate today_;
    qint64 current_ = 0;
    bool loading_ = true;
};

}  // namespace kinglet::gui
