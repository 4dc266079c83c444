// What the tests of downloads share.
#pragma once

#include <QFile>
#include <QFileInfo>
#include <QNetworkAccessManager>
#include <QTemporaryDir>
#include <QTest>
#include <memory>
#include <optional>

#include "library/download.h"
#include "library/part_file.h"
#include "library/rate_limiter.h"
#include "tests/library/test_hub.h"

namespace kinglet::library::testing {

/// So long a test waits for something that must come; nothing is said about how long it may take.
inline constexpr int kPatienceMs = 60000;

inline QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline bool writeFile(const QString& path, const QByteArray& content) {
    QFile file(path);
    return file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(content) == content.size();
}

/// Quick and patient in the right places: tests do not wait for pauses that people are given.
inline DownloadOptions quickOptions() {
    DownloadOptions options;
    options.retryMs = 1;
    options.attempts = 3;
    options.noteMs = 10;
    options.part.pieceBytes = 64 << 10;
    return options;
}

/// One download with all that it needs, and what became of it.
class Transfer {
  public:
    Transfer(const TestHub& hub, storage::DownloadFile file, DownloadOptions options = quickOptions(),
             const QByteArray& token = {})
        : m_download(std::move(file), Hub(hub.endpoint(), token), m_network, m_limiter, options) {
        QObject::connect(&m_download, &Download::checked, &m_download, [this] { isChecked = true; });
        QObject::connect(&m_download, &Download::stopped, &m_download, [this] { isStopped = true; });
        QObject::connect(&m_download, &Download::failed, &m_download,
                         [this](const Problem& why) { problem = why; });
        QObject::connect(&m_download, &Download::waiting, &m_download, [this](int pause, const Problem& why) {
            pauses << pause;
            waitedFor << why.fault;
        });
        QObject::connect(&m_download, &Download::progressed, &m_download, [this] {
            if (stopAt > 0 && m_download.received() >= stopAt) {
                stopAt = 0;
                m_download.stop();
            }
        });
    }

    /// Starts it and waits until it has ended in some way.
    bool run() {
        isChecked = isStopped = false;
        problem.reset();
        m_download.start();
        return QTest::qWaitFor([this] { return isChecked || isStopped || problem.has_value(); }, kPatienceMs);
    }

    Download& download() { return m_download; }
    RateLimiter& limiter() { return m_limiter; }
    QNetworkAccessManager& network() { return m_network; }

    bool isChecked = false;
    bool isStopped = false;
    std::optional<Problem> problem;
    QList<int> pauses;
    QList<Fault> waitedFor;
    qint64 stopAt = 0;  ///< stops it when so many bytes are there

  private:
    QNetworkAccessManager m_network;
    RateLimiter m_limiter;
    Download m_download;
};

/// A hub with one file, a folder for it, and what is there.
class DownloadPlace {
  public:
    static QString repository() { return QStringLiteral("birds/Wren-GGUF"); }
    /// With a space, so that addresses are encoded.
    static QString name() { return QStringLiteral("wren q8.gguf"); }

  protected:
    void begin() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_hub = std::make_unique<TestHub>();
        m_content = randomContent(700'001, 1);
        m_hub->setFile(repository(), name(), m_content);
    }
    void end() {
        m_hub.reset();
        m_folder.reset();
    }
    storage::DownloadFile file(bool known = true) const {
        storage::DownloadFile file;
        file.repository = repository();
        file.path = name();
        file.target = m_folder->filePath(QStringLiteral("wren.gguf"));
        if (known) {
            file.bytes = m_content.size();
            file.sha256 = sha256Of(m_content);
        }
        return file;
    }
    QByteArray arrived() const { return contentOf(PartFile::partName(file().target)); }
    qint64 partSize() const { return QFileInfo(PartFile::partName(file().target)).size(); }

    /// Fetches the first `bytes`, stops, and answers with what was noted.
    storage::DownloadFile begun(qint64 bytes, storage::DownloadFile from) {
        m_hub->setFault([bytes](const HubRequest& request, HubReply& reply) {
            if (request.toContentHost) reply.stallAfter = bytes;
        });
        Transfer transfer(*m_hub, from);
        transfer.stopAt = bytes;
        if (!transfer.run() || !transfer.isStopped) qWarning("it was not stopped");
        m_hub->setFault({});
        return transfer.download().file();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<TestHub> m_hub;
    QByteArray m_content;
};

}  // namespace kinglet::library::testing
