// The models found on this computer.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QDateTime>
#include <QHash>
#include <QJsonObject>
#include <QString>
#include <QTimer>
#include <QUrl>
#include <optional>
#include <vector>

#include "app/gui/file_watcher.h"

namespace kinglet::gui {

class Settings;
class ModelCatalogue;

/// What is known of one model file.
struct ModelEntry {
    QString path;
    QString name;
    QString quantization;
    QString architecture;
    qint64 sizeBytes = 0;
    qint64 modifiedMs = 0;  ///< of the file, since the epoch
    qint64 parameterCount = 0;
    int contextLength = 0;
    QString problem;             ///< one sentence; empty for a sound file
    QDateTime lastUsed;          ///< null: never
    double tokensPerSecond = 0;  ///< measured here; 0: not yet
    /// What the file suggests for sampling (see ModelFacts); none where nobody has looked.
    std::optional<QJsonObject> sampling = {};
    bool missing = false;
    bool chats = false;     ///< brings a chat template: it was made to answer
    bool builtIn = false;   ///< the model that comes with Kinglet
    bool added = false;     ///< opened from elsewhere than the models folder
    bool verified = false;  ///< as it is now, it was judged in a process of its own before it got its name
    QString sha256;         ///< empty: not needed yet
    QString sameAs;         ///< path of another entry with the same contents; empty: none is known
};

/// Rows: recent ones first, then by name. Files are read on a worker, never on the window's thread.
class ModelListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("AppContext.models is the one instance")
    Q_PROPERTY(QString filter READ filter WRITE setFilter NOTIFY filterChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    Q_PROPERTY(int totalCount READ totalCount NOTIFY countChanged)
    /// Without the model that comes with Kinglet.
    Q_PROPERTY(int ownCount READ ownCount NOTIFY countChanged)
    Q_PROPERTY(QUrl folder READ folder WRITE setFolder NOTIFY folderChanged)
    Q_PROPERTY(bool scanning READ scanning NOTIFY scanningChanged)
  public:
    enum Role {
        ModelIdRole = Qt::UserRole + 1,
        PathRole,
        NameRole,
        QuantizationRole,
        SizeBytesRole,
        SizeTextRole,
        ArchitectureRole,
        ProblemRole,
        MissingRole,
        IsCurrentRole,
        LastUsedRole,
        SpeedTextRole,
        DetailTextRole,
        FolderTextRole,
        BuiltInRole,
        VerifiedRole,
        SameAsRole,        ///< name and folder of the other one
        CopyProgressRole,  ///< into the models folder, 0 to 1; -1: it is not being copied
    };

    ModelListModel(Settings& settings, ModelCatalogue& catalogue, QObject* parent = nullptr);
    ~ModelListModel() override;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    QString filter() const { return filter_; }
    void setFilter(const QString& filter);
    int count() const { return static_cast<int>(shown_.size()); }
    int totalCount() const { return static_cast<int>(entries_.size()); }
    int ownCount() const;
    QUrl folder() const;
    void setFolder(const QUrl& folder);
    bool scanning() const { return scanning_; }

    /// `modelId` is the file's path.
    Q_INVOKABLE void load(const QString& modelId);
    /// Takes a file off the list (the file itself stays), with undo. The model that comes with Kinglet stays.
    Q_INVOKABLE void remove(const QString& modelId);
    /// Moves a model of the models folder to the trash, with undo.
    Q_INVOKABLE void deleteFiles(const QString& modelId);
    /// Copies a model that was opened from elsewhere into the models folder.
    Q_INVOKABLE void copyIntoFolder(const QString& modelId) { emit copyRequested(modelId); }
    Q_INVOKABLE void cancelCopy(const QString& modelId) { emit copyCancelled(modelId); }
    /// Shows the file in the system's file manager.
    Q_INVOKABLE void reveal(const QString& modelId);
    Q_INVOKABLE void refresh();
    Q_INVOKABLE void addFile(const QUrl& file);

    /// The model that is loaded; empty: none.
    void setCurrentPath(const QString& path);
    void noteUsed(const QString& path, const QDateTime& when);
    void noteSpeed(const QString& path, double tokensPerSecond);
    /// How far the copy into the models folder is; -1: there is none.
    void setCopyProgress(const QString& path, double fraction);
    const std::vector<ModelEntry>& entries() const { return entries_; }
    const ModelEntry* find(const QString& path) const;
    /// The model to begin with where none was used before: the smallest of the person's own, those first that
    /// were made to chat and have room for a conversation. Null where there is none.
    const ModelEntry* firstChoice() const;
    void restore(const QString& modelId);

  signals:
    void filterChanged();
    void countChanged();
    void folderChanged();
    void scanningChanged();
    void scanFinished();
    void loadRequested(const QString& path);
    void removed(const QString& path, const QString& name);
    /// The files of a model are about to go; whoever uses them lets go.
    void deleting(const QString& path);
    void copyRequested(const QString& path);
    void copyCancelled(const QString& path);

  private:
    void onScanned(const QList<kinglet::gui::ModelEntry>& found);
    void rebuild();
    void watch();

    Settings& settings_;
    ModelCatalogue& catalogue_;
    std::vector<ModelEntry> entries_;
    std::vector<std::size_t> shown_;
    FileWatcher watcher_;
    QTimer rescan_;
    QString filter_;
    QString currentPath_;
    QHash<QString, double> copies_;
    bool scanning_ = false;
    bool scanAgain_ = false;
    bool started_ = false;  // before the first refresh() there is nothing to keep up to date
};

}  // namespace kinglet::gui
