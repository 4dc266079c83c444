#include "app/gui/token_store.h"

#include <qt6keychain/keychain.h>
#include <QString>
#include <QThread>

#include "app/gui/call_queue.h"

namespace kinglet::gui {

namespace {

const QString kService = QStringLiteral("Kinglet");

QString keyOf(const QUrl& hub) {
    return hub.toString(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment |
                        QUrl::StripTrailingSlash);
}

/// A job deletes itself once it has ended. Without a secret store it fails rather than writing a file.
template <class Job, class Then>
Job* jobFor(const QString& key, Then then) {
    auto* job = new Job(kService);
    job->setInsecureFallback(false);
    job->setKey(key);
    QObject::connect(job, &QKeychain::Job::finished, job,
                     [then = std::move(then)](QKeychain::Job* ended) { then(*static_cast<Job*>(ended)); });
    return job;
}

/// The jobs run on a thread of their own, since the libraries below greet the desktop's bus and wait for its
/// answer.
class DesktopTokenStore : public TokenStore {
  public:
    DesktopTokenStore() {
        thread_.setObjectName(QStringLiteral("secrets"));
        jobs_->moveToThread(&thread_);
        QObject::connect(&thread_, &QThread::finished, jobs_, &QObject::deleteLater);
        thread_.start();
    }
    /// Waits for a job that is under way, at most as long as a bus may be silent.
    ~DesktopTokenStore() override {
        thread_.quit();
        thread_.wait();
    }

    void read(const QUrl& hub, std::function<void(std::optional<QByteArray>)> then) override {
        jobs_->post([this, key = keyOf(hub), then] {
            jobFor<QKeychain::ReadPasswordJob>(key, [this, then](QKeychain::ReadPasswordJob& job) {
                const bool found = job.error() == QKeychain::NoError && !job.binaryData().isEmpty();
                answers_.post(
                    [then, token = found ? std::optional(job.binaryData()) : std::nullopt] { then(token); });
            })->start();
        });
    }
    void write(const QUrl& hub, const QByteArray& token, std::function<void(bool)> then) override {
        jobs_->post([this, key = keyOf(hub), token, then] {
            auto* job =
                jobFor<QKeychain::WritePasswordJob>(key, [this, then](QKeychain::WritePasswordJob& ended) {
                    answers_.post([then, kept = ended.error() == QKeychain::NoError] { then(kept); });
                });
            job->setBinaryData(token);
            job->start();
        });
    }
    void remove(const QUrl& hub) override {
        jobs_->post([key = keyOf(hub)] {
            jobFor<QKeychain::DeletePasswordJob>(key, [](QKeychain::DeletePasswordJob&) {})->start();
        });
    }

  private:
    QThread thread_;
    CallQueue* jobs_ = new CallQueue;  ///< lives on thread_
    CallQueue answers_;                ///< lives where this does
};

}  // namespace

std::unique_ptr<TokenStore> desktopTokenStore() {
    return std::make_unique<DesktopTokenStore>();
}

}  // namespace kinglet::gui
