// What .ci/run says and returns, with stand-ins for what it runs.
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/structure/project_files.h"

namespace kinglet::structure {

class CiTest : public QObject {
    Q_OBJECT

  private slots:
    void endsWithASummary_data();
    void endsWithASummary();
    void otherSystemsOnlyWhereAskedFor();
    void packagesAreTriedWherePackagingChanged();

  private:
    struct Outcome {
        int status = -1;
        QString out;
    };
    /// A folder with .ci/run in which ./dev and .ci/in-debian-13 end with these statuses.
    void stage(int dev, int debian13);
    Outcome run(const QString& packages, bool strict = false);
    void write(const QString& path, const QByteArray& text);
    void git(const QStringList& words);

    std::unique_ptr<QTemporaryDir> folder_;
    QString systems_ = QStringLiteral("all");
};

void CiTest::write(const QString& path, const QByteArray& text) {
    const QString full = folder_->filePath(path);
    QDir().mkpath(QFileInfo(full).path());
    QFile file(full);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
}

void CiTest::stage(int dev, int debian13) {
    folder_ = std::make_unique<QTemporaryDir>();
    write(".ci/run", contentOf(".ci/run"));
    write("dev", "#!/bin/sh\necho \"dev $*\"\necho '100% tests passed, 0 tests failed out of 7'\nexit " +
                     QByteArray::number(dev) + "\n");
    write(".ci/in-debian-13",
          "#!/bin/sh\nfor c; do echo \"there: $c\"; done\necho 'no such system here'\nexit " +
              QByteArray::number(debian13) + "\n");
}

CiTest::Outcome CiTest::run(const QString& packages, bool strict) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("KINGLET_CHECK_PACKAGES", packages);
    environment.insert("KINGLET_CI_STRICT", strict ? "1" : "0");
    environment.insert("KINGLET_CI_SYSTEMS", systems_);
    process.setProcessEnvironment(environment);
    process.start("bash", {folder_->filePath(".ci/run")});
    if (!process.waitForFinished(60'000)) return {};
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput())};
}

void CiTest::endsWithASummary_data() {
    QTest::addColumn<int>("dev");
    QTest::addColumn<int>("debian13");
    QTest::addColumn<bool>("strict");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("end");
    QTest::newRow("all passes") << 0 << 0 << false << 0 << "\nCI: GREEN\n";
    QTest::newRow("tests fail here") << 8 << 0 << false << 8 << "\nCI: RED\n";
    QTest::newRow("tests fail there") << 0 << 8 << false << 8 << "\nCI: RED\n";
    QTest::newRow("no other system") << 0 << 69 << false << 0
                                     << "GREEN for what could be run here; 1 step(s) NOT RUN, see above\n";
    QTest::newRow("no other system, strictly") << 0 << 69 << true << 1 << "\nCI: RED\n";
}

void CiTest::endsWithASummary() {
    QFETCH(int, dev);
    QFETCH(int, debian13);
    QFETCH(bool, strict);
    stage(dev, debian13);
    const Outcome outcome = run("never", strict);
    QTEST(outcome.status, "status");
    QFETCH(QString, end);
    QVERIFY2(outcome.out.endsWith(end), qPrintable(outcome.out));
    const QString summary = outcome.out.section("==== CI summary", 1);
    QVERIFY2(summary.contains("100% tests passed, 0 tests failed out of 7"), qPrintable(summary));
    QCOMPARE(outcome.out.contains("there: ./dev test"), dev == 0);
    QCOMPARE(summary.contains("NOT RUN  tests in a new Debian 13: no such system here"), debian13 == 69);
    QVERIFY(!outcome.out.contains("package --preset"));
}

void CiTest::otherSystemsOnlyWhereAskedFor() {
    stage(0, 8);
    systems_.clear();
    const Outcome outcome = run("always");
    systems_ = QStringLiteral("all");
    QCOMPARE(outcome.status, 0);
    QVERIFY(!outcome.out.contains("there: "));
    QVERIFY2(outcome.out.contains("KINGLET_CI_SYSTEMS=all runs them"), qPrintable(outcome.out));
    QVERIFY2(outcome.out.endsWith("\nCI: GREEN\n"), qPrintable(outcome.out));
}

void CiTest::git(const QStringList& words) {
    QProcess process;
    process.setWorkingDirectory(folder_->path());
    process.start("git", QStringList{"-c", "user.name=Test", "-c", "user.email=test@example.org", "-c",
                                     "commit.gpgsign=false"} +
                             words);
    QVERIFY(process.waitForFinished(30'000));
    QVERIFY2(process.exitCode() == 0, process.readAllStandardError());
}

void CiTest::packagesAreTriedWherePackagingChanged() {
    stage(0, 0);
    const auto commit = [this](const char* file) {
        write(file, "x");
        git({"add", "-A"});
        git({"commit", "-q", "-m", file});
    };
    git({"init", "-q", "-b", "main"});
    commit("packaging/a");
    commit("engine/a");
    Outcome outcome = run({});
    QVERIFY2(outcome.out.contains("skipped  packages: nothing under packaging/ changed"),
             qPrintable(outcome.out));
    QVERIFY(!outcome.out.contains("dev check-packages"));

    // A branch counts as a whole, on the main branch its last commit.
    git({"update-ref", "refs/remotes/origin/main", "HEAD"});
    commit("packaging/b");
    commit("engine/b");
    outcome = run({});
    QVERIFY2(outcome.out.contains("dev check-packages"), qPrintable(outcome.out));
    QVERIFY(outcome.out.contains("there: ./dev package --preset dev"));
    git({"update-ref", "refs/remotes/origin/main", "HEAD"});
    QVERIFY(!run({}).out.contains("dev check-packages"));
    QVERIFY(run("always").out.contains("dev check-packages"));
}

}  // namespace kinglet::structure

QTEST_GUILESS_MAIN(kinglet::structure::CiTest)
#include "ci_test.moc"
