#pragma once

#include <QList>
#include <QStringList>

namespace kinglet::storage {

/// "Kngl": marks a SQLite file as Kinglet's (PRAGMA application_id).
inline constexpr int applicationId = 0x4b6e676c;

/// One step of the schema. Its statements and the user_version it leads to are one transaction.
struct Migration {
    int version = 0;
    QStringList statements;
};

using MigrationList = QList<Migration>;

/// The only schema there is: every step since the first, in order, versions 1, 2, 3 ... A step that was
/// released is never edited; a change is a new step at the end.
const MigrationList& allMigrations();

}  // namespace kinglet::storage
