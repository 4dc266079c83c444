#include "tests/cli/cli_process.h"

#include <signal.h>
#include <sys/resource.h>

#include <QDir>
#include <QJsonDocument>
#include <QProcess>
#include <QRegularExpression>

namespace kinglet::cli_test {
namespace {

void prepareChild(quint64 memoryLimit) {
    // A shell that runs the tests in the background may have had Ctrl+C ignored.
    signal(SIGINT, SIG_DFL);
    if (memoryLimit == 0 || test::kSanitized) return;
    const rlimit limit{memoryLimit, memoryLimit};
    setrlimit(RLIMIT_AS, &limit);
}

}  // namespace

QString cliPath() {
    return QStringLiteral(KINGLET_CLI_PATH);
}

QByteArray Outcome::all() const {
    return "status " + QByteArray::number(status) + "\nstdout: " + out.left(2000) +
           "\nstderr: " + err.left(2000);
}

Outcome runCli(const QStringList& arguments, const Conditions& conditions) {
    QProcess process;
    process.setProcessEnvironment(conditions.environment);
    process.setChildProcessModifier([&conditions] { prepareChild(conditions.memoryLimit); });
    process.start(cliPath(), arguments);
    process.write(conditions.input);
    process.closeWriteChannel();
    const bool finished = process.waitForFinished(conditions.timeoutMs);
    Outcome outcome;
    if (finished && process.exitStatus() == QProcess::NormalExit) outcome.status = process.exitCode();
    outcome.out = process.readAllStandardOutput();
    outcome.err = process.readAllStandardError();
    if (!finished) process.kill();
    process.waitForFinished();
    return outcome;
}

QJsonObject jsonOf(const Outcome& outcome) {
    return QJsonDocument::fromJson(outcome.out).object();
}

bool isOneClearSentence(const QByteArray& err) {
    static const QRegularExpression shape(R"(\Akinglet-cli: [^\n]+[.?!]\n(  [^\n]+\n)?\z)");
    return shape.match(QString::fromUtf8(err)).hasMatch();
}

QString sharedFolder() {
    const QString folder = qEnvironmentVariable("KINGLET_SHARED");
    return !folder.isEmpty() && QDir(folder).exists("golden") ? folder : QString();
}

}  // namespace kinglet::cli_test
