// Tells of changes to folders and files, without asking the disk on the window's thread.
#pragma once

#include <QFileSystemWatcher>
#include <QObject>
#include <QStringList>
#include <QThread>

namespace kinglet::gui {

/// QFileSystemWatcher looks at every path that it is given, which can take long where that lies on another
/// computer; so it lives on a thread of its own.
class FileWatcher : public QObject {
    Q_OBJECT
  public:
    explicit FileWatcher(QObject* parent = nullptr);
    ~FileWatcher() override;

    /// Watches these and nothing else from now on. Those that do not exist are left out.
    void setPaths(const QStringList& paths);

  signals:
    void changed();

  private:
    QThread thread_;
    QFileSystemWatcher* watcher_;
};

}  // namespace kinglet::gui
