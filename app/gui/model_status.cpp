#include "app/gui/model_status.h"

#include <QFileInfo>

#include "app/gui/model_options.h"
#include "app/gui/setting_layers.h"
#include "app/gui/settings.h"
#include "app/gui/words.h"

namespace kinglet::gui {

ModelStatus::ModelStatus(EngineInterface& engine, Settings& settings, const ModelOptions& options,
                         QObject* parent)
    : QObject(parent), engine_(engine), settings_(settings), options_(options) {
    connect(&engine_, &EngineInterface::loadProgress, this, [this](RequestId id, double fraction) {
        if (id != request_) return;
        progress_ = fraction;
        emit progressChanged();
    });
    connect(&engine_, &EngineInterface::finished, this, &ModelStatus::onFinished);
}

QString ModelStatus::fileName() const {
    return QFileInfo(path_).fileName();
}

QString ModelStatus::name() const {
    if (state_ == Ready && !facts_.name.isEmpty()) return facts_.name;
    if (isStarter()) return tr("Kinglet Starter");
    return listedName_.isEmpty() ? QFileInfo(path_).completeBaseName() : listedName_;
}

void ModelStatus::setListed(const QString& name, const QJsonObject& sampling) {
    if (name == listedName_ && sampling == listedSampling_) return;
    listedName_ = name;
    listedSampling_ = sampling;
    emit changed();
}

bool ModelStatus::isOutdated() const {
    if (state_ != Ready && state_ != Failed) return false;
    return loadRequestOf(path_, options_.of(path_), settings_) != loaded_;
}

QString ModelStatus::nextPath() const {
    if (!path_.isEmpty()) return path_;
    const QString last = settings_.lastModel();
    return last.isEmpty() ? settings_.starterModel() : last;
}

bool ModelStatus::isStarter() const {
    const QString starter = settings_.starterModel();
    return !starter.isEmpty() && nextPath() == starter;
}

QString ModelStatus::shortName() const {
    const QStringList words = name().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    if (words.isEmpty()) return {};
    // "A Model" is not called "A".
    if (words.first().size() < 3 && words.size() > 1) return words.first() + QLatin1Char(' ') + words.at(1);
    return words.first().section(QLatin1Char('-'), 0, 1);
}

QString ModelStatus::formatText() const {
    if (state_ != Ready || facts_.chatTemplate.isEmpty()) return {};
    if (facts_.chatTemplate == QLatin1String("file")) return tr("From the model's file");
    if (facts_.chatTemplate == QLatin1String("none")) return tr("None");
    return tr("Usual one, %1").arg(facts_.chatTemplate);
}

QString ModelStatus::formatNote() const {
    if (state_ != Ready || facts_.chatTemplate.isEmpty() || facts_.chatTemplate == QLatin1String("file"))
        return {};
    // The engine warns about a template only where the file has one.
    const bool failed = !facts_.warnings.isEmpty();
    if (facts_.chatTemplate == QLatin1String("none")) {
        return failed ? tr("This model's own chat format does not work, so it goes on with what you write.")
                      : tr("This model was not made to chat: it goes on with what was written.");
    }
    const QString first = failed ? tr("This model's own chat format does not work.")
                                 : tr("This model's file brings no chat format.");
    return tr("%1 Kinglet uses the usual one of its family, %2.").arg(first, facts_.chatTemplate);
}

QString ModelStatus::memoryText() const {
    return residentBytes_ > 0 ? sizeText(residentBytes_) : QString();
}

void ModelStatus::setResidentBytes(qint64 bytes) {
    if (bytes <= 0 || bytes == residentBytes_) return;
    residentBytes_ = bytes;
    emit memoryChanged();
}

void ModelStatus::setState(State state) {
    state_ = state;
    emit changed();
}

void ModelStatus::load(const QString& path) {
    if (path.isEmpty()) return;
    if (state_ == Loading && path_ == path) return;
    path_ = path;
    listedName_.clear();
    listedSampling_ = {};
    facts_ = {};
    failure_ = {};
    problem_.clear();
    problemText_.clear();
    progress_ = 0;
    loaded_ = loadRequestOf(path, options_.of(path), settings_);
    request_ = engine_.load(loaded_);
    setState(Loading);
    emit progressChanged();
}

void ModelStatus::unload() {
    if (state_ == None) return;
    request_ = engine_.unload();
    path_.clear();
    listedName_.clear();
    listedSampling_ = {};
    facts_ = {};
    setState(None);
    emit settled();
}

void ModelStatus::cancelLoad() {
    if (state_ == Loading) engine_.cancel(request_);
}

void ModelStatus::takeDevice(const DeviceFacts& device) {
    if (state_ != Ready || device == facts_.device) return;
    const bool lost = device.fellBack && !facts_.device.fellBack;
    facts_.device = device;
    emit changed();
    if (lost) emit cardLost();
}

void ModelStatus::onFinished(RequestId id, const Outcome& outcome) {
    setResidentBytes(outcome.residentBytes);
    if (outcome.device) takeDevice(*outcome.device);
    if (id != request_) return;
    switch (outcome.kind) {
        case Outcome::Loaded:
            facts_ = outcome.model;
            progress_ = 1;
            settings_.setLastModel(path_);
            setState(Ready);
            break;
        case Outcome::Cancelled:
            path_.clear();
            setState(None);
            break;
        case Outcome::Failed:
            failure_ = outcome.failure;
            problem_ = failure_.kind == FailureKind::OutOfMemory
                           ? tr("There is not enough memory for this model")
                       : failure_.kind == FailureKind::Adapter ? tr("An adapter of this model cannot be used")
                                                               : tr("This model could not be opened");
            problemText_ = failure_.hint.isEmpty() ? failure_.message
                                                   : failure_.message + QLatin1Char(' ') + failure_.hint;
            setState(Failed);
            break;
        case Outcome::Unloaded:
            return;
        case Outcome::Answered:
        case Outcome::Measured:
            return;
    }
    emit settled();
}

}  // namespace kinglet::gui
