// Runs the real kinglet-cli as a person's shell would.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>

#include "tests/support/sanitized.h"

namespace kinglet::cli_test {

/// The program under test.
QString cliPath();

/// How a run ended.
struct Outcome {
    /// Exit status; -1 where the program did not start, did not finish in time or died of a signal.
    int status = -1;
    QByteArray out;
    QByteArray err;

    /// For messages of failing tests.
    QByteArray all() const;
};

struct Conditions {
    QByteArray input;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    /// How long the program may take before it is killed, below the time limit of the whole test.
    int timeoutMs = test::kHungMs;
    /// Bytes of address space; 0 = no limit. Not kept under a sanitizer, which needs all of it.
    quint64 memoryLimit = 0;
};

Outcome runCli(const QStringList& arguments, const Conditions& conditions = {});

/// What the program wrote, as a JSON object; an empty one where it is none.
QJsonObject jsonOf(const Outcome& outcome);

/// True where stderr is one "kinglet-cli: <sentence>" line with at most one hint under it.
bool isOneClearSentence(const QByteArray& err);

/// The folder of models and golden results that is not part of the project; empty where there is none.
QString sharedFolder();

}  // namespace kinglet::cli_test
