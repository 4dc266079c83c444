// What can go wrong while a model is fetched, and the one thing to do about it.
#pragma once

#include <QJsonObject>
#include <QString>
#include <variant>

namespace kinglet::library {

/// Each way in which a download fails. The names are stored and printed as JSON (faultName()).
enum class Fault {
    NoConnection,        ///< the host cannot be found or reached, or the connection broke
    Timeout,             ///< nothing came for too long
    SignInNeeded,        ///< 401
    AccessDenied,        ///< 403
    NotFound,            ///< 404, 410
    RangeRefused,        ///< 416 although there is more to fetch
    TooManyRequests,     ///< 429
    ServerError,         ///< 408, 5xx
    BadAnswer,           ///< an answer that makes no sense
    WrongRange,          ///< 206 for other bytes than were asked for
    WrongLength,         ///< another length than the catalogue or the hub says
    EndedEarly,          ///< the connection ended before the file did
    FileChanged,         ///< the hub has another file under this name now
    RedirectLoop,        ///< redirects that do not end
    RedirectRefused,     ///< a redirect from HTTPS to HTTP, or to something that is no web address
    InsecureConnection,  ///< a certificate that is not to be trusted
    ProxyFailed,
    DiskFull,
    CannotWrite,
    TargetExists,      ///< something lies where the finished file is to go
    ChecksumMismatch,  ///< all bytes are there and they are the wrong ones
    VerifyFailed       ///< the file arrived whole and cannot be used
};

/// What a person is offered; one a problem.
enum class Action {
    Retry,          ///< goes on where it stopped
    StartOver,      ///< fetches everything again
    GiveToken,      ///< asks for an access token of the hub
    AskForAccess,   ///< opens the model's page, where access is asked for
    ChooseAnother,  ///< another file or model
    FreeSpace,
    ChooseFolder,
    CheckConnection,
    CheckProxy
};

/// A failure as it is shown. `message` is one sentence, `hint` says what the action is about; `details` is
/// for reports and never holds a token or the query of a signed address.
struct Problem {
    Fault fault = Fault::BadAnswer;
    Action action = Action::Retry;
    QString message;
    QString hint;
    QString details;
    bool passing = false;  ///< worth trying again unasked, after a pause

    QJsonObject toJson() const;
    /// Of what toJson() made; a BadAnswer with an empty message where it is none.
    static Problem fromJson(const QJsonObject& json);
};

/// Stable names: "no-connection", "timeout" ...
QString nameOf(Fault fault);
QString nameOf(Action action);

/// The problem in words. `file` and `host` are those that it happened to.
Problem problemOf(Fault fault, const QString& file, const QString& host, const QString& details = {});

/// A value or a Problem.
template <class T>
using Outcome = std::variant<T, Problem>;

}  // namespace kinglet::library
