// kill -9 in the middle of a download, twenty times at random, then a run to the end.
#include <QDir>
#include <QProcess>
#include <QRandomGenerator>
#include <QTest>

#include "tests/library/library_test.h"

using namespace kinglet::library;
using namespace kinglet::library::testing;

class TestKill : public QObject {
    Q_OBJECT

  private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        const int given = qEnvironmentVariableIntValue("KINGLET_TEST_SEED");
        m_seed = given ? quint32(given) : QRandomGenerator::global()->generate() & 0x7fffffff;
        qInfo("seed %u (KINGLET_TEST_SEED=%u repeats it)", m_seed, m_seed);
    }

    void twentyKillsLoseNothing() {
        TestHub hub;
        const QString name = QStringLiteral("wren.gguf");
        const QByteArray content = randomContent(24 << 20, m_seed);
        hub.setFile(QStringLiteral("birds/Wren-GGUF"), name, content);
        hub.setFault([](const HubRequest& request, HubReply& reply) {
            if (request.toContentHost) reply.bytesPerMillisecond = 12'000;
        });
        QRandomGenerator random(m_seed);
        const QString target = m_folder->filePath(name);
        qint64 before = 0;
        int kills = 0;
        bool finished = false;
        for (; kills < 20 && !finished; ++kills) {
            QProcess process;
            start(process, hub);
            // Most are killed while bytes come, some while the process starts, opens its database or hashes.
            const bool whileBytesCome = random.bounded(4) != 0;
            const QByteArray said = whileBytesCome ? waitFor(process, "begun") : QByteArray();
            finished = said.contains("finished");
            if (finished) break;
            QTest::qSleep(random.bounded(whileBytesCome ? 60 : 150));
            process.kill();
            QVERIFY(process.waitForFinished(kPatienceMs));
            if (process.readAllStandardOutput().contains("finished")) {
                finished = true;
                break;
            }
            // Nothing with the model's name that is not the whole model; nothing that was there is gone.
            if (QFileInfo::exists(target)) QCOMPARE(contentOf(target), content);
            const QByteArray part = contentOf(PartFile::partName(target));
            if (QFileInfo::exists(target)) continue;
            QVERIFY2(part.size() >= before, qPrintable(QString("%1 < %2").arg(part.size()).arg(before)));
            QVERIFY(content.startsWith(part));
            before = part.size();
        }
        QVERIFY(kills > 0 && before > 0);
        qInfo("%d kills, %lld of %lld bytes were there then", kills, static_cast<long long>(before),
              static_cast<long long>(content.size()));
        if (!finished) {
            hub.setFault({});
            QProcess process;
            start(process, hub);
            QVERIFY(waitFor(process, "finished").contains("finished"));
            QVERIFY(process.waitForFinished(kPatienceMs));
            QCOMPARE(process.exitCode(), 0);
        }
        QCOMPARE(contentOf(target), content);
        QVERIFY(!QFileInfo::exists(PartFile::partName(target)));
        // It went on each time rather than from the beginning.
        int fromTheBeginning = 0;
        for (const HubRequest& request : hub.contentRequests())
            fromTheBeginning += request.headers.contains("range") ? 0 : 1;
        QVERIFY2(fromTheBeginning < hub.contentRequests().size(), "every request was for the whole file");
    }

  private:
    void start(QProcess& process, const TestHub& hub) const {
        process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process.start(QStringLiteral(KINGLET_CRASH_DOWNLOADER),
                      {m_folder->path(), hub.endpoint().toString(), "birds/Wren-GGUF", "wren.gguf"});
    }
    static QByteArray waitFor(QProcess& process, const QByteArray& word) {
        QByteArray said;
        while (!said.contains(word) && !said.contains("finished")) {
            if (process.state() == QProcess::NotRunning || !process.waitForReadyRead(kPatienceMs)) break;
            said += process.readAllStandardOutput();
        }
        return said;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    quint32 m_seed = 0;
};

QTEST_GUILESS_MAIN(TestKill)
#include "test_kill.moc"
