// Finds model files and reads their headers, on a thread of its own.
#pragma once

#include <QHash>
#include <QObject>
#include <QSet>
#include <QThreadPool>
#include <atomic>

#include "app/gui/model_list_model.h"

namespace kinglet::storage {
class ModelStore;
struct ModelRecord;
}  // namespace kinglet::storage

namespace kinglet::gui {

/// A file in the trash, and where it was.
struct TrashedFile {
    QString path;
    QString inTrash;
};

/// What is known of model files: found in a folder, opened from elsewhere, remembered from earlier runs. A
/// file whose size and time are as remembered is not opened again.
class ModelCatalogue : public QObject {
    Q_OBJECT
  public:
    /// `store` may be null: then nothing is remembered.
    explicit ModelCatalogue(storage::ModelStore* store, QObject* parent = nullptr);
    ~ModelCatalogue() override;

    /// Looks through a folder and at the files remembered from elsewhere; scanned() follows.
    void scan(const QString& folder);
    /// Remembers a file from anywhere; scanned() follows.
    void add(const QString& path, const QString& folder);
    /// Forgets a file, or remembers that it is not to be listed; restore() undoes it.
    void remove(const QString& path);
    void restore(const QString& path);
    void noteUsed(const QString& path, const QDateTime& when);
    void noteSpeed(const QString& path, double tokensPerSecond);
    /// The file, as it will be found, was judged by verify in a process of its own.
    void noteVerified(const QString& path);
    /// The model that comes with Kinglet is listed with the others; empty: none does.
    void setStarter(const QString& path) { starter_ = path; }
    /// Nothing is read or written, for demos: the entries given are the list.
    void setFixed(const QList<ModelEntry>& entries) {
        fixed_ = entries;
        isFixed_ = true;
    }

    /// Moves all files of a model to the desktop's trash, all or none; trashed() follows. takeBack() undoes
    /// it.
    void trash(const QString& path);
    void takeBack(const QList<kinglet::gui::TrashedFile>& files);

  signals:
    /// `problem` is empty where it worked.
    void trashed(const QString& path, const QList<kinglet::gui::TrashedFile>& files, const QString& problem);
    void takenBack(const QString& problem);
    void scanned(const QList<kinglet::gui::ModelEntry>& entries);

  private:
    struct Known {
        ModelEntry entry;
        qint64 id = 0;
        bool hidden = false;
    };

    void readRecords(const QString& folder);
    void look(const QString& folder);
    void take(const QList<ModelEntry>& found);
    void hashAlike();
    void takeHashes(const QHash<QString, QString>& hashes);
    void markAlike(QList<ModelEntry>& entries) const;
    QList<ModelEntry> shown() const;
    void save(const Known& known);
    void forget(const QString& path);
    QString storedPath(const QString& path) const;

    storage::ModelStore* store_;
    QString starter_;
    QHash<QString, Known> known_;
    QSet<QString> verified_;  ///< since the last scan
    QStringList order_;       ///< paths of the last scan
    bool recordsRead_ = false;
    QList<ModelEntry> fixed_;
    bool isFixed_ = false;
    QSet<QString> hashing_;
    QThreadPool pool_;
    QThreadPool hashPool_;
    std::atomic_bool stop_ = false;
};

/// What one file says of itself; `problem` is filled where it cannot be used. Reads from the disk: not for
/// the window's thread.
ModelEntry inspectModelFile(const QString& path);

}  // namespace kinglet::gui

Q_DECLARE_METATYPE(kinglet::gui::ModelEntry)
