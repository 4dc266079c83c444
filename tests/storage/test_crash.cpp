#include <QProcess>
#include <QRandomGenerator>

#include "crash_text.h"
#include "storage_test.h"

using namespace kinglet::storage;
using namespace kinglet::storage::testing;

namespace {

/// What a process had been told before it was killed.
struct Confirmed {
    bool message = false;
    bool answer = false;
    qint64 saved = 0;
};

/// Kills (SIGKILL) a writer `delayMs` after it has said `after`, and answers with all that it had said.
bool killWriter(const QString& path, int round, const QByteArray& after, int delayMs, Confirmed& confirmed) {
    QProcess writer;
    writer.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    writer.start(QStringLiteral(KINGLET_CRASH_WRITER), {path, QString::number(round)});
    QByteArray said;
    while (!said.contains(after)) {
        if (writer.state() == QProcess::NotRunning || !writer.waitForReadyRead(30000)) return false;
        said += writer.readAllStandardOutput();
    }
    QTest::qSleep(delayMs);
    writer.kill();
    if (!writer.waitForFinished(30000) || writer.exitStatus() != QProcess::CrashExit) return false;
    said += writer.readAllStandardOutput();
    for (const QByteArray& line : said.left(said.lastIndexOf('\n')).split('\n')) {
        if (line.startsWith("message ")) confirmed.message = true;
        if (line.startsWith("answer ")) confirmed.answer = true;
        if (line.startsWith("saved ")) confirmed.saved = line.mid(6).toLongLong();
    }
    return true;
}

QString wholeAnswer(int round, qint64 length) {
    QString text;
    for (int word = 0; text.size() < length; ++word) text += crashWord(round, word);
    return text;
}

}  // namespace

class TestCrash : public QObject {
    Q_OBJECT

  private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_options = optionsIn(*m_folder);
        const int given = qEnvironmentVariableIntValue("KINGLET_TEST_SEED");
        m_seed = given ? quint32(given) : QRandomGenerator::global()->generate() & 0x7fffffff;
        qInfo("seed %u (KINGLET_TEST_SEED=%u repeats it)", m_seed, m_seed);
    }
    void cleanup() { m_folder.reset(); }

    void killedWhileAnAnswerStreams() {
        QRandomGenerator random(m_seed);
        qint64 longest = 0;
        for (int round = 0; round < 20; ++round) {
            Confirmed confirmed;
            QVERIFY(killWriter(m_options.path, round, "answer ", random.bounded(250), confirmed));
            QVERIFY(confirmed.message && confirmed.answer);
            longest = std::max(longest, confirmed.saved);

            Database database(m_options);
            const OpenReport report = wait(database.open());
            QVERIFY2(report.ok(), qPrintable(report.error.message + report.error.details));
            QCOMPARE(report.interruptedAnswers, 1);
            QCOMPARE(sql(database, QStringLiteral("PRAGMA integrity_check")).toString(),
                     QStringLiteral("ok"));
            ChatStore chats(database);
            const auto list = need(chats.list());
            QCOMPARE(list.size(), round + 1);
            const auto found = std::find_if(list.begin(), list.end(), [round](const ChatSummary& chat) {
                return chat.title == QStringLiteral("round %1").arg(round);
            });
            QVERIFY(found != list.end());
            const ChatPath path = need(chats.path(found->id));
            QCOMPARE(path.messages.size(), 2);
            QCOMPARE(path.messages.at(0).content, crashQuestion(round));
            QCOMPARE(path.messages.at(0).status, MessageStatus::Complete);
            const Message& answer = path.messages.at(1);
            QCOMPARE(answer.status, MessageStatus::Interrupted);
            // At least what was confirmed; more only where a commit was through and the word of it was not.
            QVERIFY2(answer.content.size() >= confirmed.saved, qPrintable(QStringLiteral("round %1: %2 < %3")
                                                                              .arg(round)
                                                                              .arg(answer.content.size())
                                                                              .arg(confirmed.saved)));
            QCOMPARE(answer.content, wholeAnswer(round, answer.content.size()));
        }
        QVERIFY(longest > 0);
    }

    void killedWhileItOpens() {
        QRandomGenerator random(m_seed);
        for (int round = 0; round < 10; ++round) {
            Confirmed confirmed;
            QVERIFY(killWriter(m_options.path, round, "started ", random.bounded(20), confirmed));
            Database database(m_options);
            const OpenReport report = wait(database.open());
            QVERIFY2(report.ok(), qPrintable(report.error.message + report.error.details));
            QCOMPARE(sql(database, QStringLiteral("PRAGMA integrity_check")).toString(),
                     QStringLiteral("ok"));
            const int questions =
                sql(database, QStringLiteral("SELECT count(*) FROM messages WHERE content = '%1'")
                                  .arg(crashQuestion(round)))
                    .toInt();
            QVERIFY(questions == 1 || (questions == 0 && !confirmed.message));
        }
    }

  private:
    std::unique_ptr<QTemporaryDir> m_folder;
    DatabaseOptions m_options;
    quint32 m_seed = 0;
};

QTEST_GUILESS_MAIN(TestCrash)
#include "test_crash.moc"
