// The models of this computer: coming, going, being copied, and which of them is loaded.
#include <QFileInfo>

#include "app/gui/app_context_p.h"

namespace kinglet::gui {

namespace {

QString wordsOf(const library::Problem& problem) {
    return problem.hint.isEmpty() ? problem.message : problem.message + QLatin1Char(' ') + problem.hint;
}

}  // namespace

void AppContextPrivate::tieModels() {
    connect(&models, &ModelListModel::loadRequested, this, &AppContextPrivate::loadModel);
    connect(&models, &ModelListModel::scanFinished, this, [this] {
        takeFirstModel();
        nameModel();
    });
    connect(&models, &ModelListModel::scanFinished, this, &AppContextPrivate::onModelsChanged);
    connect(&models, &ModelListModel::deleting, this, [this](const QString& path) {
        if (model.path() == path) model.unload();
    });
    connect(&catalogue, &ModelCatalogue::trashed, this,
            [this](const QString& path, const QList<TrashedFile>& files, const QString& trouble) {
                models.refresh();
                if (!trouble.isEmpty()) return offer(trouble, {}, {});
                const QJsonObject kept = modelOptions.of(path);
                modelOptions.set(path, {});
                offer(AppContext::tr("%1 is in the trash").arg(QFileInfo(path).fileName()),
                      AppContext::tr("Undo"), [this, path, files, kept] {
                          catalogue.takeBack(files);
                          modelOptions.set(path, kept);
                      });
            });
    connect(&catalogue, &ModelCatalogue::takenBack, this, [this](const QString& trouble) {
        models.refresh();
        if (!trouble.isEmpty()) offer(trouble, {}, {});
    });
    connect(&models, &ModelListModel::removed, this, [this](const QString& path, const QString& name) {
        const QJsonObject kept = modelOptions.of(path);
        modelOptions.set(path, {});
        offer(AppContext::tr("%1 was taken off the list. The file is still there.").arg(name),
              AppContext::tr("Undo"), [this, path, kept] {
                  models.restore(path);
                  modelOptions.set(path, kept);
              });
    });
    connect(&copies, &ModelCopies::progress, &models, &ModelListModel::setCopyProgress);
    connect(&copies, &ModelCopies::ended, this, &AppContextPrivate::onCopied);
    connect(&models, &ModelListModel::copyRequested, this, &AppContextPrivate::copyModel);
    connect(&models, &ModelListModel::copyCancelled, &copies, &ModelCopies::cancel);
}

/// Into the models folder, once it was judged where it can do no harm.
void AppContextPrivate::copyModel(const QString& path) {
    const auto copy = [this, path] { copies.start(path, settings.modelsFolder().toLocalFile()); };
    const ModelEntry* entry = models.find(path);
    if (!entry || entry->builtIn || entry->missing || copies.isCopying(path)) return;
    const auto judged = [this, copy](const std::optional<library::Problem>& found) {
        if (found) return offer(wordsOf(*found), {}, {});
        copy();
    };
    if (entry->verified || !modelLibrary.verify(path, judged)) copy();
}

/// The copy takes the place of the one that was opened from elsewhere, which stays where it is.
void AppContextPrivate::onCopied(const QString& path, const QString& target, const QString& trouble) {
    if (!trouble.isEmpty()) return offer(trouble, {}, {});
    if (target.isEmpty()) return;
    catalogue.noteVerified(target);
    catalogue.remove(path);
    // The copy stands for it from now on.
    const QJsonObject kept = modelOptions.of(path);
    modelOptions.set(target, kept);
    modelOptions.set(path, {});
    models.refresh();
    offer(AppContext::tr("%1 was copied into the models folder. The file that it came from is still there.")
              .arg(QFileInfo(target).fileName()),
          AppContext::tr("Undo"), [this, path, target, kept] {
              catalogue.restore(path);
              modelOptions.set(path, kept);
              models.deleteFiles(target);
          });
}

/// A model has come: it stands in the list at once, and one press away from a chat.
void AppContextPrivate::onArrived(const QString& name, const QStringList& paths) {
    const QString path = paths.value(0);
    catalogue.noteVerified(path);
    models.refresh();
    offer(AppContext::tr("%1 is ready").arg(name), AppContext::tr("Chat"), [this, path] {
        loadModel(path);
        emit q.pageRequested(QStringLiteral("chat"));
    });
}

/// A file from anywhere comes into the list, and into use, once it was judged where it can do no harm.
void AppContextPrivate::takeModel(const QUrl& file, bool load) {
    const QString path = file.toLocalFile();
    if (path.isEmpty()) return;
    const auto take = [this, file, path, load] {
        models.addFile(file);
        if (load) loadModel(path);
    };
    const auto judged = [this, path, take](const std::optional<library::Problem>& found) {
        if (found) return offer(wordsOf(*found), {}, {});
        catalogue.noteVerified(path);
        take();
    };
    if (!modelLibrary.verify(path, judged)) return take();
    offer(AppContext::tr("Checking %1…").arg(QFileInfo(path).fileName()), {}, {});
}

void AppContextPrivate::onModelsChanged() {
    QHash<QString, QString> paths;
    for (const ModelEntry& entry : models.entries()) {
        if (!entry.missing) paths.insert(QFileInfo(entry.path).fileName(), entry.path);
    }
    modelLibrary.setInstalled(paths);
}

void AppContextPrivate::loadModel(const QString& path) {
    if (model.state() == ModelStatus::Ready && model.path() == path) return;
    model.load(path);
}

void AppContextPrivate::nameModel() {
    const ModelEntry* listed = models.find(model.path());
    if (listed) return model.setListed(listed->name, listed->sampling.value_or(QJsonObject()));
    model.setListed({}, {});
}

}  // namespace kinglet::gui
