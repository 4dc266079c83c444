#include "app/gui/single_instance.h"

#include <QCryptographicHash>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>
#include <QStandardPaths>

namespace kinglet::gui {
namespace {

constexpr int kPatienceMs = 3000;
constexpr qint64 kLongestMessage = 1 << 20;
const char* const kTaken = "taken\n";

/// A socket in the person's runtime folder; on Windows the name of a pipe.
QString nameFor(const QString& dataFolder) {
    const QString path = QDir::cleanPath(QDir(dataFolder).absolutePath());
    const QByteArray hash = QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Sha256).toHex();
    const QString name = QStringLiteral("kinglet-") + QString::fromLatin1(hash.left(16));
#ifdef Q_OS_WIN
    return name;
#else
    return QDir(QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation)).filePath(name);
#endif
}

}  // namespace

SingleInstance::SingleInstance(const QString& dataFolder, QObject* parent)
    : QObject(parent), name_(nameFor(dataFolder)) {
    server_.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&server_, &QLocalServer::newConnection, this, &SingleInstance::takeConnections);
}

bool SingleInstance::handOver(const QStringList& files, const QByteArray& activationToken) const {
    QLocalSocket socket;
    socket.connectToServer(name_);
    if (!socket.waitForConnected(kPatienceMs)) return false;
    const QJsonObject message{{QStringLiteral("open"), QJsonArray::fromStringList(files)},
                              {QStringLiteral("activation"), QString::fromUtf8(activationToken)}};
    socket.write(QJsonDocument(message).toJson(QJsonDocument::Compact) + '\n');
    while (!socket.canReadLine()) {
        if (!socket.waitForReadyRead(kPatienceMs)) return false;
    }
    return socket.readLine() == kTaken;
}

bool SingleInstance::listen() {
    // Qt puts a socket in the place of another without asking. One that nobody answers was left behind by a
    // Kinglet that was killed.
    QLocalSocket socket;
    socket.connectToServer(name_);
    if (socket.waitForConnected(kPatienceMs)) return false;
    QLocalServer::removeServer(name_);
    return server_.listen(name_);
}

void SingleInstance::takeConnections() {
    while (QLocalSocket* socket = server_.nextPendingConnection()) {
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QLocalSocket::readyRead, this, [this, socket] { read(*socket); });
        read(*socket);
    }
}

void SingleInstance::read(QLocalSocket& from) {
    if (!from.canReadLine()) {
        if (from.bytesAvailable() > kLongestMessage) from.abort();
        return;
    }
    const QJsonDocument message = QJsonDocument::fromJson(from.readLine(kLongestMessage));
    if (!message.isObject()) return from.abort();
    QStringList files;
    for (const QJsonValue file : message[QStringLiteral("open")].toArray()) {
        if (QDir::isAbsolutePath(file.toString())) files << file.toString();
    }
    from.write(kTaken);
    from.flush();
    from.disconnectFromServer();
    emit startedAgain(files, message[QStringLiteral("activation")].toString().toUtf8());
}

}  // namespace kinglet::gui
