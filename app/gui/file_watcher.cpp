#include "app/gui/file_watcher.h"

namespace kinglet::gui {

FileWatcher::FileWatcher(QObject* parent) : QObject(parent), watcher_(new QFileSystemWatcher) {
    thread_.setObjectName(QStringLiteral("watcher"));
    watcher_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, watcher_, &QObject::deleteLater);
    connect(watcher_, &QFileSystemWatcher::directoryChanged, this, &FileWatcher::changed);
    connect(watcher_, &QFileSystemWatcher::fileChanged, this, &FileWatcher::changed);
    thread_.start();
}

FileWatcher::~FileWatcher() {
    thread_.quit();
    thread_.wait();
}

void FileWatcher::setPaths(const QStringList& paths) {
    QMetaObject::invokeMethod(watcher_, [q = this, watcher = watcher_, paths] {
        const QStringList watched = watcher->directories() + watcher->files();
        QStringList gone;
        QStringList come;
        for (const QString& path : watched) {
            if (!paths.contains(path)) gone.append(path);
        }
        for (const QString& path : paths) {
            if (!watched.contains(path)) come.append(path);
        }
        if (!gone.isEmpty()) watcher->removePaths(gone);
        if (come.isEmpty()) return;
        // What changed before they were watched is not to be missed.
        if (watcher->addPaths(come).size() < come.size()) emit q->changed();
    });
}

}  // namespace kinglet::gui
