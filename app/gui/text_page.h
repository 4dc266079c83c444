// The open chat as one text that a person and a model write.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QColor>
#include <QObject>
#include <QPointer>
#include <QQuickTextDocument>
#include <QString>

#include "app/gui/message_list_model.h"
#include "app/gui/text_versions.h"

namespace kinglet::gui {

class AnswerJob;
class ConversationPrivate;
class TextInk;

/// The page of a chat that is a text (Conversation::isText). The editor's document is where the text is
/// changed; this object keeps what is stored in step with it: what was saved of the text as it stands is
/// selected, what is new waits as the draft until the model goes on. Undoing a continuation is an edit like
/// others, and selects what was saved before it.
class TextPage : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("Conversation.textPage is the one instance")

    /// Of the editor; null while none is shown.
    Q_PROPERTY(QQuickTextDocument* document READ document WRITE setDocument NOTIFY documentChanged)
    Q_PROPERTY(QColor modelInk MEMBER modelInk_ WRITE setModelInk NOTIFY looksChanged)
    Q_PROPERTY(QColor unseenInk MEMBER unseenInk_ WRITE setUnseenInk NOTIFY looksChanged)
    /// Of the natural height of a line.
    Q_PROPERTY(double lineHeight MEMBER lineHeight_ WRITE setLineHeight NOTIFY looksChanged)

    Q_PROPERTY(QString text READ text NOTIFY textChanged)
    Q_PROPERTY(bool canGoOn READ canGoOn NOTIFY changed)
    /// Why it cannot; empty where it can.
    Q_PROPERTY(QString blockedReason READ blockedReason NOTIFY changed)
    Q_PROPERTY(bool canTryAnother READ canTryAnother NOTIFY changed)
    /// Of the last place where the text has versions; 1 of 1 where there is none, or something is not saved.
    Q_PROPERTY(int versionIndex READ versionIndex NOTIFY changed)
    Q_PROPERTY(int versionCount READ versionCount NOTIFY changed)
    /// How much of the beginning the model no longer sees.
    Q_PROPERTY(int unseenLength READ unseenLength NOTIFY changed)
    /// A line about the end of the text; mostly empty.
    Q_PROPERTY(QString note READ note NOTIFY changed)
    Q_PROPERTY(QString errorTitle READ errorTitle NOTIFY changed)
    Q_PROPERTY(QString errorText READ errorText NOTIFY changed)
    Q_PROPERTY(QString errorDetails READ errorDetails NOTIFY changed)
    Q_PROPERTY(QString errorActionLabel READ errorActionLabel NOTIFY changed)
    Q_PROPERTY(QString errorAction READ errorAction NOTIFY changed)
    Q_PROPERTY(QString secondActionLabel READ secondActionLabel NOTIFY changed)
    Q_PROPERTY(QString secondAction READ secondAction NOTIFY changed)

  public:
    explicit TextPage(ConversationPrivate& conversation);
    ~TextPage() override;

    QQuickTextDocument* document() const { return document_; }
    void setDocument(QQuickTextDocument* document);
    void setModelInk(const QColor& color);
    void setUnseenInk(const QColor& color);
    void setLineHeight(double multiple);

    const QString& text() const { return text_; }
    /// What the model wrote of it.
    const QList<TextSpan>& modelSpans() const { return spans_; }
    bool canGoOn() const { return blockedReason().isEmpty(); }
    QString blockedReason() const;
    bool canTryAnother() const;
    int versionIndex() const;
    int versionCount() const;
    int unseenLength() const;
    const QString& note() const { return note_; }
    const QString& errorTitle() const { return card_.errorTitle; }
    const QString& errorText() const { return card_.errorText; }
    const QString& errorDetails() const { return card_.errorDetails; }
    const QString& errorActionLabel() const { return card_.errorActionLabel; }
    const QString& errorAction() const { return card_.errorAction; }
    const QString& secondActionLabel() const { return card_.secondActionLabel; }
    const QString& secondAction() const { return card_.secondAction; }

    /// Saves what is new of the text, then lets the model go on with all of it. False where nothing can.
    Q_INVOKABLE bool goOn();
    /// Another continuation beside the one that the text ends with.
    Q_INVOKABLE bool tryAnother();
    /// The version `delta` places away, see versionIndex.
    Q_INVOKABLE void selectVersion(int delta);
    /// Writes a beginning into the empty page, and lets the model go on with it.
    Q_INVOKABLE bool begin(const QString& words);
    /// Changes the whole text, as one edit that can be undone.
    void setText(const QString& text);

    // What follows is for Conversation.

    /// The chat that is open has another path, or is another: its text is shown, and no edit before can be
    /// undone.
    void show();
    /// The path is another version of the same text; an edit that can be undone.
    void showPath();
    /// A piece was saved. What is on the page does not change.
    void noteSaved(const storage::Message& piece);
    /// A continuation of the path is about to begin; it replaces what stands behind the path.
    void beforeJob();
    void follow(const AnswerJob& job);
    void afterJob(const AnswerJob& job);
    /// Works out again what depends on the chat's state.
    void refresh();
    /// Keeps the text where it is not what was saved, and which saved pieces it is made of.
    void save();
    /// Does again what failed.
    void retry();
    /// What the model is to go on with: the path's text without what it no longer sees.
    QString prompt() const;

  signals:
    void documentChanged();
    void looksChanged();
    void textChanged();
    void changed();

  private:
    void onDocumentChanged();
    void load();
    void seal();
    void replaceInDocument(const TextChange& change, const QString& words, bool joinLast);
    void setWords(const QString& text, const TextChange& change);
    void paint(qsizetype from, qsizetype to);
    void match(const TextChange& change);
    void setSpans(const QList<TextSpan>& spans, const TextChange& change);
    void forgetUnseen();
    qint64 storedUnseen() const;
    void joinJob(const AnswerJob& job);
    bool isSaved() const { return match_.length == text_.size(); }
    const storage::Message* leaf() const { return versions_.find(match_.leafId()); }
    const storage::Message* fork() const;

    ConversationPrivate& d_;
    QPointer<QQuickTextDocument> document_;
    QPointer<TextInk> ink_;
    QColor modelInk_;
    QColor unseenInk_;
    double lineHeight_ = 1;
    QString text_;
    QList<TextSpan> spans_;
    TextVersions versions_;
    TextVersions::Match match_;
    qint64 storedLeaf_ = 0;        ///< where the branch that is stored as shown ends
    QList<TextSpan> spansBefore_;  ///< the continuation under way
    qsizetype writeFrom_ = 0;      ///< where the continuation under way begins
    qsizetype written_ = 0;        ///< how much of it is on the page
    bool editing_ = false;         ///< the document changes by our own hand
    bool cameInTheMidst_ = false;  ///< of a continuation: its beginning is no edit that could be undone
    bool anotherWanted_ = false;
    MessageRow card_;
    QString note_;
};

}  // namespace kinglet::gui
