#include "storage/settings_store.h"

#include <QJsonArray>
#include <QJsonDocument>

#include "storage/connection.h"
#include "storage/database.h"

namespace kinglet::storage {

namespace {

// A document of Qt's JSON is an object or an array, a setting may be any value: each is stored as an array of
// one.
QString packed(const QJsonValue& value) {
    return QString::fromUtf8(QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact));
}

QJsonValue unpacked(const QString& text) {
    return QJsonDocument::fromJson(text.toUtf8()).array().at(0);
}

Result<void> write(Connection& connection, const QJsonObject& values) {
    Transaction transaction(connection);
    if (!transaction.begun()) return transaction.begun();
    Query query(connection, QStringLiteral("INSERT INTO settings (key, value) VALUES (?, ?) "
                                           "ON CONFLICT (key) DO UPDATE SET value = excluded.value"));
    for (auto it = values.begin(); it != values.end(); ++it) {
        if (auto done = query.bind(it.key()).bind(packed(it.value())).run(); !done) return done;
    }
    return transaction.commit();
}

}  // namespace

QFuture<Result<QJsonObject>> SettingsStore::all() {
    return m_database.run([](Connection& connection) -> Result<QJsonObject> {
        QJsonObject values;
        Query query(connection, QStringLiteral("SELECT key, value FROM settings"));
        while (query.next()) values.insert(query.text(0), unpacked(query.text(1)));
        if (!query.ok()) return query.error();
        return values;
    });
}

QFuture<Result<QJsonValue>> SettingsStore::value(const QString& key) {
    return m_database.run([key](Connection& connection) -> Result<QJsonValue> {
        Query query(connection, QStringLiteral("SELECT value FROM settings WHERE key = ?"));
        if (query.bind(key).next()) return unpacked(query.text(0));
        if (!query.ok()) return query.error();
        return QJsonValue(QJsonValue::Undefined);
    });
}

QFuture<Result<void>> SettingsStore::set(const QString& key, const QJsonValue& value) {
    return setAll(QJsonObject{{key, value}});
}

QFuture<Result<void>> SettingsStore::setAll(const QJsonObject& values) {
    return m_database.run([values](Connection& connection) { return write(connection, values); });
}

QFuture<Result<void>> SettingsStore::remove(const QStringList& keys) {
    return m_database.run([keys](Connection& connection) -> Result<void> {
        Transaction transaction(connection);
        if (!transaction.begun()) return transaction.begun();
        Query query(connection, QStringLiteral("DELETE FROM settings WHERE key = ?"));
        for (const QString& key : keys) {
            if (auto done = query.bind(key).run(); !done) return done;
        }
        return transaction.commit();
    });
}

}  // namespace kinglet::storage
