#include "app/gui/model_editor.h"

#include <QFileInfo>
#include <QtConcurrent>
#include <algorithm>
#include <utility>

#include "app/gui/engine_device.h"
#include "app/gui/futures.h"
#include "app/gui/model_library.h"
#include "app/gui/model_list_model.h"
#include "app/gui/model_options.h"
#include "app/gui/model_status.h"
#include "app/gui/settings.h"
#include "app/gui/words.h"

namespace kinglet::gui {

namespace {

constexpr int kMeasureAfterMs = 80;

}  // namespace

std::optional<qint64> contextBytesOfFile(const QString& path, int length, const QString& kvType) {
    const auto bytes = engine::Model::inspect_kv_bytes(std::filesystem::path(path.toStdU16String()), length,
                                                       kvTypeNamed(kvType));
    return bytes ? std::optional(static_cast<qint64>(*bytes)) : std::nullopt;
}

ModelEditor::ModelEditor(ModelEditorServices services, QObject* parent)
    : QObject(parent), s_(std::move(services)) {
    measureTimer_.setSingleShot(true);
    measureTimer_.setInterval(kMeasureAfterMs);
    connect(&measureTimer_, &QTimer::timeout, this, &ModelEditor::measure);
    connect(this, &ModelEditor::changed, &measureTimer_, qOverload<>(&QTimer::start));
    const auto told = [this](const QString& path) {
        if (path == path_ && !path_.isEmpty()) emit changed();
    };
    connect(s_.options, &ModelOptions::changed, this, told);
    connect(s_.settings, &Settings::defaultsChanged, this, [this, told] { told(path_); });
    connect(s_.settings, &Settings::deviceChanged, this, [this, told] { told(path_); });
    connect(s_.list, &ModelListModel::scanFinished, this, [this, told] { told(path_); });
    connect(s_.model, &ModelStatus::settled, this, [this, told] { told(path_); });
}

void ModelEditor::edit(const QString& path) {
    if (path.isEmpty()) return;
    if (path != path_) {
        measured_.clear();
        contextBytes_ = 0;
        wholeBytes_ = 0;
        emit memoryChanged();
    }
    path_ = path;
    undo_.reset();
    if (checkedAdapter_.isEmpty() && !adapterProblem_.isEmpty()) {
        adapterProblem_.clear();
        emit adapterCheckChanged();
    }
    emit changed();
    emit opened();
}

void ModelEditor::editCurrent() {
    edit(s_.model->nextPath());
}

QString ModelEditor::modelName() const {
    if (path_ == s_.model->nextPath()) return s_.model->name();
    const ModelEntry* entry = s_.list->find(path_);
    return entry ? entry->name : QFileInfo(path_).completeBaseName();
}

SettingLayers ModelEditor::layers(bool withOwn) const {
    const ModelEntry* entry = s_.list->find(path_);
    const bool current = path_ == s_.model->path();
    const QJsonObject suggested = current && s_.model->state() == ModelStatus::Ready
                                      ? s_.model->suggestedSampling()
                                  : entry ? entry->sampling.value_or(QJsonObject())
                                          : QJsonObject();
    const bool starter = !path_.isEmpty() && path_ == s_.settings->starterModel();
    return {{},
            withOwn ? s_.options->of(path_) : QJsonObject(),
            suggested,
            programSettings(*s_.settings, starter)};
}

/// As it holds with this model: no context is longer than what the model was made for.
QJsonValue ModelEditor::valueOf(const SettingLayers& places, const QString& name) const {
    const QJsonValue value = findSetting(places, name).value;
    return name == QLatin1String("context_length") ? std::min(value.toInt(), contextLengthMax()) : value;
}

QVariantMap ModelEditor::mapOf(const SettingLayers& places) const {
    QVariantMap map;
    for (const QString& name : settingNames()) map.insert(name, valueOf(places, name).toVariant());
    return map;
}

QVariantMap ModelEditor::values() const {
    return mapOf(layers(true));
}
QVariantMap ModelEditor::otherwise() const {
    return mapOf(layers(false));
}

QString ModelEditor::originOf(const QString& name, SettingOrigin origin) const {
    if (origin == SettingOrigin::Model) return QStringLiteral("yours");
    if (origin == SettingOrigin::File) return QStringLiteral("file");
    return s_.settings->isChosen(name) ? QStringLiteral("settings") : QStringLiteral("kinglet");
}

QVariantMap ModelEditor::originsOf(const SettingLayers& places) const {
    QVariantMap map;
    for (const QString& name : settingNames())
        map.insert(name, originOf(name, findSetting(places, name).origin));
    return map;
}

QVariantMap ModelEditor::origins() const {
    return originsOf(layers(true));
}
QVariantMap ModelEditor::otherOrigins() const {
    return originsOf(layers(false));
}

int ModelEditor::changedCount() const {
    const SettingLayers now = layers(true);
    return static_cast<int>(std::count_if(
        settingNames().begin(), settingNames().end(),
        [&](const QString& name) { return findSetting(now, name).origin == SettingOrigin::Model; }));
}

int ModelEditor::contextLengthMax() const {
    constexpr int unknown = 32768;
    int trained = 0;
    if (path_ == s_.model->path()) trained = s_.model->contextLengthTrained();
    if (const ModelEntry* entry = s_.list->find(path_); trained <= 0 && entry) trained = entry->contextLength;
    return trained > 0 ? trained : unknown;
}

void ModelEditor::save(const QJsonObject& own) {
    s_.options->set(path_, own);
}

void ModelEditor::set(const QString& name, const QVariant& value) {
    const QJsonValue wanted = admittedSetting(name, QJsonValue::fromVariant(value));
    if (wanted.isUndefined() || path_.isEmpty()) return;
    QJsonObject own = s_.options->of(path_);
    if (wanted == valueOf(layers(false), name)) {
        own.remove(name);
    } else {
        own.insert(name, wanted);
    }
    undo_.reset();
    save(own);
}

void ModelEditor::putBack(const QString& name) {
    QJsonObject own = s_.options->of(path_);
    own.remove(name);
    undo_.reset();
    save(own);
}

void ModelEditor::putBackAll() {
    undo_ = s_.options->of(path_);
    save({});
}

void ModelEditor::undo() {
    if (undo_) save(*std::exchange(undo_, std::nullopt));
}

QVariantList ModelEditor::adapters() const {
    QVariantList rows;
    for (const AdapterChoice& each : adaptersOf(s_.options->of(path_))) {
        rows.append(QVariantMap{{QStringLiteral("path"), each.path},
                                {QStringLiteral("name"), QFileInfo(each.path).completeBaseName()},
                                {QStringLiteral("strength"), each.strength},
                                {QStringLiteral("on"), each.on}});
    }
    return rows;
}

bool ModelEditor::canAddAdapter() const {
    return adaptersOf(s_.options->of(path_)).size() < kMostAdapters;
}

void ModelEditor::addAdapter(const QUrl& file) {
    const QString adapter = file.toLocalFile();
    if (adapter.isEmpty() || path_.isEmpty() || !checkedAdapter_.isEmpty()) return;
    const QString model = path_;
    const auto judged = [this, model, adapter](const std::optional<library::Problem>& found) {
        checkedAdapter_.clear();
        if (found) {
            const QString said =
                found->hint.isEmpty() ? found->message : found->message + QLatin1Char(' ') + found->hint;
            adapterProblem_ = sentence(sentence(said, adapter), model);
        } else {
            takeAdapter(model, adapter);
        }
        emit adapterCheckChanged();
    };
    adapterProblem_.clear();
    checkedAdapter_ = QFileInfo(adapter).completeBaseName();
    emit adapterCheckChanged();
    if (!s_.library->verifyAdapter(model, adapter, judged)) judged(std::nullopt);
}

/// Once more is not stronger: there is the strength for that.
void ModelEditor::takeAdapter(const QString& model, const QString& adapter) {
    QJsonObject own = s_.options->of(model);
    QList<AdapterChoice> adapters = adaptersOf(own);
    const auto same = std::find_if(adapters.begin(), adapters.end(),
                                   [&](const AdapterChoice& each) { return each.path == adapter; });
    if (same != adapters.end()) {
        same->on = true;
    } else if (adapters.size() < kMostAdapters) {
        adapters.append({adapter});
    }
    setAdapters(own, adapters);
    if (model == path_) undo_.reset();
    s_.options->set(model, own);
}

void ModelEditor::removeAdapter(int row) {
    QJsonObject own = s_.options->of(path_);
    QList<AdapterChoice> adapters = adaptersOf(own);
    if (row < 0 || row >= adapters.size()) return;
    undo_ = own;
    adapters.removeAt(row);
    setAdapters(own, adapters);
    save(own);
}

void ModelEditor::changeAdapter(int row, const std::function<void(AdapterChoice&)>& change) {
    QJsonObject own = s_.options->of(path_);
    QList<AdapterChoice> adapters = adaptersOf(own);
    if (row < 0 || row >= adapters.size()) return;
    change(adapters[row]);
    setAdapters(own, adapters);
    undo_.reset();
    save(own);
}

void ModelEditor::setAdapterOn(int row, bool on) {
    changeAdapter(row, [on](AdapterChoice& adapter) { adapter.on = on; });
}

void ModelEditor::setAdapterStrength(int row, double strength) {
    changeAdapter(row, [strength](AdapterChoice& adapter) {
        adapter.strength = std::clamp(strength, 0.0, kStrongestAdapter);
    });
}

QString ModelEditor::memoryText() const {
    return contextBytes_ > 0 ? sizeText(contextBytes_) : QString();
}

bool ModelEditor::kvTypeIdle() const {
    return contextBytes_ > 0 && contextBytes_ == wholeBytes_ &&
           valueOf(layers(true), QStringLiteral("kv_type")) != QLatin1String("f16");
}

void ModelEditor::measure() {
    const SettingLayers now = layers(true);
    const int length = valueOf(now, QStringLiteral("context_length")).toInt();
    const QString kvType = valueOf(now, QStringLiteral("kv_type")).toString();
    const QString wanted = QStringLiteral("%1 %2 %3").arg(length).arg(kvType, path_);
    if (std::exchange(measured_, wanted) == wanted && contextBytes_ > 0) return;
    const auto cost = [bytes = s_.contextBytes, path = path_, length, kvType] {
        return std::pair(bytes(path, length, kvType), bytes(path, length, QStringLiteral("f16")));
    };
    using Cost = std::pair<std::optional<qint64>, std::optional<qint64>>;
    const quint64 mine = ++measuring_;
    whenDone(this, QtConcurrent::run(cost), [this, mine](const Cost& found) {
        if (mine != measuring_) return;
        contextBytes_ = found.first.value_or(0);
        wholeBytes_ = found.second.value_or(0);
        emit memoryChanged();
    });
}

}  // namespace kinglet::gui
