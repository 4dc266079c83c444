#pragma once

#include <QList>
#include <QStringList>

namespace kinglet::storage {

/// "Kngl" and "Knlb": mark a SQLite file as Kinglet's (PRAGMA application_id), its chats or its library.
inline constexpr int applicationId = 0x4b6e676c;
inline constexpr int libraryApplicationId = 0x4b6e6c62;

/// One step of the schema. Its statements and the user_version it leads to are one transaction.
struct Migration {
    int version = 0;
    QStringList statements;
};

using MigrationList = QList<Migration>;

/// The only schema of the chats' database: every step since the first, in order, versions 1, 2, 3 ... A step
/// that was released is never edited; a change is a new step at the end.
const MigrationList& allMigrations();
/// The same of the library's database, which counts its own versions.
const MigrationList& libraryMigrations();

}  // namespace kinglet::storage
