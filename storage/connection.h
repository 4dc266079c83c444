#pragma once

#include <QJsonObject>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QString>
#include <QVariant>
#include <memory>

#include "storage/result.h"

namespace kinglet::storage {

/// One open SQLite connection. Lives and dies on the thread that opened it.
class Connection {
  public:
    enum class Mode {
        ReadOnly,  ///< for looking at a file without changing a byte of it
        ReadWrite
    };

    /// `busyMs`: how long to wait for another process to let go of the file.
    static Result<std::unique_ptr<Connection>> open(const QString& path, Mode mode, int busyMs = 3000);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Result<void> exec(const QString& sql);
    /// The first column of the first row; NotFound if there is no row.
    Result<QVariant> scalar(const QString& sql);
    qint64 lastInsertId();
    QString path() const { return m_path; }
    /// SQLite's error in a person's words.
    Error describe(const QSqlError& error) const;

  private:
    friend class Query;
    explicit Connection(QString path) : m_path(std::move(path)) {}

    QString m_path;
    QString m_name;
    QSqlDatabase m_database;
};

/// One prepared statement with its values. Errors stick: bind and read freely, then ask ok() or error() once.
class Query {
  public:
    Query(Connection& connection, const QString& sql);

    Query& bind(qint64 value) { return add(value); }
    Query& bind(int value) { return add(value); }
    Query& bind(double value) { return add(value); }
    Query& bind(bool value) { return add(value ? 1 : 0); }
    Query& bind(const QString& value);      ///< a null string is bound as '', never as NULL
    Query& bind(const QByteArray& value);   ///< a blob, never NULL
    Query& bind(const QJsonObject& value);  ///< as compact text
    Query& bind(const QDateTime& value);    ///< as milliseconds; NULL if invalid
    Query& bindIdOrNull(qint64 id);         ///< 0 is bound as NULL

    /// Runs a statement that has no rows to read. The query may be bound and run again.
    Result<void> run();
    /// Runs it on the first call, then steps. False at the end and on an error.
    bool next();
    bool ok() const { return m_ok; }
    Error error() const { return m_error; }
    int rowsAffected() const { return m_query.numRowsAffected(); }

    qint64 integer(int column) const { return m_query.value(column).toLongLong(); }
    double real(int column) const { return m_query.value(column).toDouble(); }
    QString text(int column) const { return m_query.value(column).toString(); }
    QByteArray bytes(int column) const { return m_query.value(column).toByteArray(); }
    QDateTime time(int column) const;
    QJsonObject json(int column) const;
    bool isNull(int column) const { return m_query.value(column).isNull(); }

  private:
    Query& add(const QVariant& value);
    bool execute();

    Connection& m_connection;
    QSqlQuery m_query;
    Error m_error;
    int m_bound = 0;
    bool m_ok = true;
    bool m_running = false;
};

/// A write transaction: rolled back unless commit() succeeded.
class Transaction {
  public:
    explicit Transaction(Connection& connection);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// Whether it could begin.
    const Result<void>& begun() const { return m_begun; }
    Result<void> commit();

  private:
    Connection& m_connection;
    Result<void> m_begun;
    bool m_open = false;
};

}  // namespace kinglet::storage
