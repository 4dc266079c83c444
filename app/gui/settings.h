// The person's settings as the window binds to them: each change applies at once and is saved.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QHash>
#include <QObject>
#include <QUrl>
#include <QVariant>
#include <QtGlobal>

namespace kinglet::gui {

class SettingsBackend;

/// Settings of the whole program. Values live in memory; writing them is the backend's business, later and
/// elsewhere.
class Settings : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("AppContext.settings is the one instance")

    Q_PROPERTY(Theme theme READ theme WRITE setTheme NOTIFY themeChanged)
    Q_PROPERTY(double textScale READ textScale WRITE setTextScale NOTIFY textScaleChanged)
    Q_PROPERTY(bool wrapCode READ wrapCode WRITE setWrapCode NOTIFY wrapCodeChanged)
    Q_PROPERTY(bool reducedMotion READ reducedMotion NOTIFY reducedMotionChanged)
    Q_PROPERTY(bool enterSends READ enterSends WRITE setEnterSends NOTIFY enterSendsChanged)
    Q_PROPERTY(QUrl modelsFolder READ modelsFolder WRITE setModelsFolder NOTIFY modelsFolderChanged)
    /// Where models are fetched; empty: what HF_ENDPOINT says, else Hugging Face. Only web addresses are
    /// taken.
    Q_PROPERTY(QString hubAddress READ hubAddress WRITE setHubAddress NOTIFY downloadsChanged)
    Q_PROPERTY(int downloadsAtOnce READ downloadsAtOnce WRITE setDownloadsAtOnce NOTIFY downloadsChanged)
    /// Megabytes a second of all downloads together; 0: no limit.
    Q_PROPERTY(int downloadLimit READ downloadLimit WRITE setDownloadLimit NOTIFY downloadsChanged)
    Q_PROPERTY(int threads READ threads WRITE setThreads NOTIFY deviceChanged)
    /// What answers run on: "auto", "cpu" or "vulkan", which is the graphics card.
    Q_PROPERTY(QString device READ device NOTIFY deviceChanged)
    /// Which one, as GraphicsCards has it; empty: the best.
    Q_PROPERTY(QString graphicsCard READ graphicsCard NOTIFY deviceChanged)
    Q_PROPERTY(int maxThreads READ maxThreads CONSTANT)
    Q_PROPERTY(int defaultContextLength READ defaultContextLength WRITE setDefaultContextLength NOTIFY
                   defaultsChanged)
    Q_PROPERTY(
        double defaultTemperature READ defaultTemperature WRITE setDefaultTemperature NOTIFY defaultsChanged)
    Q_PROPERTY(int defaultTopK READ defaultTopK WRITE setDefaultTopK NOTIFY defaultsChanged)
    Q_PROPERTY(double defaultTopP READ defaultTopP WRITE setDefaultTopP NOTIFY defaultsChanged)
    Q_PROPERTY(double defaultMinP READ defaultMinP WRITE setDefaultMinP NOTIFY defaultsChanged)
    Q_PROPERTY(double defaultRepeatPenalty READ defaultRepeatPenalty WRITE setDefaultRepeatPenalty NOTIFY
                   defaultsChanged)
    Q_PROPERTY(int defaultMaxTokens READ defaultMaxTokens WRITE setDefaultMaxTokens NOTIFY defaultsChanged)
    Q_PROPERTY(QString defaultSystemPrompt READ defaultSystemPrompt WRITE setDefaultSystemPrompt NOTIFY
                   defaultsChanged)
    Q_PROPERTY(int sidebarWidth READ sidebarWidth WRITE setSidebarWidth NOTIFY layoutChanged)
    Q_PROPERTY(bool sidebarVisible READ sidebarVisible WRITE setSidebarVisible NOTIFY layoutChanged)
    Q_PROPERTY(bool panelVisible READ panelVisible WRITE setPanelVisible NOTIFY layoutChanged)
    Q_PROPERTY(int windowWidth READ windowWidth WRITE setWindowWidth NOTIFY windowGeometryChanged)
    Q_PROPERTY(int windowHeight READ windowHeight WRITE setWindowHeight NOTIFY windowGeometryChanged)
    Q_PROPERTY(
        bool windowMaximized READ windowMaximized WRITE setWindowMaximized NOTIFY windowGeometryChanged)
    Q_PROPERTY(QString dataFolder READ dataFolder CONSTANT)

  public:
    enum Theme { System, Light, Dark };
    Q_ENUM(Theme)

    /// `dataFolder` is where the database lies, `backend` saves (may be null: nothing is saved). Not owned.
    explicit Settings(const QString& dataFolder, SettingsBackend* backend = nullptr,
                      QObject* parent = nullptr);

    Theme theme() const;
    void setTheme(Theme theme);
    double textScale() const;
    void setTextScale(double scale);
    bool wrapCode() const;
    void setWrapCode(bool wrap);
    /// True where the system asks for less motion.
    bool reducedMotion() const;
    bool enterSends() const;
    void setEnterSends(bool sends);
    QUrl modelsFolder() const;
    void setModelsFolder(const QUrl& folder);
    QString hubAddress() const;
    void setHubAddress(const QString& address);
    int downloadsAtOnce() const;
    void setDownloadsAtOnce(int count);
    int downloadLimit() const;
    void setDownloadLimit(int megabytesPerSecond);
    int threads() const;
    void setThreads(int threads);
    int maxThreads() const;
    QString device() const;
    QString graphicsCard() const;
    /// `card` counts for "vulkan" alone; the last one is remembered for models that ask for a graphics card.
    Q_INVOKABLE void chooseDevice(const QString& device, const QString& card = {});
    /// Whether device() can be this.
    static bool isDevice(const QString& name);
    int defaultContextLength() const;
    void setDefaultContextLength(int tokens);
    double defaultTemperature() const;
    void setDefaultTemperature(double value);
    int defaultTopK() const;
    void setDefaultTopK(int value);
    double defaultTopP() const;
    void setDefaultTopP(double value);
    double defaultMinP() const;
    void setDefaultMinP(double value);
    double defaultRepeatPenalty() const;
    void setDefaultRepeatPenalty(double value);
    int defaultMaxTokens() const;
    void setDefaultMaxTokens(int value);
    QString defaultSystemPrompt() const;
    void setDefaultSystemPrompt(const QString& prompt);
    int sidebarWidth() const;
    void setSidebarWidth(int width);
    bool sidebarVisible() const;
    void setSidebarVisible(bool visible);
    bool panelVisible() const;
    void setPanelVisible(bool visible);
    int windowWidth() const;
    void setWindowWidth(int width);
    int windowHeight() const;
    void setWindowHeight(int height);
    bool windowMaximized() const;
    void setWindowMaximized(bool maximized);
    QString dataFolder() const { return dataFolder_; }

    /// The model that was loaded last; empty before the first. The starter model is remembered as such, since
    /// its file may lie elsewhere the next time.
    QString lastModel() const;
    void setLastModel(const QString& path);
    /// The file of the model that comes with Kinglet, for this run; empty where none does.
    QString starterModel() const { return starterModel_; }
    void setStarterModel(const QString& path) { starterModel_ = path; }
    /// Whether the person has set this.
    bool isChosen(const QString& key) const { return values_.contains(key); }
    /// What was typed into a chat that is not saved yet.
    QString newChatDraft() const;
    void setNewChatDraft(const QString& draft);
    /// Default of modelsFolder, and a folder that holds for this run only (--models-dir).
    void setModelsFolderOverride(const QString& folder);

    /// Takes over saved values; unknown keys and values out of range are ignored.
    void restore(const QHash<QString, QVariant>& saved);

    /// Back to the defaults of one page: "general", "appearance", "models", "device", "chat".
    Q_INVOKABLE void resetPage(const QString& page);
    Q_INVOKABLE void resetAll();

    /// Everything that differs from its default, also what no page shows, such as the draft of a new chat.
    QHash<QString, QVariant> snapshot() const { return values_; }
    /// Forgets all that snapshot() holds.
    void forgetAll();
    /// Takes over a snapshot and saves it.
    void takeBack(const QHash<QString, QVariant>& snapshot);

  signals:
    void themeChanged();
    void textScaleChanged();
    void wrapCodeChanged();
    void reducedMotionChanged();
    void enterSendsChanged();
    void modelsFolderChanged();
    void downloadsChanged();
    /// Threads, the device, or which card.
    void deviceChanged();
    void defaultsChanged();
    void layoutChanged();
    void windowGeometryChanged();

  private:
    QVariant value(const char* key) const;
    bool store(const char* key, const QVariant& value);
    void announce(const QString& key);
    void reset(const QString& key);

    QString dataFolder_;
    QString modelsFolderOverride_;
    QString starterModel_;
    SettingsBackend* backend_ = nullptr;
    QHash<QString, QVariant> values_;
    bool reducedMotion_ = false;
};

/// Where Settings saves: a seam, so that Settings needs no database in tests.
class SettingsBackend {
  public:
    virtual ~SettingsBackend() = default;
    virtual void save(const QString& key, const QVariant& value) = 0;
    /// Forgets a saved value: the default holds again.
    virtual void forget(const QString& key) = 0;
};

}  // namespace kinglet::gui
