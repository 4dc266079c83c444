#pragma once

#include <QString>

/// The user's message of a round.
inline QString crashQuestion(int round) {
    return QStringLiteral("Question %1: ").arg(round) + QString(500, u'q');
}

/// The piece of the answer that comes at one checkpoint.
inline QString crashWord(int round, int word) {
    return QStringLiteral("word %1 of round %2, ").arg(word).arg(round) +
           QString(40 + (word * 13) % 200, QChar(u'a' + word % 26)) + u' ';
}
