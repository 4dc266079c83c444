#include "app/gui/settings.h"

#include <QDir>
#include <QThread>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/starter/starter_model.h"

#ifdef Q_OS_WIN
#include <windows.h>
#endif

namespace kinglet::gui {

namespace {

/// One setting: its default, what it may hold, the page whose reset covers it, the signal that tells of it.
struct Row {
    const char* key;
    QVariant fallback;
    double low;
    double high;
    const char* page;
    void (Settings::*changed)();
};

constexpr double kNoLimit = std::numeric_limits<double>::max();

const std::vector<Row>& table() {
    static const std::vector<Row> rows = {
        {"theme", 0, 0, 2, "appearance", &Settings::themeChanged},
        {"text_scale", 1.0, 0.8, 1.6, "appearance", &Settings::textScaleChanged},
        {"wrap_code", false, 0, 1, "appearance", &Settings::wrapCodeChanged},
        {"enter_sends", true, 0, 1, "general", &Settings::enterSendsChanged},
        {"models_folder", QString(), 0, 0, "models", &Settings::modelsFolderChanged},
        {"hub_address", QString(), 0, 0, "models", &Settings::downloadsChanged},
        {"downloads_at_once", 2, 1, 4, "models", &Settings::downloadsChanged},
        {"download_limit", 0, 0, 10000, "models", &Settings::downloadsChanged},
        {"threads", 0, 0, 1024, "device", &Settings::deviceChanged},
        {"device", QStringLiteral("auto"), 0, 0, "device", &Settings::deviceChanged},
        {"graphics_card", QString(), 0, 0, "device", &Settings::deviceChanged},
        {"context_length", 4096, 256, 1 << 20, "chat", &Settings::defaultsChanged},
        {"temperature", 0.7, 0.0, 2.0, "chat", &Settings::defaultsChanged},
        {"top_k", 40, 0, 1000, "chat", &Settings::defaultsChanged},
        {"top_p", 0.95, 0.05, 1.0, "chat", &Settings::defaultsChanged},
        {"min_p", 0.05, 0.0, 1.0, "chat", &Settings::defaultsChanged},
        {"repeat_penalty", 1.1, 1.0, 2.0, "chat", &Settings::defaultsChanged},
        {"max_tokens", 1024, 0, 1 << 20, "chat", &Settings::defaultsChanged},
        {"system_prompt", QString(), 0, 0, "chat", &Settings::defaultsChanged},
        {"sidebar_width", 264, 220, 380, "layout", &Settings::layoutChanged},
        {"sidebar_visible", true, 0, 1, "layout", &Settings::layoutChanged},
        {"panel_visible", false, 0, 1, "layout", &Settings::layoutChanged},
        {"window_width", 1100, 480, kNoLimit, "layout", &Settings::windowGeometryChanged},
        {"window_height", 720, 360, kNoLimit, "layout", &Settings::windowGeometryChanged},
        {"window_maximized", false, 0, 1, "layout", &Settings::windowGeometryChanged},
        {"last_model", QString(), 0, 0, "", nullptr},
        {"new_chat_draft", QString(), 0, 0, "", nullptr},
    };
    return rows;
}

const Row* rowOf(const QString& key) {
    const auto& rows = table();
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return key == QLatin1String(row.key); });
    return found == rows.end() ? nullptr : &*found;
}

/// The value in the row's own type and within its limits; invalid where it cannot be one.
QVariant admitted(const Row& row, const QVariant& value) {
    QVariant result = value;
    if (!result.convert(row.fallback.metaType())) return {};
    if (row.fallback.metaType() == QMetaType::fromType<double>()) {
        const double number = result.toDouble();
        if (!std::isfinite(number)) return {};
        return std::clamp(number, row.low, row.high);
    }
    if (row.fallback.metaType() == QMetaType::fromType<int>()) {
        const double number = std::clamp(static_cast<double>(result.toInt()), row.low, row.high);
        return static_cast<int>(std::min(number, static_cast<double>(std::numeric_limits<int>::max())));
    }
    return result;
}

bool systemAsksForLessMotion() {
#ifdef Q_OS_WIN
    BOOL animated = TRUE;
    SystemParametersInfoW(SPI_GETCLIENTAREAANIMATION, 0, &animated, 0);
    return !animated;
#else
    // Qt 6.4 does not tell; GTK's and KDE's programs understand this variable, and people set it for that
    // reason.
    return qEnvironmentVariableIntValue("KINGLET_REDUCED_MOTION") > 0 ||
           qEnvironmentVariable("GTK_ENABLE_ANIMATIONS") == QLatin1String("0");
#endif
}

}  // namespace

Settings::Settings(const QString& dataFolder, SettingsBackend* backend, QObject* parent)
    : QObject(parent),
      dataFolder_(dataFolder),
      backend_(backend),
      reducedMotion_(systemAsksForLessMotion()) {}

QVariant Settings::value(const char* key) const {
    const QString name = QLatin1String(key);
    const auto found = values_.constFind(name);
    return found != values_.constEnd() ? *found : rowOf(name)->fallback;
}

bool Settings::store(const char* key, const QVariant& wanted) {
    const QString name = QLatin1String(key);
    const QVariant admittedValue = admitted(*rowOf(name), wanted);
    if (!admittedValue.isValid() || admittedValue == value(key)) return false;
    values_.insert(name, admittedValue);
    if (backend_) backend_->save(name, admittedValue);
    announce(name);
    return true;
}

void Settings::announce(const QString& key) {
    if (const Row* row = rowOf(key); row && row->changed) emit(this->*(row->changed))();
}

void Settings::restore(const QHash<QString, QVariant>& saved) {
    for (auto it = saved.constBegin(); it != saved.constEnd(); ++it) {
        const Row* row = rowOf(it.key());
        if (!row) continue;
        const QVariant restored = admitted(*row, it.value());
        if (!restored.isValid() || restored == value(row->key)) continue;
        values_.insert(it.key(), restored);
        announce(it.key());
    }
}

void Settings::reset(const QString& key) {
    if (!values_.contains(key)) return;
    values_.remove(key);
    if (backend_) backend_->forget(key);
    announce(key);
}

void Settings::resetPage(const QString& page) {
    for (const Row& row : table()) {
        if (page == QLatin1String(row.page)) reset(QLatin1String(row.key));
    }
}

void Settings::resetAll() {
    for (const Row& row : table()) {
        if (*row.page) reset(QLatin1String(row.key));
    }
}

void Settings::forgetAll() {
    for (const QString& key : values_.keys()) reset(key);
}

void Settings::takeBack(const QHash<QString, QVariant>& snapshot) {
    for (auto it = snapshot.constBegin(); it != snapshot.constEnd(); ++it) {
        if (const Row* row = rowOf(it.key())) store(row->key, it.value());
    }
}

Settings::Theme Settings::theme() const {
    return static_cast<Theme>(value("theme").toInt());
}
void Settings::setTheme(Theme theme) {
    store("theme", static_cast<int>(theme));
}
double Settings::textScale() const {
    return value("text_scale").toDouble();
}
void Settings::setTextScale(double scale) {
    store("text_scale", std::round(scale * 20) / 20);
}
bool Settings::wrapCode() const {
    return value("wrap_code").toBool();
}
void Settings::setWrapCode(bool wrap) {
    store("wrap_code", wrap);
}
bool Settings::reducedMotion() const {
    return reducedMotion_;
}
bool Settings::enterSends() const {
    return value("enter_sends").toBool();
}
void Settings::setEnterSends(bool sends) {
    store("enter_sends", sends);
}

QUrl Settings::modelsFolder() const {
    QString folder = modelsFolderOverride_;
    if (folder.isEmpty()) folder = value("models_folder").toString();
    if (folder.isEmpty()) folder = QDir(dataFolder_).filePath(QStringLiteral("models"));
    return QUrl::fromLocalFile(folder);
}

void Settings::setModelsFolder(const QUrl& folder) {
    const QString path = folder.isLocalFile() ? folder.toLocalFile() : QString();
    if (path.isEmpty()) return;
    const bool overridden = !modelsFolderOverride_.isEmpty();
    modelsFolderOverride_.clear();
    if (!store("models_folder", QDir::cleanPath(path)) && overridden) emit modelsFolderChanged();
}

void Settings::setModelsFolderOverride(const QString& folder) {
    if (modelsFolderOverride_ == folder) return;
    modelsFolderOverride_ = folder;
    emit modelsFolderChanged();
}

QString Settings::hubAddress() const {
    return value("hub_address").toString();
}
void Settings::setHubAddress(const QString& address) {
    const QUrl url = QUrl::fromUserInput(address.trimmed());
    const bool isWeb = url.isValid() && (url.scheme() == u"https" || url.scheme() == u"http");
    if (address.trimmed().isEmpty() || isWeb) store("hub_address", isWeb ? url.toString() : QString());
}
int Settings::downloadsAtOnce() const {
    return value("downloads_at_once").toInt();
}
void Settings::setDownloadsAtOnce(int count) {
    store("downloads_at_once", count);
}
int Settings::downloadLimit() const {
    return value("download_limit").toInt();
}
void Settings::setDownloadLimit(int megabytesPerSecond) {
    store("download_limit", megabytesPerSecond);
}
int Settings::threads() const {
    return value("threads").toInt();
}
void Settings::setThreads(int threads) {
    store("threads", std::clamp(threads, 0, maxThreads()));
}
QString Settings::device() const {
    const QString device = value("device").toString();
    return isDevice(device) ? device : QStringLiteral("auto");
}
QString Settings::graphicsCard() const {
    return value("graphics_card").toString();
}
void Settings::chooseDevice(const QString& device, const QString& card) {
    if (!isDevice(device)) return;
    if (device == QLatin1String("vulkan")) store("graphics_card", card);
    store("device", device);
}
bool Settings::isDevice(const QString& name) {
    return QStringList{QStringLiteral("auto"), QStringLiteral("cpu"), QStringLiteral("vulkan")}.contains(
        name);
}
int Settings::maxThreads() const {
    return std::max(1, QThread::idealThreadCount());
}
int Settings::defaultContextLength() const {
    return value("context_length").toInt();
}
void Settings::setDefaultContextLength(int tokens) {
    store("context_length", tokens);
}
double Settings::defaultTemperature() const {
    return value("temperature").toDouble();
}
void Settings::setDefaultTemperature(double number) {
    store("temperature", number);
}
int Settings::defaultTopK() const {
    return value("top_k").toInt();
}
void Settings::setDefaultTopK(int number) {
    store("top_k", number);
}
double Settings::defaultTopP() const {
    return value("top_p").toDouble();
}
void Settings::setDefaultTopP(double number) {
    store("top_p", number);
}
double Settings::defaultMinP() const {
    return value("min_p").toDouble();
}
void Settings::setDefaultMinP(double number) {
    store("min_p", number);
}
double Settings::defaultRepeatPenalty() const {
    return value("repeat_penalty").toDouble();
}
void Settings::setDefaultRepeatPenalty(double number) {
    store("repeat_penalty", number);
}
int Settings::defaultMaxTokens() const {
    return value("max_tokens").toInt();
}
void Settings::setDefaultMaxTokens(int number) {
    store("max_tokens", number);
}
QString Settings::defaultSystemPrompt() const {
    return value("system_prompt").toString();
}
void Settings::setDefaultSystemPrompt(const QString& prompt) {
    store("system_prompt", prompt);
}
int Settings::sidebarWidth() const {
    return value("sidebar_width").toInt();
}
void Settings::setSidebarWidth(int width) {
    store("sidebar_width", width);
}
bool Settings::sidebarVisible() const {
    return value("sidebar_visible").toBool();
}
void Settings::setSidebarVisible(bool visible) {
    store("sidebar_visible", visible);
}
bool Settings::panelVisible() const {
    return value("panel_visible").toBool();
}
void Settings::setPanelVisible(bool visible) {
    store("panel_visible", visible);
}
int Settings::windowWidth() const {
    return value("window_width").toInt();
}
void Settings::setWindowWidth(int width) {
    store("window_width", width);
}
int Settings::windowHeight() const {
    return value("window_height").toInt();
}
void Settings::setWindowHeight(int height) {
    store("window_height", height);
}
bool Settings::windowMaximized() const {
    return value("window_maximized").toBool();
}
void Settings::setWindowMaximized(bool maximized) {
    store("window_maximized", maximized);
}
QString Settings::lastModel() const {
    const QString path = value("last_model").toString();
    return path == QLatin1String(starter::stored_name) ? starterModel_ : path;
}
void Settings::setLastModel(const QString& path) {
    const bool starter = !path.isEmpty() && path == starterModel_;
    store("last_model", starter ? QString::fromLatin1(starter::stored_name) : path);
}
QString Settings::newChatDraft() const {
    return value("new_chat_draft").toString();
}
void Settings::setNewChatDraft(const QString& draft) {
    store("new_chat_draft", draft);
}

}  // namespace kinglet::gui
