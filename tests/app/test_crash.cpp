// Kills the program with SIGKILL at random moments while a real answer, or a continuation of a text, streams.
// Each time the database is intact, the message is there, and so is every part of the answer that was
// reported as kept.
#include <QDir>
#include <QProcess>
#include <QRandomGenerator>

#include "storage/chat_store.h"
#include "storage/database.h"
#include "tests/app/app_fixture.h"
#include "tests/support/model_writer.h"

namespace kinglet::gui {

class CrashTest : public QObject {
    Q_OBJECT
  private slots:
    void killedAtRandomMoments_data();
    void killedAtRandomMoments();
};

void CrashTest::killedAtRandomMoments_data() {
    QTest::addColumn<bool>("chats");
    QTest::newRow("a chat") << true;
    QTest::newRow("a text") << false;
}

void CrashTest::killedAtRandomMoments() {
    QFETCH(bool, chats);
    constexpr int rounds = 12;
    QTemporaryDir folder;
    test::TestModel model;
    if (!chats) {
        model.chat_template.clear();
        model.turns = false;
        model.vocabulary = test::VocabularyKind::sentencepiece;
    }
    model.seed = 3;
    model.layers = 4;
    model.width = 128;
    model.ff = 256;
    model.context_length = 4096;
    const QString file = folder.filePath(QStringLiteral("random.gguf"));
    const Status written = test::write_model(std::filesystem::path(file.toStdString()), model);
    QVERIFY2(written, written ? "" : written.error().message.c_str());
    const QString data = folder.filePath(QStringLiteral("data"));
    const quint32 seed = QRandomGenerator::global()->generate();
    qInfo("seed %u", seed);
    QRandomGenerator random(seed);

    int streamed = 0;
    for (int round = 0; round < rounds; ++round) {
        const QString question = QStringLiteral("Question %1").arg(round);
        QProcess child;
        child.setProcessChannelMode(QProcess::SeparateChannels);
        child.start(QStringLiteral(KINGLET_CRASH_WRITER), {data, file, question});
        QVERIFY(child.waitForStarted());
        QByteArray told;
        const auto listen = [&](const char* until, int atMost) {
            QElapsedTimer timer;
            timer.start();
            while (timer.elapsed() < atMost && !told.contains(until) && child.state() == QProcess::Running) {
                child.waitForReadyRead(20);
                told += child.readAllStandardOutput();
            }
        };
        listen("sent", 60000);
        QVERIFY2(told.contains("sent"), child.readAllStandardError().constData());
        // Every other round is killed with a part of the answer on the disk, however slow the machine is.
        if (round % 2 == 1) listen("kept", 60000);
        listen("nothing says this", random.bounded(1, 1300));
        child.kill();
        QVERIFY(child.waitForFinished());
        QCOMPARE(child.exitStatus(), QProcess::CrashExit);
        told += child.readAllStandardOutput();

        QHash<qint64, qint64> kept;
        QList<qint64> sent;
        const QList<QByteArray> lines = told.split('\n');
        for (const QByteArray& line : lines.mid(0, lines.size() - 1)) {
            const QList<QByteArray> words = line.split(' ');
            if (words[0] == "sent") {
                sent.append(words.value(1).toLongLong());
                kept.remove(sent.last());  // a further answer in the same chat begins at nothing
            }
            if (words[0] == "kept") kept[words.value(1).toLongLong()] = words.value(2).toLongLong();
        }
        streamed += kept.isEmpty() ? 0 : 1;

        storage::DatabaseOptions options;
        options.path = QDir(data).filePath(QStringLiteral("kinglet.db"));
        storage::Database database(options);
        storage::ChatStore store(database);
        auto report = database.open();
        report.waitForFinished();
        QVERIFY2(report.result().ok(), qPrintable(report.result().error.message));
        for (const qint64 id : std::as_const(sent)) {
            auto chat = store.chat(id);
            chat.waitForFinished();
            QVERIFY(chat.result());
            QCOMPARE(chat.result()->kind == storage::ChatKind::Chat, chats);
            auto found = store.messages(id);
            found.waitForFinished();
            QVERIFY(found.result());
            const QList<storage::Message> messages = *found.result();
            QVERIFY(!messages.isEmpty());
            QCOMPARE(messages.first().content, question);
            qint64 length = 0;
            for (const storage::Message& message : messages) {
                if (message.role != storage::Role::Assistant) continue;
                QVERIFY(message.status != storage::MessageStatus::Streaming);
                length = message.content.size() + message.thinking.size();
            }
            QVERIFY2(length >= kept.value(id),
                     qPrintable(QStringLiteral("%1 of %2 characters").arg(length).arg(kept.value(id))));
        }
    }
    qInfo("%d of %d were killed with a part of the answer on the disk", streamed, rounds);
    QVERIFY(streamed > 0);
}

}  // namespace kinglet::gui

QTEST_GUILESS_MAIN(kinglet::gui::CrashTest)
#include "test_crash.moc"
