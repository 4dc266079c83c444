// From what is kept of a message to what a row shows, with the words of every failure.
#pragma once

#include <QList>

#include "app/gui/engine_interface.h"
#include "app/gui/message_list_model.h"
#include "storage/types.h"

namespace kinglet::gui {

class AnswerJob;

/// What else the words of a card depend on.
struct CardContext {
    bool canLengthenContext = false;
    bool mayDropOldest = false;  ///< leaving out the oldest is agreed on already
    bool isText = false;         ///< a text, not a chat
};

/// Rows of a path of messages.
MessageRow rowOf(const storage::Message& message, const CardContext& context);
/// Lays the state of an answer under way over its row.
void applyJob(MessageRow& row, const AnswerJob& job);
/// The row of an answer that is not saved yet.
MessageRow rowOfUnsaved(const AnswerJob& job);

/// Fills the card of a row for a failure.
void describeFailure(MessageRow& row, const Failure& failure, const CardContext& context);
/// A card of its own (not a message): author Notice.
MessageRow failureRow(qint64 id, const Failure& failure, const CardContext& context);
/// "No answer yet", for a message that was never answered.
MessageRow unansweredRow(qint64 id);

/// What the model is given of a path from `firstSeenId` on (0, or an id that is not on it: all of it). Turns
/// of the same side that follow each other are joined, which most templates demand. `ids` gets the message of
/// each turn.
QList<Turn> turnsOf(const QList<storage::Message>& path, const QString& systemPrompt, qint64 firstSeenId,
                    QList<qint64>* ids = nullptr);

}  // namespace kinglet::gui
