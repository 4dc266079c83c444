// What the demo chats say.
#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>

namespace kinglet::gui {

/// One message of a demo chat; answers may have alternatives (shown as branches).
struct DemoMessage {
    bool person = true;
    QString text;
    QString thinking;
    double thinkingSeconds = 0;
    QStringList alternatives;  ///< earlier answers to the same message
};

struct DemoChat {
    QString title;
    int daysAgo = 0;
    int minutesAgo = 0;
    QList<DemoMessage> messages;
    QJsonObject settings;
};

QList<DemoChat> demoChats();
/// A text that a person began and a completion model went on with, piece by piece.
DemoChat demoText();
/// A chat of what is hard to lay out: a long title, words without an end, other scripts, a wide table.
DemoChat demoHardTexts();
/// The end of "Fix the CSV parser", as it is being written.
QString demoAnswerUnderWay();

}  // namespace kinglet::gui
