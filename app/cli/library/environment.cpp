#include "app/cli/library/environment.h"

#include <QCoreApplication>
#include <QDir>
#include <QMetaObject>
#include <utility>

#include "app/cli/models_folder.h"

namespace kinglet::cli {
namespace {

QString from_path(const std::filesystem::path& path) {
    return QString::fromStdU16String(path.u16string());
}

std::unique_ptr<QCoreApplication> make_application() {
    // Qt keeps references to both.
    static int count = 1;
    static char name[] = "kinglet-cli";
    static char* arguments[] = {name, nullptr};
    auto application = std::make_unique<QCoreApplication>(count, arguments);
    QCoreApplication::setApplicationName(QStringLiteral("kinglet"));
    return application;
}

}  // namespace

LibraryEnvironment::LibraryEnvironment(const std::string& models_folder)
    : application_(make_application()),
      models_folder_(models_folder.empty()
                         ? from_path(default_models_folder())
                         : QDir::current().absoluteFilePath(QString::fromStdString(models_folder))) {}

LibraryEnvironment::~LibraryEnvironment() {
    on_interrupt_.reset();
    database_.reset();
}

QString LibraryEnvironment::target(const QString& name) const {
    return QDir::cleanPath(QDir(models_folder_).filePath(name));
}

QString LibraryEnvironment::program() {
    return QCoreApplication::applicationFilePath();
}

QString LibraryEnvironment::data_folder() {
    return from_path(default_models_folder().parent_path());
}

Result<storage::Database*> LibraryEnvironment::open_database() {
    database_ = std::make_unique<storage::Database>(storage::DatabaseOptions::ofLibrary(data_folder()));
    QFuture<storage::OpenReport> opened = database_->open();
    opened.waitForFinished();
    const storage::OpenReport report = opened.takeResult();
    if (!report.ok()) return tl::unexpected(to_error(report.error));
    return database_.get();
}

void LibraryEnvironment::on_interrupt(std::function<void()> call) {
    on_interrupt_.reset();
    if (!call) return;
    // Ctrl+C is taken by a thread of its own.
    on_interrupt_.emplace(interrupt_.token(), [application = application_.get(), call = std::move(call)] {
        QMetaObject::invokeMethod(application, call, Qt::QueuedConnection);
    });
}

Error to_error(const storage::Error& error) {
    return {ErrorCode::io, error.message.toStdString(), error.hint.toStdString(), {}, {}};
}

Error to_error(const library::Problem& problem) {
    return {ErrorCode::io, problem.message.toStdString(), problem.hint.toStdString(), {}, {}};
}

}  // namespace kinglet::cli
