#include "app/gui/message_rows.h"

#include <QCoreApplication>
#include <QJsonObject>
#include <cmath>

#include "app/gui/answers.h"
#include "app/gui/words.h"

namespace kinglet::gui {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Conversation", text);
}

void setActions(MessageRow& row, const QString& label, const char* action, const QString& secondLabel = {},
                const char* secondAction = "") {
    row.errorActionLabel = label;
    row.errorAction = QLatin1String(action);
    row.secondActionLabel = secondLabel;
    row.secondAction = QLatin1String(secondAction);
}

QString withHint(const Failure& failure) {
    return failure.hint.isEmpty() ? failure.message : failure.message + QLatin1Char(' ') + failure.hint;
}

/// For a text that is too long, or became so while the model wrote. Its beginning can always be left out.
void describeLongText(MessageRow& row, bool begun, const Failure& failure, const CardContext& context) {
    row.errorTitle =
        begun ? tr("The context is full") : tr("This text is longer than the model can read at once");
    row.errorText =
        begun ? tr("The model had to stop here because it cannot hold more of this text at once.")
              : tr("It needs %1 tokens with room to go on, and the context holds %2. Nothing was left out.")
                    .arg(countText(failure.neededTokens), countText(failure.availableTokens));
    const QString leaveOut = context.mayDropOldest ? tr("Go on") : tr("Leave out its beginning");
    if (context.canLengthenContext) {
        setActions(row, tr("Use a longer context"), "longerContext", leaveOut, "leaveOut");
    } else {
        setActions(row, leaveOut, "leaveOut");
    }
}

void describeContextFull(MessageRow& row, const Failure& failure, const CardContext& context) {
    row.errorTitle = tr("This chat is longer than the model can read at once");
    row.errorText =
        tr("It needs %1 tokens with room for an answer, and the context holds %2. Nothing was left out.")
            .arg(countText(failure.neededTokens), countText(failure.availableTokens));
    if (failure.neededTokens <= 0) row.errorText = withHint(failure);
    if (context.mayDropOldest) {
        row.errorTitle = tr("This message is longer than the model can read at once");
        if (context.canLengthenContext) {
            setActions(row, tr("Use a longer context"), "longerContext", tr("Choose another model"),
                       "switcher");
        } else {
            setActions(row, tr("Choose another model"), "switcher", tr("Start a new chat"), "newChat");
        }
    } else if (context.canLengthenContext) {
        setActions(row, tr("Use a longer context"), "longerContext", tr("Leave out the oldest messages"),
                   "leaveOut");
    } else {
        setActions(row, tr("Leave out the oldest messages"), "leaveOut", tr("Start a new chat"), "newChat");
    }
}

/// Ways for a complete answer to end that a person should know of.
void describeEnding(MessageRow& row, const QJsonObject& error, const CardContext& context) {
    const QString endedBy = error.value(QLatin1String("ended_by")).toString();
    const int tokens = error.value(QLatin1String("tokens")).toInt();
    if (endedBy == QLatin1String("max_tokens")) {
        row.noteText = tr("Ended at %1 tokens, the longest answer set for this chat.").arg(countText(tokens));
    } else if (endedBy == QLatin1String("context_full") && context.isText) {
        describeLongText(row, true, {}, context);
    } else if (endedBy == QLatin1String("context_full")) {
        row.errorTitle = tr("The context is full");
        row.errorText =
            tr("The answer had to end here because the model cannot hold more of this chat at once.");
        if (context.canLengthenContext) {
            setActions(row, tr("Use a longer context"), "longerContext", tr("Leave out the oldest messages"),
                       "leaveOut");
        } else {
            setActions(row, tr("Leave out the oldest messages"), "leaveOut", tr("Start a new chat"),
                       "newChat");
        }
    }
}

}  // namespace

void describeFailure(MessageRow& row, const Failure& failure, const CardContext& context) {
    row.errorDetails = failure.path;
    switch (failure.kind) {
        case FailureKind::NoModel:
            row.errorTitle = tr("No model is loaded");
            row.errorText = tr("Choose a model and ask again. Your message is kept.");
            setActions(row, tr("Choose a model"), "switcher", tr("Open a model file"), "openFile");
            break;
        case FailureKind::ModelFile:
            row.errorTitle = tr("This model could not be opened");
            row.errorText = withHint(failure);
            setActions(row, tr("Choose another model"), "switcher", tr("Show file"), "reveal");
            break;
        case FailureKind::Adapter:
            row.errorTitle = tr("An adapter of this model cannot be used");
            row.errorText = withHint(failure);
            setActions(row, tr("Settings of this model…"), "modelSettings", tr("Choose another model"),
                       "switcher");
            break;
        case FailureKind::OutOfMemory:
            row.errorTitle = tr("There is not enough memory");
            row.errorText = withHint(failure);
            setActions(row, tr("Choose a smaller model"), "switcher", tr("Use a shorter context"),
                       "shorterContext");
            break;
        case FailureKind::ContextFull:
            if (context.isText) {
                describeLongText(row, false, failure, context);
            } else {
                describeContextFull(row, failure, context);
            }
            break;
        case FailureKind::None:
        case FailureKind::Other:
            row.errorTitle = tr("The answer could not be finished");
            row.errorText = withHint(failure);
            setActions(row, tr("Try again"), "retry", tr("Choose another model"), "switcher");
            break;
    }
}

MessageRow failureRow(qint64 id, const Failure& failure, const CardContext& context) {
    MessageRow row;
    row.id = id;
    row.author = MessageListModel::Notice;
    describeFailure(row, failure, context);
    return row;
}

MessageRow unansweredRow(qint64 id) {
    MessageRow row;
    row.id = id;
    row.author = MessageListModel::Notice;
    row.errorTitle = tr("No answer yet");
    row.errorText = tr("Kinglet stopped before the answer began. Your message is kept.");
    setActions(row, tr("Answer now"), "retry");
    return row;
}

MessageRow rowOf(const storage::Message& message, const CardContext& context) {
    MessageRow row;
    row.id = message.id;
    row.author = message.role == storage::Role::Assistant ? MessageListModel::Assistant
                 : message.role == storage::Role::User    ? MessageListModel::User
                                                          : MessageListModel::Notice;
    row.text = message.content;
    row.stopped = message.status == storage::MessageStatus::Stopped;
    row.branchIndex = message.branchIndex;
    row.branchCount = message.branchCount;
    row.modelName = message.model;
    row.fromStarter = fromStarter(message.settings);
    row.createdAt = message.created.toLocalTime();
    row.tokensPerSecond = message.tokensPerSecond;
    row.answerTokens = message.answerTokens;
    row.thinkingText = message.thinking.trimmed();
    row.thinkingSeconds =
        message.thinking.isEmpty() ? 0 : std::max(1, static_cast<int>(std::lround(message.thinkingSeconds)));
    if (row.stopped) row.noteText = tr("You stopped this answer.");
    if (message.status == storage::MessageStatus::Interrupted) {
        row.stopped = true;
        row.noteText = tr("Kinglet closed while this was being written.");
    }
    if (message.status == storage::MessageStatus::Error || message.role == storage::Role::Notice) {
        describeFailure(row, failureFromJson(message.error), context);
    } else if (!message.error.isEmpty()) {
        describeEnding(row, message.error, context);
    }
    return row;
}

void applyJob(MessageRow& row, const AnswerJob& job) {
    row.streaming = true;
    row.stopped = false;
    row.noteText.clear();
    row.text = job.text();
    row.modelName = job.modelName();
    row.fromStarter = fromStarter(job.request().settings);
    row.thinkingText = job.thinking().trimmed();
    row.thinking = job.isThinking();
    row.thinkingSeconds =
        row.thinkingText.isEmpty() ? 0 : std::max(1, static_cast<int>(std::lround(job.thinkingSeconds())));
    row.tokensPerSecond = job.tokensPerSecond();
    row.answerTokens = job.answerTokens();
}

MessageRow rowOfUnsaved(const AnswerJob& job) {
    MessageRow row;
    row.id = AnswerJob::unsavedId;
    row.author = MessageListModel::Assistant;
    applyJob(row, job);
    return row;
}

QList<Turn> turnsOf(const QList<storage::Message>& path, const QString& systemPrompt, qint64 firstSeenId,
                    QList<qint64>* ids) {
    QList<Turn> turns;
    QList<qint64> sources;
    if (!systemPrompt.trimmed().isEmpty()) {
        turns.append({QStringLiteral("system"), systemPrompt.trimmed()});
        sources.append(0);
    }
    bool seen = firstSeenId == 0;
    for (const storage::Message& message : path) seen = seen || message.id == firstSeenId;
    const bool known = seen && firstSeenId != 0;
    seen = !known;
    for (const storage::Message& message : path) {
        seen = seen || message.id == firstSeenId;
        const bool person = message.role == storage::Role::User;
        if (!seen || (!person && message.role != storage::Role::Assistant) || message.content.isEmpty())
            continue;
        const QString role = person ? QStringLiteral("user") : QStringLiteral("assistant");
        if (!turns.isEmpty() && turns.last().role == role) {
            turns.last().content += QStringLiteral("\n\n") + message.content;
        } else {
            turns.append({role, message.content});
            sources.append(message.id);
        }
    }
    if (ids) *ids = sources;
    return turns;
}

}  // namespace kinglet::gui
