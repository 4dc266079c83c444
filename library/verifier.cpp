#include "library/verifier.h"

#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <filesystem>
#include <memory>
#include <system_error>

#ifdef Q_OS_UNIX
#include <unistd.h>
#endif

namespace kinglet::library {

namespace {

namespace fs = std::filesystem;

constexpr qsizetype mostWords = 4000;

/// Gives `part` the name of `target` in another folder, without copying it.
bool link(const QString& part, const QString& target, const QString& folder) {
    const QFileInfo source(part);
    const fs::path from = source.absoluteFilePath().toStdU16String();
    const fs::path to = QDir(folder).filePath(QFileInfo(target).fileName()).toStdU16String();
    std::error_code problem;
    fs::create_symlink(from, to, problem);
    if (problem) fs::create_hard_link(from, to, problem);
    return !problem;
}

/// What kinglet-cli said on stderr: "kinglet-cli: sentence", and a hint under it.
Problem problemIn(const QByteArray& said, const QString& file, const QString& folder, const QString& place) {
    Problem problem = problemOf(Fault::VerifyFailed, file, {});
    QStringList lines = QString::fromUtf8(said.left(mostWords)).split(u'\n', Qt::SkipEmptyParts);
    if (lines.isEmpty() || !lines.first().startsWith(u"kinglet-cli: ")) {
        problem.message = QStringLiteral("“%1” made its check end without an answer.").arg(file);
        return problem;
    }
    problem.message = lines.takeFirst().mid(13).replace(folder, place);
    if (!lines.isEmpty() && lines.first().startsWith(u"  ")) problem.hint = lines.first().trimmed();
    return problem;
}

}  // namespace

Verifier::Verifier(QString program, QObject* parent) : QObject(parent), m_program(std::move(program)) {}

Verifier::~Verifier() {
    const auto processes = findChildren<QProcess*>(Qt::FindDirectChildrenOnly);
    for (QProcess* process : processes) {
        process->disconnect();
        process->kill();
        process->waitForFinished();
    }
}

void Verifier::verify(const QStringList& parts, const QStringList& targets, Answer answer) {
    Question question;
    question.file = QFileInfo(targets.first()).fileName();
    question.place = QFileInfo(targets.first()).absolutePath();
    question.folder = question.place;
    if (parts != targets) {
        question.links = std::make_shared<QTemporaryDir>(
            QDir(question.place).filePath(QStringLiteral(".kinglet-verify-XXXXXX")));
        question.folder = question.links->path();
        bool linked = question.links->isValid();
        for (qsizetype i = 0; i < parts.size() && linked; ++i)
            linked = link(parts.at(i), targets.at(i), question.folder);
        if (!linked)
            return answer(
                problemOf(Fault::CannotWrite, question.file, {}, QStringLiteral("no links in this folder")));
    }
    const QString path = parts == targets ? targets.first() : QDir(question.folder).filePath(question.file);
    question.arguments = QStringList{QStringLiteral("verify"), path};
    run(question, answer);
}

void Verifier::verifyAdapter(const QString& model, const QString& adapter, Answer answer) {
    const QFileInfo file(adapter);
    Question question;
    question.file = file.fileName();
    question.place = file.absolutePath();
    question.folder = question.place;
    question.arguments =
        QStringList{QStringLiteral("verify"), QFileInfo(model).absoluteFilePath(), QStringLiteral("--lora"),
                    file.absoluteFilePath(), QStringLiteral("--only-lora")};
    run(question, answer);
}

void Verifier::run(const Question& question, const Answer& answer) {
    auto* process = new QProcess(this);
#ifdef Q_OS_UNIX
    // Ctrl+C in a terminal is for us, who then end the check: a check that it ended would look like a bad
    // file.
    process->setChildProcessModifier([] { setpgid(0, 0); });
#endif
    process->setStandardOutputFile(QProcess::nullDevice());
    const auto over = [process, question, answer](bool worked, const QString& details) {
        process->disconnect();
        process->deleteLater();
        if (worked) return answer(std::nullopt);
        Problem problem =
            problemIn(process->readAllStandardError(), question.file, question.folder, question.place);
        problem.details = details;
        answer(problem);
    };
    connect(process, &QProcess::finished, this, [over](int status, QProcess::ExitStatus how) {
        const bool ended = how == QProcess::NormalExit;
        over(ended && status == 0,
             ended ? QStringLiteral("status %1").arg(status) : QStringLiteral("it crashed"));
    });
    connect(process, &QProcess::errorOccurred, this, [over](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) over(false, QStringLiteral("kinglet-cli did not start"));
    });
    process->start(m_program, question.arguments);
    process->closeWriteChannel();
}

}  // namespace kinglet::library
