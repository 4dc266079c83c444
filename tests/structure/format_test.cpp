// The layout of the code and of the scripts, checked by the tools that ./dev lint uses.
#include <QProcess>
#include <QStandardPaths>
#include <QtTest>

#include "tests/structure/project_files.h"

namespace kinglet::structure {

class FormatTest : public QObject {
    Q_OBJECT

  private slots:
    void codeIsFormatted();
    void scriptsAreClean();

  private:
    void expectClean(const QString& program, const QStringList& arguments);
};

void FormatTest::expectClean(const QString& program, const QStringList& arguments) {
    QProcess process;
    process.setWorkingDirectory(projectFolder());
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    QVERIFY2(process.waitForFinished(240'000), qPrintable(program + " did not finish"));
    QVERIFY2(process.exitCode() == 0, ("\n" + process.readAll().left(6000)).constData());
}

void FormatTest::codeIsFormatted() {
    const QString program = QStandardPaths::findExecutable("clang-format-14");
    if (program.isEmpty()) QSKIP("clang-format-14 is not here, and other versions format differently");
    const QStringList files = projectFiles({".h", ".cpp"});
    QVERIFY(!files.isEmpty());
    expectClean(program, QStringList{"--dry-run", "-Werror"} + files);
}

void FormatTest::scriptsAreClean() {
    const QString program = QStandardPaths::findExecutable("shellcheck");
    if (program.isEmpty()) QSKIP("shellcheck is not here");
    expectClean(program, QStringList{"-x", "dev", ".ci/run"} + projectFiles({".sh"}));
}

}  // namespace kinglet::structure

QTEST_GUILESS_MAIN(kinglet::structure::FormatTest)
#include "format_test.moc"
