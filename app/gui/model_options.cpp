#include "app/gui/model_options.h"

#include <utility>

#include "app/gui/futures.h"
#include "app/starter/starter_model.h"
#include "storage/model_store.h"

namespace kinglet::gui {

namespace {
// A slider changes many times a second.
constexpr int kSaveAfterMs = 250;
}  // namespace

ModelOptions::ModelOptions(storage::ModelStore& store, QObject* parent) : QObject(parent), store_(store) {
    timer_.setSingleShot(true);
    timer_.setInterval(kSaveAfterMs);
    connect(&timer_, &QTimer::timeout, this, &ModelOptions::flush);
}

QString ModelOptions::storedPath(const QString& path) const {
    return path == starter_ ? QString::fromLatin1(starter::stored_name) : path;
}

void ModelOptions::read(std::function<void()> then) {
    whenDone(
        this, store_.all(),
        [this, then = std::move(then)](const storage::Result<QList<storage::ModelRecord>>& records) {
            for (const storage::ModelRecord& record : records ? *records : QList<storage::ModelRecord>()) {
                const bool isStarter = record.path == QLatin1String(starter::stored_name);
                const QString path = isStarter ? starter_ : record.path;
                if (!record.settings.isEmpty() && !path.isEmpty()) kept_.insert(path, record.settings);
            }
            then();
        });
}

void ModelOptions::set(const QString& path, const QJsonObject& settings) {
    if (path.isEmpty() || of(path) == settings) return;
    if (settings.isEmpty()) {
        kept_.remove(path);
    } else {
        kept_.insert(path, settings);
    }
    unsaved_.insert(path);
    timer_.start();
    emit changed(path);
}

void ModelOptions::replaceAll(const QHash<QString, QJsonObject>& settings) {
    const QStringList before = kept_.keys();
    for (const QString& path : before) set(path, settings.value(path));
    for (auto it = settings.constBegin(); it != settings.constEnd(); ++it) set(it.key(), it.value());
}

void ModelOptions::flush() {
    timer_.stop();
    for (const QString& path : std::exchange(unsaved_, {})) store_.setSettings(storedPath(path), of(path));
}

}  // namespace kinglet::gui
