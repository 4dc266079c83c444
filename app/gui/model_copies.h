// Copies of models from elsewhere into the models folder.
#pragma once

#include <QHash>
#include <QObject>
#include <QString>
#include <QThreadPool>
#include <atomic>
#include <memory>

#include "app/gui/call_queue.h"

namespace kinglet::gui {

/// Each copy runs on a worker; what happens is told on the thread that this lives on.
class ModelCopies : public QObject {
    Q_OBJECT
  public:
    explicit ModelCopies(QObject* parent = nullptr);
    /// Stops what is under way, which leaves nothing behind.
    ~ModelCopies() override;

    /// Copies all files of the model into the folder. Nothing happens where it is being copied already.
    void start(const QString& path, const QString& folder);
    void cancel(const QString& path);
    bool isCopying(const QString& path) const { return stops_.contains(path); }

  signals:
    void progress(const QString& path, double fraction);
    /// `target` is the file that a model is found by, empty where it was cancelled or failed; `problem` says
    /// why it failed.
    void ended(const QString& path, const QString& target, const QString& problem);

  private:
    using Stop = std::shared_ptr<std::atomic_bool>;

    void end(const QString& path, const QString& target, const QString& problem);

    QHash<QString, Stop> stops_;
    CallQueue events_;
    QThreadPool pool_;
};

}  // namespace kinglet::gui
