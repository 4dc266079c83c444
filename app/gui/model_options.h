// What the person set for each model.
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QObject>
#include <QSet>
#include <QString>
#include <QTimer>
#include <functional>

namespace kinglet::storage {
class ModelStore;
}

namespace kinglet::gui {

/// Settings of models (see setting_layers.h) by the path of their file, in memory and in the database. They
/// are read before the first model is loaded; a file that is gone for a while keeps its own.
class ModelOptions : public QObject {
    Q_OBJECT
  public:
    explicit ModelOptions(storage::ModelStore& store, QObject* parent = nullptr);

    /// The file of the model that comes with Kinglet, which is remembered as such and not by its path.
    void setStarter(const QString& path) { starter_ = path; }
    /// Reads them all, then calls `then`, whether it worked or not.
    void read(std::function<void()> then);
    QJsonObject of(const QString& path) const { return kept_.value(path); }
    /// Replaces those of a model; saved soon.
    void set(const QString& path, const QJsonObject& settings);
    QHash<QString, QJsonObject> all() const { return kept_; }
    void replaceAll(const QHash<QString, QJsonObject>& settings);
    /// Saves what is not saved yet now, without waiting for it.
    void flush();

  signals:
    void changed(const QString& path);

  private:
    QString storedPath(const QString& path) const;

    storage::ModelStore& store_;
    QString starter_;
    QHash<QString, QJsonObject> kept_;
    QSet<QString> unsaved_;
    QTimer timer_;
};

}  // namespace kinglet::gui
