#include "storage/database.h"

#include <QDir>
#include <QThread>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "storage/database_file.h"

namespace kinglet::storage {

namespace {
constexpr std::chrono::minutes pauseBetweenLooks{30};
}

/// The thread and its queue. A queue of our own rather than an event loop: nothing here needs events, and it
/// lets the thread notice by itself that it has been idle.
struct Database::Private : public QThread {
    using Job = std::function<void(DatabaseFile&)>;

    explicit Private(DatabaseOptions given) : options(std::move(given)) {}

    void post(Job job) {
        {
            const std::lock_guard lock(mutex);
            jobs.push_back(std::move(job));
        }
        wake.notify_one();
    }

    void run() override {
        DatabaseFile file(options);
        std::chrono::milliseconds patience{options.backupIdleMs};
        while (true) {
            Job job;
            {
                std::unique_lock lock(mutex);
                const auto ready = [this] { return stopping || !jobs.empty(); };
                if (wake.wait_for(lock, patience, ready)) {
                    if (jobs.empty()) break;
                    job = std::move(jobs.front());
                    jobs.pop_front();
                }
            }
            if (job) {
                job(file);
                patience = std::chrono::milliseconds(options.backupIdleMs);
            } else {
                // Best done while nobody waits. If it fails (a full disk), the next look tries again.
                backUpIfDue(file);
                patience = pauseBetweenLooks;
            }
        }
        backUpIfDue(file);
        file.close();
    }

    static void backUpIfDue(DatabaseFile& file) {
        if (file.backupDue()) static_cast<void>(file.makeBackup());
    }

    template <class Work>
    auto answer(Work work) -> QFuture<std::invoke_result_t<Work&, DatabaseFile&>> {
        auto promise = std::make_shared<QPromise<std::invoke_result_t<Work&, DatabaseFile&>>>();
        promise->start();
        auto future = promise->future();
        post([promise, work = std::move(work)](DatabaseFile& file) mutable {
            promise->addResult(work(file));
            promise->finish();
        });
        return future;
    }

    const DatabaseOptions options;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Job> jobs;
    bool stopping = false;
};

DatabaseOptions DatabaseOptions::ofLibrary(const QString& folder) {
    DatabaseOptions options;
    options.path = QDir(folder).filePath(QStringLiteral("library.db"));
    options.backupsToKeep = 0;
    options.migrations = libraryMigrations();
    options.kind = DatabaseKind::Library;
    return options;
}

Database::Database(DatabaseOptions options) : d(std::make_unique<Private>(std::move(options))) {
    d->setObjectName(QStringLiteral("database"));
    d->start();
}

Database::~Database() {
    {
        const std::lock_guard lock(d->mutex);
        d->stopping = true;
    }
    d->wake.notify_one();
    d->wait();
}

QFuture<OpenReport> Database::open() {
    return d->answer([](DatabaseFile& file) { return file.open(); });
}

QFuture<OpenReport> Database::openBackup(const QString& path) {
    return d->answer([path](DatabaseFile& file) { return file.openBackup(path); });
}

QFuture<OpenReport> Database::startFresh() {
    return d->answer([](DatabaseFile& file) { return file.startFresh(); });
}

QFuture<QList<BackupInfo>> Database::backups() {
    return d->answer([](DatabaseFile& file) { return file.backups(); });
}

QFuture<Result<QString>> Database::backupNow() {
    return d->answer([](DatabaseFile& file) { return file.makeBackup(); });
}

QString Database::path() const {
    return d->options.path;
}

QString Database::backupFolder() const {
    return DatabaseFile(d->options).backupFolder();
}

void Database::enqueue(std::function<void(Connection*)> job) {
    d->post([job = std::move(job)](DatabaseFile& file) { job(file.connection()); });
}

Error Database::notOpen() {
    return {ErrorCode::NotOpen,
            QStringLiteral("The database is not open."),
            QStringLiteral("Open a backup or start fresh first."),
            {}};
}

}  // namespace kinglet::storage
