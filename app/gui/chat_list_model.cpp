#include "app/gui/chat_list_model.h"

#include <QCoreApplication>
#include <algorithm>

namespace kinglet::gui {

QString sectionForDay(const QDate& day, const QDate& today, const QLocale& locale) {
    const qint64 age = day.daysTo(today);
    // A clock that was set back must not hide a chat in a section of its own.
    if (age <= 0) return QCoreApplication::translate("ChatListModel", "Today");
    if (age == 1) return QCoreApplication::translate("ChatListModel", "Yesterday");
    if (age <= 7) return QCoreApplication::translate("ChatListModel", "Last week");
    const QString month = locale.standaloneMonthName(day.month());
    const QString name = month.left(1).toUpper() + month.mid(1);
    return day.year() == today.year() ? name : name + QLatin1Char(' ') + QString::number(day.year());
}

ChatListModel::ChatListModel(QObject* parent) : QAbstractListModel(parent), today_(QDate::currentDate()) {}

int ChatListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : count();
}

QHash<int, QByteArray> ChatListModel::roleNames() const {
    return {{ChatIdRole, "chatId"},           {TitleRole, "title"},         {SectionRole, "section"},
            {PreviewRole, "preview"},         {UpdatedAtRole, "updatedAt"}, {IsCurrentRole, "isCurrent"},
            {IsAnsweringRole, "isAnswering"}, {HasNewsRole, "hasNews"}};
}

const ChatEntry* ChatListModel::find(qint64 id) const {
    const auto found = index_.constFind(id);
    return found == index_.constEnd() ? nullptr : &entries_[*found];
}

QVariant ChatListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const ChatEntry* entry = find(shown_[static_cast<std::size_t>(index.row())]);
    if (!entry) return {};
    switch (role) {
        case ChatIdRole:
            return QString::number(entry->id);
        case Qt::DisplayRole:
        case TitleRole:
            return entry->title;
        case SectionRole:
            return sectionForDay(entry->updatedAt.toLocalTime().date(), today_, QLocale());
        case PreviewRole:
            return entry->preview;
        case UpdatedAtRole:
            return entry->updatedAt;
        case IsCurrentRole:
            return entry->id == current_;
        case IsAnsweringRole:
            return answering_.contains(entry->id);
        case HasNewsRole:
            return news_.contains(entry->id);
        default:
            return {};
    }
}

bool ChatListModel::matches(const ChatEntry& entry) const {
    const QStringList words = filter_.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    return std::all_of(words.begin(), words.end(),
                       [&](const QString& word) { return entry.title.contains(word, Qt::CaseInsensitive); });
}

void ChatListModel::setFilter(const QString& filter) {
    if (filter_ == filter) return;
    filter_ = filter;
    rebuild();
    emit filterChanged();
}

void ChatListModel::setEntries(std::vector<ChatEntry> entries) {
    entries_ = std::move(entries);
    rebuild();
}

/// Sorts anew and lets the view know in the smallest steps that are true: rows that stay keep their
/// delegates.
void ChatListModel::rebuild() {
    std::stable_sort(entries_.begin(), entries_.end(), [](const ChatEntry& a, const ChatEntry& b) {
        return a.updatedAt != b.updatedAt ? a.updatedAt > b.updatedAt : a.id > b.id;
    });
    index_.clear();
    std::vector<qint64> wanted;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        index_.insert(entries_[i].id, i);
        if (matches(entries_[i])) wanted.push_back(entries_[i].id);
    }
    std::size_t head = 0;
    while (head < wanted.size() && head < shown_.size() && wanted[head] == shown_[head]) ++head;
    std::size_t tail = 0;
    while (head + tail < wanted.size() && head + tail < shown_.size() &&
           wanted[wanted.size() - 1 - tail] == shown_[shown_.size() - 1 - tail]) {
        ++tail;
    }
    const int first = static_cast<int>(head);
    if (const int gone = static_cast<int>(shown_.size() - head - tail); gone > 0) {
        beginRemoveRows({}, first, first + gone - 1);
        shown_.erase(shown_.begin() + first, shown_.begin() + first + gone);
        endRemoveRows();
    }
    if (const int come = static_cast<int>(wanted.size() - head - tail); come > 0) {
        beginInsertRows({}, first, first + come - 1);
        shown_.insert(shown_.begin() + first, wanted.begin() + first, wanted.begin() + first + come);
        endInsertRows();
    }
    if (!shown_.empty()) emit dataChanged(index(0), index(count() - 1));
    emit countChanged();
    emit currentRowChanged();
}

int ChatListModel::rowOf(qint64 id) const {
    const auto found = std::find(shown_.begin(), shown_.end(), id);
    return found == shown_.end() ? -1 : static_cast<int>(found - shown_.begin());
}

void ChatListModel::touch(qint64 id, const QList<int>& roles) {
    if (const int row = rowOf(id); row >= 0) emit dataChanged(index(row), index(row), roles);
}

int ChatListModel::currentRow() const {
    return current_ ? rowOf(current_) : -1;
}

void ChatListModel::openChat(const QString& chatId) {
    const qint64 id = chatId.toLongLong();
    if (find(id)) emit openRequested(id);
}

void ChatListModel::rename(const QString& chatId, const QString& title) {
    const qint64 id = chatId.toLongLong();
    const QString clean = title.simplified().left(200);
    const ChatEntry* entry = find(id);
    if (!entry || clean.isEmpty() || clean == entry->title) return;
    ChatEntry renamed = *entry;
    renamed.title = clean;
    put(renamed);
    emit renameRequested(id, clean);
}

void ChatListModel::remove(const QString& chatId) {
    const qint64 id = chatId.toLongLong();
    if (find(id)) emit removeRequested(id);
}

void ChatListModel::step(int delta) {
    if (shown_.empty()) return;
    const int row = currentRow();
    // From a new chat, which has no row yet, "next" is the newest one.
    const int wanted = row < 0 ? (delta > 0 ? 0 : -1) : row + delta;
    if (wanted < 0 || wanted >= count()) return;
    emit openRequested(shown_[static_cast<std::size_t>(wanted)]);
}

void ChatListModel::openNext() {
    step(1);
}
void ChatListModel::openPrevious() {
    step(-1);
}

void ChatListModel::setLoading(bool loading) {
    if (loading_ == loading) return;
    loading_ = loading;
    emit loadingChanged();
}

void ChatListModel::put(const ChatEntry& entry) {
    const auto found = index_.constFind(entry.id);
    if (found == index_.constEnd()) {
        entries_.insert(entries_.begin(), entry);
    } else {
        entries_[*found] = entry;
    }
    rebuild();
}

void ChatListModel::take(qint64 id) {
    const auto found = index_.constFind(id);
    if (found == index_.constEnd()) return;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(*found));
    answering_.remove(id);
    news_.remove(id);
    rebuild();
}

void ChatListModel::setCurrent(qint64 id) {
    if (current_ == id) return;
    const qint64 old = std::exchange(current_, id);
    news_.remove(id);
    touch(old, {IsCurrentRole});
    touch(id, {IsCurrentRole, HasNewsRole});
    emit currentChatIdChanged();
    emit currentRowChanged();
}

void ChatListModel::setAnswering(qint64 id, bool answering) {
    if (answering_.contains(id) == answering) return;
    if (answering) {
        answering_.insert(id);
    } else {
        answering_.remove(id);
    }
    touch(id, {IsAnsweringRole});
}

void ChatListModel::setNews(qint64 id, bool news) {
    if (news_.contains(id) == news) return;
    if (news) {
        news_.insert(id);
    } else {
        news_.remove(id);
    }
    touch(id, {HasNewsRole});
}

void ChatListModel::setToday(const QDate& today) {
    if (today_ == today) return;
    today_ = today;
    if (!shown_.empty()) emit dataChanged(index(0), index(count() - 1), {SectionRole});
}

}  // namespace kinglet::gui
