// The chat that is open: its messages, its draft, its settings, and the answer that is being written.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QString>
#include <QStringList>
#include <memory>

#include "app/gui/message_list_model.h"

namespace kinglet::gui {

struct ConversationServices;
class ConversationPrivate;
class TextPage;

/// One instance shows whichever chat is open. A new chat is saved with its first message.
class Conversation : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("AppContext.conversation is the one instance")
    Q_MOC_INCLUDE("app/gui/text_page.h")

    Q_PROPERTY(QString chatId READ chatId NOTIFY chatChanged)
    Q_PROPERTY(QString title READ title NOTIFY titleChanged)
    Q_PROPERTY(bool loading READ loading NOTIFY loadingChanged)
    Q_PROPERTY(kinglet::gui::MessageListModel* messages READ messages CONSTANT)
    /// Whether this is a text that a person and a model write, instead of turns; it stays what it is once it
    /// has begun.
    Q_PROPERTY(bool isText READ isText NOTIFY chatChanged)
    Q_PROPERTY(kinglet::gui::TextPage* textPage READ textPage CONSTANT)
    Q_PROPERTY(bool isEmpty READ isEmpty NOTIFY messagesChanged)
    Q_PROPERTY(QString lastUserMessageId READ lastUserMessageId NOTIFY messagesChanged)
    Q_PROPERTY(QString lastAnswerId READ lastAnswerId NOTIFY messagesChanged)
    Q_PROPERTY(QString draft READ draft WRITE setDraft NOTIFY draftChanged)

    Q_PROPERTY(QString systemPrompt READ systemPrompt WRITE setSystemPrompt NOTIFY settingsChanged)
    Q_PROPERTY(double temperature READ temperature WRITE setTemperature NOTIFY settingsChanged)
    Q_PROPERTY(int topK READ topK WRITE setTopK NOTIFY settingsChanged)
    Q_PROPERTY(double topP READ topP WRITE setTopP NOTIFY settingsChanged)
    Q_PROPERTY(double minP READ minP WRITE setMinP NOTIFY settingsChanged)
    Q_PROPERTY(double repeatPenalty READ repeatPenalty WRITE setRepeatPenalty NOTIFY settingsChanged)
    Q_PROPERTY(int maxTokens READ maxTokens WRITE setMaxTokens NOTIFY settingsChanged)
    /// Empty: a fresh one each time.
    Q_PROPERTY(QString seed READ seed WRITE setSeed NOTIFY settingsChanged)
    Q_PROPERTY(int contextLength READ contextLength WRITE setContextLength NOTIFY settingsChanged)
    /// The longest context that may be asked for with the loaded model.
    Q_PROPERTY(int contextLengthMax READ contextLengthMax NOTIFY contextChanged)
    Q_PROPERTY(bool settingsModified READ settingsModified NOTIFY settingsChanged)

    Q_PROPERTY(bool generating READ generating NOTIFY phaseChanged)
    Q_PROPERTY(Phase phase READ phase NOTIFY phaseChanged)
    Q_PROPERTY(double promptProgress READ promptProgress NOTIFY promptProgressChanged)
    Q_PROPERTY(double tokensPerSecond READ tokensPerSecond NOTIFY speedChanged)
    Q_PROPERTY(int firstTokenMs READ firstTokenMs NOTIFY speedChanged)
    Q_PROPERTY(int contextUsed READ contextUsed NOTIFY contextChanged)
    Q_PROPERTY(int contextLimit READ contextLimit NOTIFY contextChanged)
    Q_PROPERTY(double contextFraction READ contextFraction NOTIFY contextChanged)
    Q_PROPERTY(QString contextWarning READ contextWarning NOTIFY contextChanged)
    Q_PROPERTY(QString contextMemoryText READ contextMemoryText NOTIFY contextChanged)

    Q_PROPERTY(bool canSend READ canSend NOTIFY canSendChanged)
    Q_PROPERTY(QString sendBlockedReason READ sendBlockedReason NOTIFY canSendChanged)
    Q_PROPERTY(QStringList suggestions READ suggestions NOTIFY modelLineChanged)
    Q_PROPERTY(QString modelLine READ modelLine NOTIFY modelLineChanged)

  public:
    enum Phase { Idle, WaitingForModel, ReadingPrompt, Writing };
    Q_ENUM(Phase)

    explicit Conversation(const ConversationServices& services, QObject* parent = nullptr);
    ~Conversation() override;

    QString chatId() const;
    QString title() const;
    bool loading() const;
    MessageListModel* messages() const;
    bool isText() const;
    TextPage* textPage() const;
    bool isEmpty() const;
    QString lastUserMessageId() const;
    QString lastAnswerId() const;
    QString draft() const;
    void setDraft(const QString& draft);

    QString systemPrompt() const;
    void setSystemPrompt(const QString& prompt);
    double temperature() const;
    void setTemperature(double value);
    int topK() const;
    void setTopK(int value);
    double topP() const;
    void setTopP(double value);
    double minP() const;
    void setMinP(double value);
    double repeatPenalty() const;
    void setRepeatPenalty(double value);
    int maxTokens() const;
    void setMaxTokens(int value);
    QString seed() const;
    void setSeed(const QString& seed);
    int contextLength() const;
    void setContextLength(int tokens);
    int contextLengthMax() const;
    bool settingsModified() const;

    bool generating() const { return phase() != Idle; }
    Phase phase() const;
    double promptProgress() const;
    double tokensPerSecond() const;
    int firstTokenMs() const;
    int contextUsed() const;
    int contextLimit() const;
    double contextFraction() const;
    QString contextWarning() const;
    QString contextMemoryText() const;

    /// Whether a message could be sent now, whatever the composer holds.
    bool canSend() const;
    /// Why not; empty where it can.
    QString sendBlockedReason() const;
    QStringList suggestions() const;
    QString modelLine() const;

    /// Saves the message, then answers it. False where nothing was taken (blank text, or sending is blocked):
    /// the composer keeps its text.
    Q_INVOKABLE bool send(const QString& text);
    Q_INVOKABLE void stop();
    /// A second answer beside the one given (the id of an answer, or of the person's message before it).
    Q_INVOKABLE void regenerate(const QString& messageId);
    /// A second version of the person's message beside the one given, answered anew.
    Q_INVOKABLE void edit(const QString& messageId, const QString& newText);
    Q_INVOKABLE void selectBranch(const QString& messageId, int delta);
    Q_INVOKABLE void copyMessage(const QString& messageId);
    Q_INVOKABLE void copyText(const QString& text);
    /// Answers the last message again after a failure.
    Q_INVOKABLE void retry();
    /// The text of the person's last message, for editing it (see lastUserMessageId).
    Q_INVOKABLE QString editLast() const;
    /// Does what a button of an error card says. Actions that need the window come back as pageRequested.
    Q_INVOKABLE void errorAction(const QString& messageId, const QString& action);
    Q_INVOKABLE void resetSettings();

    /// Shows another chat (0: a new one). Answers go on in the chat that is left.
    void open(qint64 chatId);
    /// A chat got another name.
    void setTitle(qint64 chatId, const QString& title);
    /// Saves what is not saved yet (the draft) now, without waiting for it.
    void flush();

  signals:
    void chatChanged();
    void titleChanged();
    void loadingChanged();
    void messagesChanged();
    void draftChanged();
    void settingsChanged();
    void phaseChanged();
    void promptProgressChanged();
    void speedChanged();
    void contextChanged();
    void canSendChanged();
    void modelLineChanged();
    /// What the window should show: "switcher", "library", "openFile", "settings", "panel", "newChat".
    void pageRequested(const QString& page);
    /// A file that is to be shown in the system's file manager.
    void fileRequested(const QString& path);
    /// An answer is complete (for screen readers): the beginning of its text.
    void answerFinished(const QString& messageId, const QString& text);

  private:
    friend class ConversationPrivate;
    std::unique_ptr<ConversationPrivate> d_;
};

}  // namespace kinglet::gui
