// The settings of one model, as the window shows and changes them.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QJsonObject>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>
#include <QUrl>
#include <QVariantList>
#include <QVariantMap>
#include <functional>
#include <optional>

#include "app/gui/setting_layers.h"

namespace kinglet::gui {

class ModelLibrary;
class ModelListModel;
class ModelOptions;
class ModelStatus;
class Settings;

/// Memory of a context of so many tokens in a model file, in bytes; called on a worker, since it may read the
/// disk.
using ContextBytes =
    std::function<std::optional<qint64>(const QString& path, int length, const QString& kvType)>;

/// The one that reads the file's header.
std::optional<qint64> contextBytesOfFile(const QString& path, int length, const QString& kvType);

/// What a ModelEditor works with. None is owned; all outlive it.
struct ModelEditorServices {
    ModelOptions* options = nullptr;
    ModelStatus* model = nullptr;
    ModelListModel* list = nullptr;
    ModelLibrary* library = nullptr;
    Settings* settings = nullptr;
    ContextBytes contextBytes;
};

/// One instance edits whichever model was asked for last. Every change applies at once; settings are named as
/// in setting_layers.h.
class ModelEditor : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("AppContext.modelEditor is the one instance")
    Q_PROPERTY(QString path READ path NOTIFY changed)
    Q_PROPERTY(QString modelName READ modelName NOTIFY changed)
    /// What holds now for new chats with the model, by name.
    Q_PROPERTY(QVariantMap values READ values NOTIFY changed)
    /// What would hold without the person's own.
    Q_PROPERTY(QVariantMap otherwise READ otherwise NOTIFY changed)
    /// Where each comes from: "yours", "file", "settings" (chosen for all models) or "kinglet".
    Q_PROPERTY(QVariantMap origins READ origins NOTIFY changed)
    /// The same of what would hold without the person's own.
    Q_PROPERTY(QVariantMap otherOrigins READ otherOrigins NOTIFY changed)
    Q_PROPERTY(int changedCount READ changedCount NOTIFY changed)
    Q_PROPERTY(int contextLengthMax READ contextLengthMax NOTIFY changed)
    /// "path", "name", "strength" and "on" each.
    Q_PROPERTY(QVariantList adapters READ adapters NOTIFY changed)
    Q_PROPERTY(bool canAddAdapter READ canAddAdapter NOTIFY changed)
    /// The file that is being checked; empty: none.
    Q_PROPERTY(QString checkedAdapter READ checkedAdapter NOTIFY adapterCheckChanged)
    /// Why the last one was not taken; empty where it was.
    Q_PROPERTY(QString adapterProblem READ adapterProblem NOTIFY adapterCheckChanged)
    /// What the context costs, e.g. "344 MB"; empty where it is not known (yet).
    Q_PROPERTY(QString memoryText READ memoryText NOTIFY memoryChanged)
    /// Where the chosen type saves nothing in this model.
    Q_PROPERTY(bool kvTypeIdle READ kvTypeIdle NOTIFY memoryChanged)
    /// Whether the last of putBackAll() and removeAdapter() can be undone.
    Q_PROPERTY(bool canUndo READ canUndo NOTIFY changed)
  public:
    explicit ModelEditor(ModelEditorServices services, QObject* parent = nullptr);

    QString path() const { return path_; }
    QString modelName() const;
    QVariantMap values() const;
    QVariantMap otherwise() const;
    QVariantMap origins() const;
    QVariantMap otherOrigins() const;
    int changedCount() const;
    int contextLengthMax() const;
    QVariantList adapters() const;
    bool canAddAdapter() const;
    QString checkedAdapter() const { return checkedAdapter_; }
    QString adapterProblem() const { return adapterProblem_; }
    QString memoryText() const;
    bool kvTypeIdle() const;
    bool canUndo() const { return undo_.has_value(); }

    /// Begins with a model of this path; opened() follows.
    Q_INVOKABLE void edit(const QString& path);
    /// The model that the next answer is asked of.
    Q_INVOKABLE void editCurrent();
    /// What is no different from what would hold without it is not kept.
    Q_INVOKABLE void set(const QString& name, const QVariant& value);
    Q_INVOKABLE void putBack(const QString& name);
    Q_INVOKABLE void putBackAll();
    Q_INVOKABLE void undo();
    /// Takes a file once it was checked with the model in a process of its own.
    Q_INVOKABLE void addAdapter(const QUrl& file);
    Q_INVOKABLE void removeAdapter(int row);
    Q_INVOKABLE void setAdapterOn(int row, bool on);
    Q_INVOKABLE void setAdapterStrength(int row, double strength);

  signals:
    void changed();
    void adapterCheckChanged();
    void memoryChanged();
    void opened();

  private:
    SettingLayers layers(bool withOwn) const;
    QJsonValue valueOf(const SettingLayers& places, const QString& name) const;
    QVariantMap mapOf(const SettingLayers& places) const;
    QVariantMap originsOf(const SettingLayers& places) const;
    QString originOf(const QString& name, SettingOrigin origin) const;
    void save(const QJsonObject& own);
    void changeAdapter(int row, const std::function<void(AdapterChoice&)>& change);
    void takeAdapter(const QString& model, const QString& adapter);
    void measure();

    ModelEditorServices s_;
    QString path_;
    QString checkedAdapter_;
    QString adapterProblem_;
    std::optional<QJsonObject> undo_;
    QTimer measureTimer_;
    quint64 measuring_ = 0;
    QString measured_;  ///< what the last measurement was of
    qint64 contextBytes_ = 0;
    qint64 wholeBytes_ = 0;  ///< the same in F16
};

}  // namespace kinglet::gui
