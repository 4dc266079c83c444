// The whole way of a model with the programs themselves: found and begun on the command line, which is
// killed; taken up by the window, which is killed; finished by the next window, verified, and answering.
#include <QDir>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/library/test_hub.h"
#include "tests/support/model_writer.h"

namespace kinglet::test {

using library::testing::HubReply;
using library::testing::HubRequest;
using library::testing::TestHub;

namespace {

constexpr int kPatience = 120'000;
const QString kRepository = QStringLiteral("birds/Wren-GGUF");
const QString kFile = QStringLiteral("wren-Q8_0.gguf");

QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

class KilledLibraryTest : public QObject {
    Q_OBJECT
  private slots:
    void init();
    void killedTwiceItArrives_data();
    void killedTwiceItArrives();

  private:
    /// Lets so many bytes of the file through, and nothing after them.
    void hold(qint64 bytes);
    void begin(QProcess& process, const QString& program, const QStringList& arguments);
    QByteArray answerOf(const QStringList& arguments);
    bool waitForPart(qint64 bytes) const {
        return QTest::qWaitFor([&] { return QFileInfo(target() + ".part").size() == bytes; }, kPatience);
    }
    QString target() const { return home_->filePath(QStringLiteral("kinglet/models/") + kFile); }

    std::unique_ptr<QTemporaryDir> home_;
    std::unique_ptr<TestHub> hub_;
    QProcessEnvironment environment_;
};

void KilledLibraryTest::init() {
    home_ = std::make_unique<QTemporaryDir>();
    hub_ = std::make_unique<TestHub>();
    environment_ = QProcessEnvironment::systemEnvironment();
    environment_.insert(QStringLiteral("XDG_DATA_HOME"), home_->path());
    environment_.insert(QStringLiteral("HF_ENDPOINT"), hub_->endpoint().toString());
    environment_.remove(QStringLiteral("HF_TOKEN"));
    // No bus and no secrets of the desktop that this runs on.
    environment_.insert(QStringLiteral("DBUS_SESSION_BUS_ADDRESS"), QStringLiteral("unix:path=/nowhere"));
}

void KilledLibraryTest::hold(qint64 bytes) {
    hub_->setFault([bytes](const HubRequest& request, HubReply& reply) {
        if (!request.toContentHost) return;
        const QByteArray range = request.header("range");
        const qint64 from = range.mid(6, range.size() - 7).toLongLong();  // "bytes=N-"
        reply.stallAfter = bytes - from;
    });
}

void KilledLibraryTest::begin(QProcess& process, const QString& program, const QStringList& arguments) {
    process.setProcessEnvironment(environment_);
    process.start(program, arguments);
}

QByteArray KilledLibraryTest::answerOf(const QStringList& arguments) {
    QProcess process;
    begin(process, QStringLiteral(KINGLET_CLI_PATH), arguments);
    process.waitForFinished(kPatience);
    return process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0
               ? process.readAllStandardOutput()
               : "FAILED: " + process.readAllStandardError();
}

void KilledLibraryTest::killedTwiceItArrives_data() {
    QTest::addColumn<QString>("shared");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("written from a seed") << QString() << QByteArray("the song of a wren");
    QTest::newRow("stories260K") << "stories260K.gguf" << QByteArray("there was");
    for (const char* model : {"llama-gqa.gguf", "qwen3.gguf", "gemma3.gguf", "gpt2.gguf", "phi2.gguf"})
        QTest::newRow(model) << model << QByteArray();
}

void KilledLibraryTest::killedTwiceItArrives() {
    QFETCH(QString, shared);
    QFETCH(QByteArray, expected);
    QByteArray content;
    if (shared.isEmpty()) {
        TestModel model;
        model.script = expected.toStdString();
        const QString written = home_->filePath(QStringLiteral("written.gguf"));
        QVERIFY(write_model(written.toStdString(), model).has_value());
        content = contentOf(written);
    } else {
        const QString folder = qEnvironmentVariable("KINGLET_SHARED");
        content = contentOf(folder + QStringLiteral("/models/") + shared);
        if (content.isEmpty()) QSKIP("There is no ../shared here; the model from a seed goes the same way.");
    }
    hub_->setFile(kRepository, kFile, content);
    const qint64 third = content.size() / 3;

    QVERIFY(answerOf({"models", "search", "wren"}).contains(kRepository.toUtf8()));
    hold(third);
    QProcess terminal;
    begin(terminal, QStringLiteral(KINGLET_CLI_PATH), {"models", "pull", kRepository});
    QVERIFY(waitForPart(third));
    terminal.kill();
    QVERIFY(terminal.waitForFinished(kPatience));

    hold(2 * third);
    const QStringList window = {"--data-dir", home_->filePath(QStringLiteral("kinglet"))};
    QProcess first;
    begin(first, QStringLiteral(KINGLET_WINDOW_PATH), window);
    QVERIFY(waitForPart(2 * third));
    first.kill();
    QVERIFY(first.waitForFinished(kPatience));
    QVERIFY(!QFileInfo::exists(target()));

    hub_->setFault({});
    QProcess second;
    begin(second, QStringLiteral(KINGLET_WINDOW_PATH), window);
    QVERIFY2(QTest::qWaitFor([&] { return QFileInfo::exists(target()); }, kPatience),
             second.readAllStandardError().constData());
    QCOMPARE(contentOf(target()), content);
    const QByteArray lastRange = hub_->contentRequests().last().header("range");
    QVERIFY2(lastRange.startsWith("bytes="), "It began in the middle");
    QVERIFY2(lastRange.mid(6, lastRange.size() - 7).toLongLong() > third, lastRange.constData());
    second.terminate();
    if (!second.waitForFinished(kPatience)) second.kill();

    const QByteArray answer =
        answerOf({"run", target(), "Once upon a time", "--raw", "--temp", "0", "--max-tokens", "24"});
    QVERIFY2(!answer.startsWith("FAILED") && answer.contains(expected), answer.constData());
}

}  // namespace kinglet::test

QTEST_GUILESS_MAIN(kinglet::test::KilledLibraryTest)
#include "test_killed_library.moc"
