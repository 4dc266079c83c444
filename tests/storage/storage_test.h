#pragma once

#include <QElapsedTimer>
#include <QFuture>
#include <QTemporaryDir>
#include <QTest>

#include "storage/chat_store.h"
#include "storage/connection.h"
#include "storage/database.h"

namespace kinglet::storage::testing {

/// Waits for a future the way a test may and the window may not.
template <class T>
T wait(QFuture<T> future) {
    future.waitForFinished();
    return future.takeResult();
}

/// The value of a Result that must be there; the test fails with the error's words otherwise.
template <class T>
T need(QFuture<Result<T>> future) {
    auto result = wait(std::move(future));
    if (!result) {
        QTest::qFail(qPrintable(result.error().message + u' ' + result.error().details), __FILE__, __LINE__);
        return T{};
    }
    return std::move(result).value();
}

inline bool done(QFuture<Result<void>> future) {
    const auto result = wait(std::move(future));
    if (!result) qWarning("%s %s", qPrintable(result.error().message), qPrintable(result.error().details));
    return result.ok();
}

/// Options for a database of a test: in `folder`, with no copy made unasked.
inline DatabaseOptions optionsIn(const QTemporaryDir& folder) {
    DatabaseOptions options;
    options.path = folder.filePath(QStringLiteral("kinglet.db"));
    options.backupsToKeep = 0;
    options.busyMs = 100;
    return options;
}

/// The value of one SQL expression in an open database.
inline QVariant sql(Database& database, const QString& statement) {
    return need(database.run([statement](Connection& connection) { return connection.scalar(statement); }));
}

/// Runs one SQL statement in an open database.
inline bool execute(Database& database, const QString& statement) {
    return done(database.run([statement](Connection& connection) { return connection.exec(statement); }));
}

/// The texts of a chat's selected branch.
inline QStringList texts(const ChatPath& path) {
    QStringList all;
    for (const Message& message : path.messages) all << message.content;
    return all;
}

}  // namespace kinglet::storage::testing
