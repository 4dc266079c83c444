// The process that test_kill kills: it goes on with the download of its database until that is finished.
//   crash_downloader FOLDER ENDPOINT REPOSITORY FILE
// It says "begun" when the first byte of this run is there, and "finished" at the end.

#include <QCoreApplication>
#include <QDir>
#include <cstdio>
#include <utility>

#include "library/download_queue.h"
#include "storage/database.h"

using namespace kinglet;
using namespace kinglet::library;

namespace {

void say(const char* what) {
    std::printf("%s\n", what);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.size() != 5) return 2;
    const QDir folder(arguments.at(1));
    storage::Database database(storage::DatabaseOptions::ofLibrary(folder.path()));
    auto opened = database.open();
    opened.waitForFinished();
    if (!opened.takeResult().ok()) return 1;
    storage::DownloadStore store(database);
    QueueOptions options;
    options.download.noteMs = 5;
    options.locks = DownloadLocks::pathIn(folder.path());
    options.download.part.pieceBytes = 64 << 10;
    DownloadQueue queue(store, Hub(QUrl(arguments.at(2))), options);
    qint64 there = -1;
    bool begun = false;
    QObject::connect(&queue, &DownloadQueue::changed, &queue, [&](qint64 id) {
        const auto info = queue.find(id);
        if (!info || info->status != DownloadStatus::Running) return;
        if (there < 0) there = info->received;
        if (info->received > there && !std::exchange(begun, true)) say("begun");
    });
    QObject::connect(&queue, &DownloadQueue::finished, &queue, [&] {
        say("finished");
        QCoreApplication::quit();
    });
    QObject::connect(&queue, &DownloadQueue::loaded, &queue, [&] {
        if (!queue.all().isEmpty()) return;
        storage::DownloadRecord record;
        record.name = arguments.at(4);
        storage::DownloadFile file;
        file.repository = arguments.at(3);
        file.path = arguments.at(4);
        file.target = folder.filePath(arguments.at(4));
        record.files << file;
        queue.add(record);
    });
    queue.load();
    return QCoreApplication::exec();
}
