// ./dev in a folder of its own, with stand-ins for apt, CMake, ctest and the programs that note how they were
// called.
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <memory>

#include "tests/structure/project_files.h"

namespace kinglet::structure {
namespace {

struct Outcome {
    int status = -1;
    QString out;
    QString err;
};

/// A copy of ./dev beside stand-ins. `calls()` tells what they were called with, one call a line.
class Stage {
  public:
    Stage() {
        copy("dev");
        copy("packaging/linux/apt-packages.txt");
        // Everything that a script of /usr/bin may need is there, but nothing that installs or builds.
        for (const char* tool : {"apt-get", "cmake", "ctest"}) standIn(QString("tools/") + tool, note());
        standIn("tools/apt-cache", note() + "echo 'Candidate: 1.0'\n");
        standIn("tools/dpkg-query", "echo installed\n");
        standIn("tools/id", "echo 0\n");
        standIn("build/dev/app/cli/kinglet-cli", note() + "cat\n");
        standIn("build/dev/app/gui/kinglet", note());
    }

    /// Makes an executable shell script; `root` is known to it as the stage's folder.
    void standIn(const QString& path, const QString& body) {
        write(path, "#!/bin/sh\nroot='" + folder_.path() + "'\n" + body);
    }
    static QString note() { return "echo \"$(basename \"$0\") $*\" >>\"$root/calls\"\n"; }

    Outcome dev(const QStringList& arguments, const QByteArray& input = {}, const QString& display = {}) {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("PATH", folder_.filePath("tools") + ":" + environment.value("PATH"));
        environment.remove("WAYLAND_DISPLAY");
        environment.remove("DISPLAY");
        if (!display.isEmpty()) environment.insert("DISPLAY", display);
        process.setProcessEnvironment(environment);
        process.setWorkingDirectory("/");
        process.start("bash", QStringList{folder_.filePath("dev")} + arguments);
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(60'000)) return {};
        return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }

    QStringList calls() const {
        QFile file(folder_.filePath("calls"));
        if (!file.open(QIODevice::ReadOnly)) return {};
        return QString::fromUtf8(file.readAll()).split('\n', Qt::SkipEmptyParts);
    }

  private:
    void copy(const QString& path) { write(path, contentOf(path)); }
    void write(const QString& path, const QString& text) {
        const QString full = folder_.filePath(path);
        QDir().mkpath(QFileInfo(full).path());
        QFile file(full);
        if (!file.open(QIODevice::WriteOnly)) qFatal("%s cannot be written", qPrintable(full));
        file.write(text.toUtf8());
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }

    QTemporaryDir folder_;
};

bool releaseIsSupported() {
    QFile file("/etc/os-release");
    if (!file.open(QIODevice::ReadOnly)) return false;
    const QString text = QString::fromUtf8(file.readAll());
    return text.contains("CODENAME=bookworm") || text.contains("CODENAME=trixie") ||
           text.contains("CODENAME=noble");
}

}  // namespace

class DevCommandTest : public QObject {
    Q_OBJECT

  private slots:
    void wrongUsageIsStatusTwo_data();
    void wrongUsageIsStatusTwo();
    void helpListsEveryCommand();
    void missingPackagesAreListedWithTheirReason();
    void missingPackagesAreInstalled();
    void packageListIsUpdatedWhereAptKnowsNoPackages();
    void withoutDisplayItChatsInTheTerminal();
    void withDisplayItOpensTheWindow();
    void testsEndWithTheMainRun();
    void failingTestsFail();
    void packagesGetSums();
};

void DevCommandTest::wrongUsageIsStatusTwo_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("nothing") << QStringList{};
    QTest::newRow("unknown command") << QStringList{"frobnicate"};
    QTest::newRow("unknown option") << QStringList{"run", "--frobnicate"};
    QTest::newRow("argument too many") << QStringList{"test", "tokenizer"};
    QTest::newRow("preset without name") << QStringList{"test", "--preset"};
    QTest::newRow("shot without file") << QStringList{"shot"};
    QTest::newRow("shot that is no picture") << QStringList{"shot", "kinglet.txt"};
}

void DevCommandTest::wrongUsageIsStatusTwo() {
    QFETCH(QStringList, arguments);
    Stage stage;
    const Outcome outcome = stage.dev(arguments);
    QCOMPARE(outcome.status, 2);
    QVERIFY(!outcome.err.isEmpty());
    QVERIFY(stage.calls().isEmpty());
}

void DevCommandTest::helpListsEveryCommand() {
    Stage stage;
    const Outcome outcome = stage.dev({"help"});
    QCOMPARE(outcome.status, 0);
    for (const char* command :
         {"run", "test", "build", "shot", "bench", "package", "check-packages", "lint", "format", "clean"}) {
        QVERIFY2(outcome.out.contains(QString("\n  %1 ").arg(command)), command);
    }
}

void DevCommandTest::missingPackagesAreListedWithTheirReason() {
    if (!releaseIsSupported()) QSKIP("./dev installs on Debian 12, Debian 13 and Ubuntu 24.04 only");
    Stage stage;
    stage.standIn("tools/dpkg-query",
                  "for last; do :; done\n[ \"$last\" = ninja-build ] || echo installed\n");
    const Outcome outcome = stage.dev({"run", "--no-install"});
    QCOMPARE(outcome.status, 1);
    QVERIFY2(outcome.err.contains("ninja-build"), qPrintable(outcome.err));
    QVERIFY(outcome.err.contains("runs the build"));
    QVERIFY(!outcome.err.contains("ccache"));
    QVERIFY(stage.calls().isEmpty());
}

void DevCommandTest::missingPackagesAreInstalled() {
    if (!releaseIsSupported()) QSKIP("./dev installs on Debian 12, Debian 13 and Ubuntu 24.04 only");
    Stage stage;
    stage.standIn("tools/dpkg-query",
                  "for last; do :; done\n[ \"$last\" = ninja-build ] || echo installed\n");
    QCOMPARE(stage.dev({"run"}).status, 0);
    const QStringList installs = stage.calls().filter("apt-get");
    QCOMPARE(installs.size(), 1);
    QVERIFY(installs[0].startsWith("apt-get install -y --no-install-recommends "));
    QVERIFY(installs[0].endsWith(" ninja-build"));
}

void DevCommandTest::packageListIsUpdatedWhereAptKnowsNoPackages() {
    if (!releaseIsSupported()) QSKIP("./dev installs on Debian 12, Debian 13 and Ubuntu 24.04 only");
    Stage stage;
    stage.standIn("tools/dpkg-query",
                  "for last; do :; done\n[ \"$last\" = ninja-build ] || echo installed\n");
    stage.standIn("tools/apt-cache", "exit 0\n");
    QCOMPARE(stage.dev({"run"}).status, 0);
    const QStringList calls = stage.calls().filter("apt-get");
    QCOMPARE(calls.size(), 2);
    QVERIFY(calls[0].startsWith("apt-get update"));
    QVERIFY(calls[1].startsWith("apt-get install"));
}

void DevCommandTest::withoutDisplayItChatsInTheTerminal() {
    Stage stage;
    const Outcome outcome = stage.dev({"run", "--", "--seed", "a b"}, "Hello");
    QCOMPARE(outcome.status, 0);
    QVERIFY2(outcome.err.contains("no display"), qPrintable(outcome.err));
    QCOMPARE(outcome.out, QString("Hello"));
    QCOMPARE(stage.calls().last(), QString("kinglet-cli chat --seed a b"));
}

void DevCommandTest::withDisplayItOpensTheWindow() {
    Stage stage;
    QCOMPARE(stage.dev({"run", "--", "model.gguf"}, {}, ":7").status, 0);
    QCOMPARE(stage.calls().last(), QString("kinglet model.gguf"));
}

void DevCommandTest::testsEndWithTheMainRun() {
    Stage stage;
    QCOMPARE(stage.dev({"test"}).status, 0);
    const QStringList runs = stage.calls().filter("ctest --preset");
    QCOMPARE(runs.size(), 2);
    QVERIFY(runs[0].startsWith("ctest --preset fuzz"));
    QVERIFY(runs[1].startsWith("ctest --preset dev"));
    QCOMPARE(stage.calls().last(), runs[1]);
}

void DevCommandTest::failingTestsFail() {
    Stage stage;
    stage.standIn("tools/ctest", "case \"$*\" in *dev*) exit 8 ;; esac\n");
    QCOMPARE(stage.dev({"test"}).status, 8);
    stage.standIn("tools/ctest", "case \"$*\" in *fuzz*) exit 8 ;; esac\n");
    QCOMPARE(stage.dev({"test"}).status, 8);
    stage.standIn("tools/cmake", "exit 1\n");
    QCOMPARE(stage.dev({"test"}).status, 1);
}

void DevCommandTest::packagesGetSums() {
    if (!releaseIsSupported()) QSKIP("./dev packages on Debian 12, Debian 13 and Ubuntu 24.04 only");
    Stage stage;
    stage.standIn("tools/cmake",
                  Stage::note() +
                      "mkdir -p \"$root/build/release\"\n"
                      "echo CMAKE_PROJECT_VERSION:STATIC=7.8.9 >\"$root/build/release/CMakeCache.txt\"\n");
    stage.standIn("tools/cpack", "echo deb >\"$4/kinglet_7.8.9_amd64.deb\"\n");
    stage.standIn("packaging/linux/appimage/build.sh", "echo image >\"$2\"\n");
    stage.standIn("dist/kinglet_0.0.1_amd64.deb", "");
    const Outcome outcome = stage.dev({"package"});
    QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
    QCOMPARE(stage.calls().filter("--target kinglet kinglet-cli").size(), 1);
    // Of an older version nothing stays behind.
    QVERIFY2(!outcome.out.contains("0.0.1"), qPrintable(outcome.out));
    const QByteArray sum = QCryptographicHash::hash("deb\n", QCryptographicHash::Sha256).toHex();
    QVERIFY2(outcome.out.contains(sum + "  kinglet_7.8.9_amd64.deb"), qPrintable(outcome.out));
    const bool onDebian12 = outcome.out.contains("Kinglet-7.8.9-x86_64.AppImage");
    QVERIFY(onDebian12 || outcome.err.contains("Skipped: the AppImage"));
}

}  // namespace kinglet::structure

QTEST_GUILESS_MAIN(kinglet::structure::DevCommandTest)
#include "dev_command_test.moc"
