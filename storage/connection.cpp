#include "storage/connection.h"

#include <QDateTime>
#include <QDir>
#include <QJsonDocument>
#include <QSqlError>
#include <atomic>

#include "storage/times.h"

namespace kinglet::storage {

namespace {

// SQLite's primary result codes (sqlite3.h); Qt passes the extended code, whose low byte is the primary one.
enum SqliteCode {
    SqlitePermission = 3,
    SqliteBusy = 5,
    SqliteLocked = 6,
    SqliteReadOnly = 8,
    SqliteIoError = 10,
    SqliteCorrupt = 11,
    SqliteFull = 13,
    SqliteCannotOpen = 14,
    SqliteNotADatabase = 26
};

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const QString& path, Mode mode, int busyMs) {
    static std::atomic<quint64> counter{0};
    auto connection = std::unique_ptr<Connection>(new Connection(path));
    connection->m_name = QStringLiteral("kinglet-%1").arg(counter.fetch_add(1));
    connection->m_database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), connection->m_name);
    if (!connection->m_database.isValid()) {
        return Error{ErrorCode::Internal,
                     QStringLiteral("Qt's SQLite driver is missing."),
                     QStringLiteral("Install the package libqt6sql6-sqlite, then start Kinglet again."),
                     {}};
    }
    connection->m_database.setDatabaseName(path);
    QString options = QStringLiteral("QSQLITE_BUSY_TIMEOUT=%1").arg(busyMs);
    if (mode == Mode::ReadOnly) options += QStringLiteral(";QSQLITE_OPEN_READONLY");
    connection->m_database.setConnectOptions(options);
    if (!connection->m_database.open()) return connection->describe(connection->m_database.lastError());
    return connection;
}

Connection::~Connection() {
    m_database.close();
    m_database = QSqlDatabase();  // removeDatabase() wants no copy of it left
    QSqlDatabase::removeDatabase(m_name);
}

Result<void> Connection::exec(const QString& sql) {
    QSqlQuery query(m_database);
    if (!query.exec(sql)) return describe(query.lastError());
    return {};
}

Result<QVariant> Connection::scalar(const QString& sql) {
    QSqlQuery query(m_database);
    query.setForwardOnly(true);
    if (!query.exec(sql)) return describe(query.lastError());
    if (query.next()) return query.value(0);
    if (query.lastError().isValid()) return describe(query.lastError());
    return Error{ErrorCode::NotFound, QStringLiteral("There is no such row."), {}, sql};
}

qint64 Connection::lastInsertId() {
    const auto id = scalar(QStringLiteral("SELECT last_insert_rowid()"));
    return id ? id->toLongLong() : 0;
}

Error Connection::describe(const QSqlError& error) const {
    const QString file = QDir::toNativeSeparators(m_path);
    const int code = error.nativeErrorCode().toInt();
    const QString details = QStringLiteral("%1 (SQLite %2)").arg(error.text().trimmed()).arg(code);
    switch (code & 0xff) {
        case SqliteCorrupt:
        case SqliteNotADatabase:
            return {ErrorCode::Corrupt, QStringLiteral("The chat database “%1” is damaged.").arg(file),
                    QStringLiteral("Open a backup, or start fresh. The damaged file is kept either way."),
                    details};
        case SqliteFull:
            return {ErrorCode::DiskFull, QStringLiteral("The disk that holds “%1” is full.").arg(file),
                    QStringLiteral("Free some space and try again. Everything saved so far is still there."),
                    details};
        case SqliteBusy:
        case SqliteLocked:
            return {ErrorCode::InUse,
                    QStringLiteral("“%1” is in use by another program, perhaps another Kinglet.").arg(file),
                    QStringLiteral("Close the other Kinglet and try again."), details};
        case SqliteReadOnly:
        case SqlitePermission:
            return {ErrorCode::Unreadable,
                    QStringLiteral("Kinglet is not allowed to write to “%1”.").arg(file),
                    QStringLiteral("Check the permissions of the file and of its folder."), details};
        case SqliteCannotOpen:
            return {ErrorCode::Unreadable, QStringLiteral("“%1” cannot be opened.").arg(file),
                    QStringLiteral("Check that its folder exists and that you may read and write it."),
                    details};
        case SqliteIoError:
            return {ErrorCode::Unreadable, QStringLiteral("Reading or writing “%1” failed.").arg(file),
                    QStringLiteral("Check the disk and its free space, then try again."), details};
        default:
            return {ErrorCode::Internal,
                    QStringLiteral("The chat database “%1” reported an error.").arg(file),
                    QStringLiteral("Try again. If it happens once more, restart Kinglet."), details};
    }
}

Query::Query(Connection& connection, const QString& sql)
    : m_connection(connection), m_query(connection.m_database) {
    m_query.setForwardOnly(true);
    if (!m_query.prepare(sql)) {
        m_ok = false;
        m_error = m_connection.describe(m_query.lastError());
    }
}

Query& Query::add(const QVariant& value) {
    m_query.bindValue(m_bound++, value);
    return *this;
}

Query& Query::bind(const QString& value) {
    return add(value.isNull() ? QStringLiteral("") : value);
}

Query& Query::bind(const QByteArray& value) {
    return add(value.isNull() ? QByteArray("") : value);
}

Query& Query::bind(const QJsonObject& value) {
    return add(QString::fromUtf8(QJsonDocument(value).toJson(QJsonDocument::Compact)));
}

Query& Query::bind(const QDateTime& value) {
    return add(value.isValid() ? QVariant(value.toMSecsSinceEpoch())
                               : QVariant(QMetaType::fromType<qint64>()));
}

Query& Query::bindIdOrNull(qint64 id) {
    return add(id ? QVariant(id) : QVariant(QMetaType::fromType<qint64>()));
}

bool Query::execute() {
    m_bound = 0;
    if (!m_ok) return false;
    if (!m_query.exec()) {
        m_ok = false;
        m_error = m_connection.describe(m_query.lastError());
    }
    return m_ok;
}

Result<void> Query::run() {
    if (!execute()) return m_error;
    return {};
}

bool Query::next() {
    if (!m_running && !execute()) return false;
    m_running = true;
    if (m_query.next()) return true;
    m_running = false;
    if (m_query.lastError().isValid()) {
        m_ok = false;
        m_error = m_connection.describe(m_query.lastError());
    }
    m_query.finish();
    return false;
}

QDateTime Query::time(int column) const {
    const QVariant value = m_query.value(column);
    return value.isNull() ? QDateTime() : utcTime(value.toLongLong());
}

QJsonObject Query::json(int column) const {
    return QJsonDocument::fromJson(text(column).toUtf8()).object();
}

Transaction::Transaction(Connection& connection)
    : m_connection(connection), m_begun(connection.exec(QStringLiteral("BEGIN IMMEDIATE"))) {
    m_open = m_begun.ok();
}

Transaction::~Transaction() {
    // Fails harmlessly where SQLite has rolled back by itself (a full disk, say).
    if (m_open) static_cast<void>(m_connection.exec(QStringLiteral("ROLLBACK")));
}

Result<void> Transaction::commit() {
    if (!m_begun) return m_begun;
    auto done = m_connection.exec(QStringLiteral("COMMIT"));
    if (done) m_open = false;
    return done;
}

}  // namespace kinglet::storage
