#include "library/problem.h"

#include <array>

namespace kinglet::library {

namespace {

/// One row a Fault, in its order. %1 is the file, %2 the host.
struct Row {
    Fault fault;
    const char* name;
    Action action;
    bool passing;
    const char* message;
    const char* hint;
};

constexpr std::array rows{
    Row{Fault::NoConnection, "no-connection", Action::CheckConnection, true,
        "The connection to %2 failed while fetching “%1”.",
        "Check that you are online. What was fetched is kept, and the download goes on from there."},
    Row{Fault::Timeout, "timeout", Action::Retry, true, "%2 stopped answering while fetching “%1”.",
        "Try again. What was fetched is kept; a firewall that blocks this host looks the same."},
    Row{Fault::SignInNeeded, "sign-in-needed", Action::GiveToken, false,
        "%2 asks who you are before it hands out “%1”.",
        "Give an access token of an account that may read this repository."},
    Row{Fault::AccessDenied, "access-denied", Action::AskForAccess, false,
        "Your account at %2 may not fetch “%1”.",
        "Open the model's page, ask for access there, and try again when it was granted."},
    Row{Fault::NotFound, "not-found", Action::ChooseAnother, false, "%2 has no “%1”.",
        "It may have been renamed or taken down. Choose another file or model."},
    Row{Fault::RangeRefused, "range-refused", Action::StartOver, false,
        "%2 does not continue “%1” where it stopped.", "Start this download over."},
    Row{Fault::TooManyRequests, "too-many-requests", Action::Retry, true,
        "%2 has had too many requests from here to send “%1”.",
        "Wait some minutes, then try again. What was fetched is kept."},
    Row{Fault::ServerError, "server-error", Action::Retry, true,
        "%2 has a fault of its own and cannot send “%1” now.", "Try again later. What was fetched is kept."},
    Row{Fault::BadAnswer, "bad-answer", Action::Retry, false, "The answer of %2 about “%1” makes no sense.",
        "Check the address of the hub in the settings, then try again."},
    Row{Fault::WrongRange, "wrong-range", Action::StartOver, false,
        "%2 sent another part of “%1” than was asked for.", "Start this download over."},
    Row{Fault::WrongLength, "wrong-length", Action::ChooseAnother, false,
        "“%1” on %2 does not have the length that it should have.",
        "The file may have been replaced. Choose another file, or refresh the catalogue."},
    Row{Fault::EndedEarly, "ended-early", Action::Retry, true, "%2 stopped sending “%1” before its end.",
        "Try again. What was fetched is kept."},
    Row{Fault::FileChanged, "file-changed", Action::ChooseAnother, false,
        "“%1” on %2 is no longer the file that the catalogue describes.",
        "Refresh the catalogue, or choose another file."},
    Row{Fault::RedirectLoop, "redirect-loop", Action::Retry, false,
        "%2 sends requests for “%1” round in circles.",
        "Check the address of the hub in the settings, then try again."},
    Row{Fault::RedirectRefused, "redirect-refused", Action::Retry, false,
        "%2 points to an address for “%1” that is not safe to follow.",
        "Check the address of the hub in the settings, then try again."},
    Row{Fault::InsecureConnection, "insecure-connection", Action::CheckConnection, false,
        "The connection to %2 for “%1” is not secure.",
        "Check the date of this computer, and whether something on your network looks into connections."},
    Row{Fault::ProxyFailed, "proxy-failed", Action::CheckProxy, false,
        "The proxy between here and %2 did not let “%1” through.",
        "Check the proxy settings of this computer. What was fetched is kept."},
    Row{Fault::DiskFull, "disk-full", Action::FreeSpace, false,
        "There is not enough room on the disk for “%1”.",
        "Free some space, then go on. What was fetched is kept."},
    Row{Fault::CannotWrite, "cannot-write", Action::ChooseFolder, false, "“%1” cannot be written.",
        "Check that you may write to the models folder, or choose another one."},
    Row{Fault::TargetExists, "target-exists", Action::ChooseAnother, false, "There is a file “%1” already.",
        "Remove it from the library first, or keep it."},
    Row{Fault::ChecksumMismatch, "checksum-mismatch", Action::StartOver, false,
        "“%1” arrived from %2 with other contents than it should have.",
        "Start this download over. The file was not put into the library."},
    Row{Fault::VerifyFailed, "verify-failed", Action::ChooseAnother, false, "“%1” cannot be used.",
        "Choose another file or model."},
};

constexpr std::array<const char*, 9> actionNames{"retry",          "start-over",       "give-token",
                                                 "ask-for-access", "choose-another",   "free-space",
                                                 "choose-folder",  "check-connection", "check-proxy"};

const Row& rowOf(Fault fault) {
    return rows.at(static_cast<std::size_t>(fault));
}

constexpr bool rowsAreInOrder() {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].fault != static_cast<Fault>(i)) return false;
    }
    return true;
}
static_assert(rowsAreInOrder() && rows.size() == static_cast<std::size_t>(Fault::VerifyFailed) + 1);

}  // namespace

QString nameOf(Fault fault) {
    return QString::fromLatin1(rowOf(fault).name);
}

QString nameOf(Action action) {
    return QString::fromLatin1(actionNames.at(static_cast<std::size_t>(action)));
}

Problem problemOf(Fault fault, const QString& file, const QString& host, const QString& details) {
    const Row& row = rowOf(fault);
    const QString where = host.isEmpty() ? QStringLiteral("The hub") : host;
    // One call for both, so that a file name with "%2" in it stays what it is.
    QString message = QString::fromUtf8(row.message);
    message = message.contains(u"%2") ? message.arg(file, where) : message.arg(file);
    return {fault, row.action, message, QString::fromUtf8(row.hint), details, row.passing};
}

QJsonObject Problem::toJson() const {
    return {{QStringLiteral("fault"), nameOf(fault)},
            {QStringLiteral("action"), nameOf(action)},
            {QStringLiteral("message"), message},
            {QStringLiteral("hint"), hint},
            {QStringLiteral("details"), details}};
}

Problem Problem::fromJson(const QJsonObject& json) {
    Problem problem;
    const QString fault = json.value(QStringLiteral("fault")).toString();
    for (const Row& row : rows) {
        if (fault != QLatin1String(row.name)) continue;
        problem.fault = row.fault;
        problem.action = row.action;
        problem.passing = row.passing;
    }
    problem.message = json.value(QStringLiteral("message")).toString();
    problem.hint = json.value(QStringLiteral("hint")).toString();
    problem.details = json.value(QStringLiteral("details")).toString();
    return problem;
}

}  // namespace kinglet::library
