// How fast a model comes from a hub on the loopback: fetched, written, hashed, synced and named.
//   bench_download [MEGABYTES] [RUNS]
// It measures and neither passes nor fails.
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTimer>
#include <cstdio>

#include "library/download_queue.h"
#include "library/sha256.h"
#include "storage/database.h"
#include "tests/library/test_hub.h"

using namespace kinglet;
using namespace kinglet::library;

namespace {

const QString kRepository = QStringLiteral("birds/Wren-GGUF");
const QString kFile = QStringLiteral("wren-F16.gguf");

/// Seconds from asking for it until it has its name.
double fetchOnce(const Hub& hub, const QString& folder, qint64 bytes) {
    storage::Database database(storage::DatabaseOptions::ofLibrary(folder));
    auto opened = database.open();
    opened.waitForFinished();
    storage::DownloadStore store(database);
    QueueOptions options;
    options.locks = DownloadLocks::pathIn(folder);
    DownloadQueue queue(store, hub, options);
    storage::DownloadRecord record;
    record.name = kFile;
    storage::DownloadFile file;
    file.repository = kRepository;
    file.path = kFile;
    file.target = folder + u'/' + kFile;
    record.files << file;
    QElapsedTimer clock;
    double seconds = 0;
    QObject::connect(&queue, &DownloadQueue::finished, &queue, [&] {
        seconds = static_cast<double>(clock.nsecsElapsed()) * 1e-9;
        QCoreApplication::quit();
    });
    QObject::connect(&queue, &DownloadQueue::loaded, &queue, [&] {
        clock.start();
        queue.add(record);
    });
    queue.load();
    QCoreApplication::exec();
    if (QFile(file.target).size() != bytes) std::printf("  the file is not as long as it should be\n");
    QFile::remove(file.target);
    return seconds;
}

/// Seconds that hashing as many bytes takes alone: what one processor can do at best.
double hashOnce(const QByteArray& content) {
    QElapsedTimer clock;
    clock.start();
    Sha256 hash;
    hash.add(content.constData(), content.size());
    (void)hash.hex();
    return static_cast<double>(clock.nsecsElapsed()) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
    QCoreApplication application(argc, argv);
    const qint64 megabytes = argc > 1 ? std::atoi(argv[1]) : 500;
    const int runs = argc > 2 ? std::atoi(argv[2]) : 3;
    const qint64 bytes = megabytes * 1'000'000;
    const QByteArray content = testing::randomContent(bytes, 1);
    testing::TestHub hub;
    hub.setFile(kRepository, kFile, content);
    std::printf("hashing alone: %.0f MB/s\n", static_cast<double>(megabytes) / hashOnce(content));
    for (int run = 0; run < runs; ++run) {
        const QTemporaryDir folder;
        const double seconds = fetchOnce(Hub(hub.endpoint()), folder.path(), bytes);
        std::printf("%lld MB in %.2f s: %.0f MB/s\n", static_cast<long long>(megabytes), seconds,
                    static_cast<double>(megabytes) / seconds);
    }
    return 0;
}
