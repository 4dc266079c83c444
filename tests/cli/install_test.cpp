// What cmake --install puts where Linux expects it, in a folder of its own.
#include <QDir>
#include <QDirIterator>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

namespace kinglet::cli_test {
namespace {

const char* const metainfo = "share/metainfo/io.github.kinglet.Kinglet.metainfo.xml";

struct Ran {
    int status = -1;
    QByteArray output;
};

Ran runProgram(const QString& program, const QStringList& arguments, const QProcessEnvironment& environment) {
    QProcess process;
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    if (!process.waitForFinished(60'000) || process.exitStatus() != QProcess::NormalExit) return {};
    return {process.exitCode(), process.readAll()};
}

}  // namespace

class InstallTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void everythingIsInItsPlace();
    void programsStart();
    void starterModelAnswers();
    void desktopFileIsValid();
    void metainfoIsValid();

  private:
    QString installed(const QString& path) const { return folder_.filePath("usr/" + path); }

    QTemporaryDir folder_;
    QProcessEnvironment environment_ = QProcessEnvironment::systemEnvironment();
};

void InstallTest::initTestCase() {
    environment_.insert("DESTDIR", folder_.path());
    const Ran ran =
        runProgram(KINGLET_CMAKE, {"--install", KINGLET_BUILD_DIR, "--prefix", "/usr"}, environment_);
    QVERIFY2(ran.status == 0, ran.output);
    environment_.remove("DESTDIR");
}

void InstallTest::everythingIsInItsPlace() {
    QStringList wanted = {"bin/kinglet-cli"};
    if (KINGLET_HAS_STARTER)
        wanted << "share/kinglet/kinglet-starter-q8_0.gguf"
               << "share/kinglet/MODEL_CARD.md";
    if (KINGLET_HAS_GUI) {
        wanted << "bin/kinglet"
               << "share/applications/kinglet.desktop"
               << "share/icons/hicolor/scalable/apps/kinglet.svg" << metainfo
               << "share/mime/packages/kinglet.xml"
               << "share/doc/kinglet/LICENSE";
    }
    QStringList found;
    const QDir usr(folder_.filePath("usr"));
    QDirIterator all(usr.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (all.hasNext()) found << usr.relativeFilePath(all.next());
    found.sort();
    wanted.sort();
    QCOMPARE(found, wanted);
    QCOMPARE(QDir(folder_.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot), QStringList{"usr"});
}

void InstallTest::programsStart() {
    const Ran cli = runProgram(installed("bin/kinglet-cli"), {"--version"}, environment_);
    QCOMPARE(cli.status, 0);
    QCOMPARE(cli.output, QByteArray("kinglet-cli " KINGLET_VERSION "\n"));
    if (!KINGLET_HAS_GUI) return;
    const Ran window = runProgram(installed("bin/kinglet"), {"--version"}, environment_);
    QVERIFY2(window.status == 0 && window.output.contains(KINGLET_VERSION), window.output);
}

void InstallTest::starterModelAnswers() {
    QVERIFY2(KINGLET_HAS_STARTER, "the starter model is missing from resources/starter");
    QProcessEnvironment environment = environment_;
    environment.insert("XDG_DATA_HOME", folder_.filePath("home"));
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(installed("bin/kinglet-cli"), {"chat"});
    process.write("What is a token?\n");
    process.closeWriteChannel();
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(process.exitCode(), 0);
    QVERIFY(process.readAllStandardOutput().size() > 20);
    QVERIFY(process.readAllStandardError().contains("starter model"));
}

void InstallTest::desktopFileIsValid() {
    if (!KINGLET_HAS_GUI) QSKIP("the window is not built here");
    const QString program = QStandardPaths::findExecutable("desktop-file-validate");
    if (program.isEmpty()) QSKIP("desktop-file-validate is not here");
    const Ran ran = runProgram(program, {installed("share/applications/kinglet.desktop")}, environment_);
    QVERIFY2(ran.status == 0 && ran.output.isEmpty(), ran.output);
}

void InstallTest::metainfoIsValid() {
    if (!KINGLET_HAS_GUI) QSKIP("the window is not built here");
    const QString program = QStandardPaths::findExecutable("appstreamcli");
    if (program.isEmpty()) QSKIP("appstreamcli is not here");
    // Kinglet has no home page yet. AppStream 1.0 warns of that; 0.16 (Debian 12) does not know the tag.
    const QString homePage = "--override=url-homepage-missing=info";
    Ran ran = runProgram(program, {"validate", "--no-net", homePage, installed(metainfo)}, environment_);
    if (ran.output.contains("is not recognized"))
        ran = runProgram(program, {"validate", "--no-net", installed(metainfo)}, environment_);
    QVERIFY2(ran.status == 0, ran.output);
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::InstallTest)
#include "install_test.moc"
