// One window for each data folder: a second start hands its files to the first and ends.
#pragma once

#include <QByteArray>
#include <QLocalServer>
#include <QObject>
#include <QString>
#include <QStringList>

namespace kinglet::gui {

/// Listens for later starts with the same data folder. Only programs of the same person can reach it.
class SingleInstance : public QObject {
    Q_OBJECT
  public:
    /// `dataFolder` need not exist. Nothing happens before listen().
    explicit SingleInstance(const QString& dataFolder, QObject* parent = nullptr);

    /// Hands `files` (absolute paths, may be none) and the desktop's leave to come to the front to the window
    /// that listens for this data folder. False where there is none or it does not answer within some
    /// seconds.
    bool handOver(const QStringList& files, const QByteArray& activationToken) const;

    /// From now on later starts are heard. False where that cannot be had; Kinglet works without.
    bool listen();

  signals:
    /// A later start was asked to open `files`, or only to show the window.
    void startedAgain(const QStringList& files, const QByteArray& activationToken);

  private:
    void takeConnections();
    void read(QLocalSocket& from);

    QString name_;
    QLocalServer server_;
};

}  // namespace kinglet::gui
