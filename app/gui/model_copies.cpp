#include "app/gui/model_copies.h"

#include <QDir>
#include <QFileInfo>

#include "app/gui/model_parts.h"
#include "library/copy_model.h"
#include "storage/pool_job.h"

namespace kinglet::gui {

ModelCopies::ModelCopies(QObject* parent) : QObject(parent) {
    pool_.setMaxThreadCount(1);
}

ModelCopies::~ModelCopies() {
    for (const Stop& stop : std::as_const(stops_)) *stop = true;
    pool_.waitForDone();
}

void ModelCopies::start(const QString& path, const QString& folder) {
    if (isCopying(path)) return;
    const auto stop = std::make_shared<std::atomic_bool>(false);
    stops_.insert(path, stop);
    emit progress(path, 0);
    pool_.start(new storage::PoolJob([this, path, folder, stop] {
        const QStringList files = filesOfModel(path);
        QStringList targets;
        for (const QString& file : files) targets.append(QDir(folder).filePath(QFileInfo(file).fileName()));
        double told = 0;
        const auto tell = [&](qint64 done, qint64 total) {
            constexpr double kStep = 0.01;
            const double fraction = static_cast<double>(done) / static_cast<double>(total);
            if (fraction < told + kStep) return;
            told = fraction;
            events_.post([this, path, fraction] {
                if (isCopying(path)) emit progress(path, fraction);
            });
        };
        const auto copied = library::copyModel(files, targets, tell, [stop] { return stop->load(); });
        QString problem;
        if (const auto* failure = std::get_if<library::Problem>(&copied))
            problem = failure->message + QLatin1Char(' ') + failure->hint;
        const bool whole = problem.isEmpty() && std::get<bool>(copied);
        events_.post([this, path, target = whole ? targets.first() : QString(), problem] {
            end(path, target, problem);
        });
    }));
}

void ModelCopies::cancel(const QString& path) {
    if (const Stop stop = stops_.value(path)) *stop = true;
}

void ModelCopies::end(const QString& path, const QString& target, const QString& problem) {
    stops_.remove(path);
    emit progress(path, -1);
    emit ended(path, target, problem);
}

}  // namespace kinglet::gui
