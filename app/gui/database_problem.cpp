#include "app/gui/database_problem.h"

#include <QCoreApplication>
#include <utility>

namespace kinglet::gui {

DatabaseProblem::DatabaseProblem(Kind kind, QString message, QString details, QString path,
                                 QVariantList backups, QObject* parent)
    : QObject(parent),
      kind_(kind),
      message_(std::move(message)),
      details_(std::move(details)),
      path_(std::move(path)),
      backups_(std::move(backups)) {}

void DatabaseProblem::setBusy(bool busy, const QString& failure) {
    busy_ = busy;
    failure_ = failure;
    emit busyChanged();
}

void DatabaseProblem::quit() {
    QCoreApplication::quit();
}

}  // namespace kinglet::gui
