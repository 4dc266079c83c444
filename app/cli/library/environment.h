// What the commands that fetch and keep models work with.
#pragma once

#include <QEventLoop>
#include <QString>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "app/cli/terminal.h"
#include "inference/base/result.h"
#include "library/hub.h"
#include "library/problem.h"
#include "storage/database.h"

class QCoreApplication;

namespace kinglet::cli {

/// Qt's application object and where things lie; one at a time, on the main thread.
class LibraryEnvironment {
  public:
    /// `models_folder` as given on the command line; empty: the usual one.
    explicit LibraryEnvironment(const std::string& models_folder);
    ~LibraryEnvironment();
    LibraryEnvironment(const LibraryEnvironment&) = delete;
    LibraryEnvironment& operator=(const LibraryEnvironment&) = delete;

    QString models_folder() const { return models_folder_; }
    /// Where a file of this name goes.
    QString target(const QString& name) const;
    /// This program, for what is done in a process of its own.
    static QString program();

    /// The folder of the databases, which the window has too.
    static QString data_folder();
    /// Opens the library's database, also while the window has it open. Errors: io.
    Result<storage::Database*> open_database();

    /// True once Ctrl+C was pressed; on_interrupt() is called then, on the main thread.
    bool interrupted() const { return interrupt_.interrupted(); }
    void on_interrupt(std::function<void()> call);

  private:
    std::unique_ptr<QCoreApplication> application_;
    QString models_folder_;
    std::unique_ptr<storage::Database> database_;
    StopOnInterrupt interrupt_;
    std::optional<std::stop_callback<std::function<void()>>> on_interrupt_;
};

/// The error of the command line that says the same.
Error to_error(const storage::Error& error);
Error to_error(const library::Problem& problem);

/// A value that comes by a callback: `start` is given what to call with it. Ends with ErrorCode::cancelled on
/// Ctrl+C.
template <class T>
Result<T> await(LibraryEnvironment& environment,
                const std::function<void(std::function<void(const library::Outcome<T>&)>)>& start) {
    const auto loop = std::make_shared<QEventLoop>();
    std::optional<library::Outcome<T>> answer;
    // Ctrl+C may be told of when the loop is no longer there.
    environment.on_interrupt([weak = std::weak_ptr(loop)] {
        if (const auto running = weak.lock()) running->quit();
    });
    start([loop, &answer](const library::Outcome<T>& outcome) {
        answer = outcome;
        loop->quit();
    });
    if (!answer && !environment.interrupted()) loop->exec();
    environment.on_interrupt({});
    if (!answer) return fail(ErrorCode::cancelled, "Stopped.");
    if (const auto* problem = std::get_if<library::Problem>(&*answer))
        return tl::unexpected(to_error(*problem));
    return std::get<T>(std::move(*answer));
}

}  // namespace kinglet::cli
