// The process that test_crash kills: it commits a user's message, then streams an answer with checkpoints,
// and says on standard output what has been confirmed to it. The texts follow from the round's number, so the
// test can tell what must be there.

#include <QCoreApplication>
#include <QThread>
#include <cstdio>

#include "storage/chat_store.h"
#include "storage/database.h"
#include "tests/storage/crash_text.h"

using namespace kinglet::storage;

namespace {

template <class T>
T wait(QFuture<T> future) {
    future.waitForFinished();
    return future.takeResult();
}

void say(const char* what, qint64 number) {
    std::printf("%s %lld\n", what, static_cast<long long>(number));
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    QCoreApplication application(argc, argv);
    if (argc != 3) return 2;
    const int round = QString::fromLocal8Bit(argv[2]).toInt();
    DatabaseOptions options;
    options.path = QString::fromLocal8Bit(argv[1]);
    options.backupsToKeep = 0;
    Database database(options);
    say("started", round);
    if (const OpenReport report = wait(database.open()); !report.ok()) {
        std::fprintf(stderr, "%s\n", qPrintable(report.error.message));
        return 1;
    }
    ChatStore chats(database);
    const auto chat = wait(chats.create({QStringLiteral("round %1").arg(round)}));
    if (!chat) return 1;
    const auto question = wait(chats.append({chat->id, {}, Role::User, crashQuestion(round)}));
    if (!question) return 1;
    say("message", question->id);
    const auto answer = wait(chats.startAnswer(chat->id, question->id, QStringLiteral("model")));
    if (!answer) return 1;
    say("answer", answer->id);
    QString text;
    for (int word = 0;; ++word) {
        text += crashWord(round, word);
        if (!wait(chats.checkpointAnswer(answer->id, text))) return 1;
        say("saved", text.size());
        QThread::usleep(200);
    }
}
