// What the tests of the window drive it with: a real AppContext on a scripted or the real engine, with a
// database in a temporary folder, and the input that QML tests cannot make themselves.
#pragma once

#include <QObject>
#include <QPointer>
#include <QQuickItem>
#include <QStringList>
#include <QTemporaryDir>
#include <QUrl>
#include <QVariantList>
#include <QVariantMap>
#include <memory>

#include "app/gui/app_context.h"
#include "app/gui/fake_engine.h"
#include "tests/library/test_hub.h"

namespace kinglet::test {

/// One for all tests of an executable, known to QML as Kinglet.Test's Harness.
class Harness : public QObject {
    Q_OBJECT
    Q_PROPERTY(kinglet::gui::AppContext* app READ app NOTIFY appChanged)
    Q_PROPERTY(int answersAsked READ answersAsked)
    Q_PROPERTY(QString lastPrompt READ lastPrompt)
  public:
    using QObject::QObject;

    gui::AppContext* app() const { return app_.get(); }
    int answersAsked() const;
    /// The last turn of the last conversation that the scripted engine was asked to answer, or the text that
    /// it was to go on with.
    QString lastPrompt() const;
    /// What the last model that was loaded was to run on: "auto", "cpu", "vulkan" or "vulkan CARD".
    Q_INVOKABLE QString deviceAskedFor() const;

    /// A new context in a new folder, on the scripted engine. Options: "models" (names of made-up models, the
    /// first is loaded unless "load" is false), "chatTemplate", "warnings" and "sampling" (what the engine
    /// tells of them), "completion" (names of those without a chat template), "brokenDatabase" (true: the
    /// database file is damaged), "cards" (true: the computer has those of demo_cards.h).
    Q_INVOKABLE void begin(const QVariantMap& options = {});
    /// Ends the context and builds it again on the same folder, as a restart of the program does.
    Q_INVOKABLE void restart();
    /// A new context on the real engine with a model file; with none, as in a first run, on the model that
    /// comes with Kinglet.
    Q_INVOKABLE void beginReal(const QString& modelFile);
    /// A new context on the real engine without a model, whose models come from a hub on the loopback:
    /// "birds/Wren-GGUF" has one that answers `script`.
    Q_INVOKABLE void beginLibrary(const QString& script);
    /// The same with a model file.
    Q_INVOKABLE void beginLibraryOf(const QString& modelFile);
    /// Contents end in silence after so many bytes, or are refused with a status; letGo() puts it right.
    Q_INVOKABLE void hubHold(int bytes);
    Q_INVOKABLE void hubRefuse(int status);
    Q_INVOKABLE void hubLetGo();
    /// How many requests the hub had.
    Q_INVOKABLE int hubRequests() const;
    Q_INVOKABLE void end();

    /// The next answer of the scripted engine. Options: "hold" (characters after which it waits), "error"
    /// (its failure's sentence), "hint", "kind" ("memory", "context"), "holdPrompt",
    /// "lostCard" (why the processor computes from then on).
    Q_INVOKABLE void answer(const QString& text, const QVariantMap& options = {});
    Q_INVOKABLE void release();
    Q_INVOKABLE void setPace(int milliseconds, int characters);
    Q_INVOKABLE void failLoad(const QString& model, const QString& message, const QString& hint);
    Q_INVOKABLE void holdLoads(bool hold);
    Q_INVOKABLE QString modelId(const QString& name) const;

    /// What an input method does: shows `preedit` at the cursor, then turns it into `text`.
    Q_INVOKABLE void compose(QQuickItem* item, const QString& preedit);
    Q_INVOKABLE void commit(QQuickItem* item, const QString& text);
    Q_INVOKABLE QString clipboard() const;
    Q_INVOKABLE void setClipboard(const QString& text);

    /// Controls in the shown part of an item tree: what can take the focus or be pressed, each with "name"
    /// and "role" as a screen reader gets them, "type", "objectName", "focusable" and "item".
    Q_INVOKABLE QVariantList controls(QQuickItem* root) const;
    Q_INVOKABLE QString accessibleName(QQuickItem* item) const;
    /// A tiny model written from a seed that answers `script`, again and again where it is `endless`; empty
    /// where it could not be written. One that does not chat goes on with a text.
    Q_INVOKABLE QString writeModel(const QString& script, bool endless = false, bool chats = true);
    /// A LoRA adapter for it: "fitting", "damaged" or "foreign" (for models of another kind).
    Q_INVOKABLE QUrl writeAdapter(const QString& kind);
    /// The model that comes with Kinglet; empty where it is not in the checkout.
    Q_INVOKABLE QString starterModel() const;
    /// stories260K of the shared folder; empty where there is none.
    Q_INVOKABLE QString storiesModel() const;

  signals:
    void appChanged();

  private:
    void build();

    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<gui::AppContext> app_;
    QPointer<gui::FakeEngine> engine_;
    QVariantMap options_;
    bool real_ = false;  ///< on the real engine
    QString realModel_;
    std::unique_ptr<library::testing::TestHub> hub_;
};

}  // namespace kinglet::test
