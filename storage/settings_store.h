#pragma once

#include <QFuture>
#include <QJsonObject>
#include <QJsonValue>
#include <QString>
#include <QStringList>

#include "storage/result.h"

namespace kinglet::storage {

class Database;

/// The program's settings: a key and a JSON value each.
class SettingsStore {
  public:
    explicit SettingsStore(Database& database) : m_database(database) {}

    /// Every setting, as one object.
    QFuture<Result<QJsonObject>> all();
    /// Undefined if there is no such key.
    QFuture<Result<QJsonValue>> value(const QString& key);
    QFuture<Result<void>> set(const QString& key, const QJsonValue& value);
    /// Sets all of them or, on an error, none.
    QFuture<Result<void>> setAll(const QJsonObject& values);
    QFuture<Result<void>> remove(const QStringList& keys);

  private:
    Database& m_database;
};

}  // namespace kinglet::storage
