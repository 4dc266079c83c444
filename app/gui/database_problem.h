// What the window shows instead of the chats when the database cannot be opened.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QString>
#include <QVariantList>

namespace kinglet::gui {

/// A database that cannot be used, and the ways out. Nothing is ever deleted.
class DatabaseProblem : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("AppContext.databaseProblem")
    Q_PROPERTY(Kind kind READ kind CONSTANT)
    Q_PROPERTY(QString message READ message CONSTANT)
    Q_PROPERTY(QString details READ details CONSTANT)
    Q_PROPERTY(QString path READ path CONSTANT)
    /// Maps with "path" and "label", newest first.
    Q_PROPERTY(QVariantList backups READ backups CONSTANT)
    Q_PROPERTY(bool busy READ busy NOTIFY busyChanged)
    Q_PROPERTY(QString failure READ failure NOTIFY busyChanged)
  public:
    enum Kind { Corrupt, Newer, Unreadable };
    Q_ENUM(Kind)

    DatabaseProblem(Kind kind, QString message, QString details, QString path, QVariantList backups,
                    QObject* parent = nullptr);

    Kind kind() const { return kind_; }
    QString message() const { return message_; }
    QString details() const { return details_; }
    QString path() const { return path_; }
    QVariantList backups() const { return backups_; }
    bool busy() const { return busy_; }
    /// Why the last way out did not work; empty before one was tried.
    QString failure() const { return failure_; }
    void setBusy(bool busy, const QString& failure = {});

    /// Puts a backup in the place of the database; the present file is kept beside it.
    Q_INVOKABLE void openBackup(const QString& path) { emit openBackupRequested(path); }
    /// Begins with an empty database; the present file is kept beside it.
    Q_INVOKABLE void startFresh() { emit startFreshRequested(); }
    Q_INVOKABLE void quit();

  signals:
    void busyChanged();
    void openBackupRequested(const QString& path);
    void startFreshRequested();

  private:
    Kind kind_;
    QString message_;
    QString details_;
    QString path_;
    QVariantList backups_;
    bool busy_ = false;
    QString failure_;
};

}  // namespace kinglet::gui
