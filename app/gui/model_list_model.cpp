#include "app/gui/model_list_model.h"

#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <algorithm>
#include <tuple>

#include "app/gui/model_catalogue.h"
#include "app/gui/settings.h"
#include "app/gui/words.h"

namespace kinglet::gui {

ModelListModel::ModelListModel(Settings& settings, ModelCatalogue& catalogue, QObject* parent)
    : QAbstractListModel(parent), settings_(settings), catalogue_(catalogue) {
    rescan_.setSingleShot(true);
    rescan_.setInterval(500);  // a file that is being copied changes many times
    connect(&rescan_, &QTimer::timeout, this, &ModelListModel::refresh);
    connect(&watcher_, &FileWatcher::changed, &rescan_, qOverload<>(&QTimer::start));
    connect(&catalogue_, &ModelCatalogue::scanned, this, &ModelListModel::onScanned);
    connect(&settings_, &Settings::modelsFolderChanged, this, [this] {
        emit folderChanged();
        if (started_) refresh();
    });
}

ModelListModel::~ModelListModel() = default;

int ModelListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : count();
}

QHash<int, QByteArray> ModelListModel::roleNames() const {
    return {{ModelIdRole, "modelId"},
            {PathRole, "path"},
            {NameRole, "name"},
            {QuantizationRole, "quantization"},
            {SizeBytesRole, "sizeBytes"},
            {SizeTextRole, "sizeText"},
            {ArchitectureRole, "architecture"},
            {ProblemRole, "problem"},
            {MissingRole, "missing"},
            {IsCurrentRole, "isCurrent"},
            {LastUsedRole, "lastUsed"},
            {SpeedTextRole, "speedText"},
            {DetailTextRole, "detailText"},
            {FolderTextRole, "folderText"},
            {BuiltInRole, "builtIn"},
            {VerifiedRole, "verified"},
            {SameAsRole, "sameAs"},
            {CopyProgressRole, "copyProgress"}};
}

namespace {

QString detailText(const ModelEntry& entry) {
    if (entry.missing) return ModelListModel::tr("The file is no longer there");
    if (!entry.problem.isEmpty()) return entry.problem;
    QString text = sizeText(entry.sizeBytes);
    if (entry.builtIn) return text + QStringLiteral(", ") + ModelListModel::tr("comes with Kinglet");
    if (entry.tokensPerSecond > 0) {
        text += QStringLiteral(", ") + ModelListModel::tr("used here");
    } else if (entry.parameterCount > 0) {
        text += QStringLiteral(", ") + parametersText(entry.parameterCount);
    }
    return text;
}

}  // namespace

QVariant ModelListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const ModelEntry& entry = entries_[shown_[static_cast<std::size_t>(index.row())]];
    switch (role) {
        case ModelIdRole:
        case PathRole:
            return entry.path;
        case Qt::DisplayRole:
        case NameRole:
            return entry.name;
        case QuantizationRole:
            return entry.quantization;
        case SizeBytesRole:
            return entry.sizeBytes;
        case SizeTextRole:
            return sizeText(entry.sizeBytes);
        case ArchitectureRole:
            return entry.architecture;
        case ProblemRole:
            return entry.missing ? tr("The file is no longer there.") : entry.problem;
        case MissingRole:
            return entry.missing;
        case IsCurrentRole:
            return !currentPath_.isEmpty() && entry.path == currentPath_;
        case LastUsedRole:
            return entry.lastUsed;
        case SpeedTextRole:
            return speedText(entry.tokensPerSecond);
        case DetailTextRole:
            return detailText(entry);
        case BuiltInRole:
            return entry.builtIn;
        case VerifiedRole:
            return entry.verified;
        case SameAsRole:
            if (const ModelEntry* other = entry.sameAs.isEmpty() ? nullptr : find(entry.sameAs))
                return tr("%1 in %2")
                    .arg(QFileInfo(other->path).fileName(),
                         QDir::toNativeSeparators(QFileInfo(other->path).path()));
            return QString();
        case CopyProgressRole:
            return copies_.value(entry.path, -1);
        case FolderTextRole:
            if (entry.builtIn) return tr("Comes with Kinglet");
            return QDir::toNativeSeparators(QFileInfo(entry.path).path());
        default:
            return {};
    }
}

void ModelListModel::setFilter(const QString& filter) {
    if (filter_ == filter) return;
    filter_ = filter;
    rebuild();
    emit filterChanged();
}

QUrl ModelListModel::folder() const {
    return settings_.modelsFolder();
}
void ModelListModel::setFolder(const QUrl& folder) {
    settings_.setModelsFolder(folder);
}

void ModelListModel::refresh() {
    started_ = true;
    if (scanning_) {
        scanAgain_ = true;
        return;
    }
    scanning_ = true;
    emit scanningChanged();
    catalogue_.scan(folder().toLocalFile());
}

void ModelListModel::onScanned(const QList<ModelEntry>& found) {
    entries_.assign(found.begin(), found.end());
    rebuild();
    watch();
    if (scanning_) {
        scanning_ = false;
        emit scanningChanged();
    }
    emit scanFinished();
    if (std::exchange(scanAgain_, false)) refresh();
}

void ModelListModel::watch() {
    QStringList wanted;
    const QString folderPath = folder().toLocalFile();
    if (!folderPath.isEmpty()) wanted.append(folderPath);
    for (const ModelEntry& entry : entries_) {
        if (entry.added && !entry.missing) wanted.append(entry.path);
    }
    watcher_.setPaths(wanted);
}

void ModelListModel::rebuild() {
    std::stable_sort(entries_.begin(), entries_.end(), [](const ModelEntry& a, const ModelEntry& b) {
        if (a.lastUsed != b.lastUsed) return a.lastUsed > b.lastUsed;
        if (a.builtIn != b.builtIn) return b.builtIn;
        return QString::localeAwareCompare(a.name, b.name) < 0;
    });
    std::vector<std::size_t> wanted;
    const QStringList words = filter_.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const QString text = entries_[i].name + QLatin1Char(' ') + entries_[i].quantization +
                             QLatin1Char(' ') + QFileInfo(entries_[i].path).fileName();
        if (std::all_of(words.begin(), words.end(),
                        [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); })) {
            wanted.push_back(i);
        }
    }
    beginResetModel();
    shown_ = std::move(wanted);
    endResetModel();
    emit countChanged();
}

const ModelEntry* ModelListModel::find(const QString& path) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.path == path; });
    return found == entries_.end() ? nullptr : &*found;
}

int ModelListModel::ownCount() const {
    return static_cast<int>(
        std::count_if(entries_.begin(), entries_.end(), [](const auto& entry) { return !entry.builtIn; }));
}

const ModelEntry* ModelListModel::firstChoice() const {
    constexpr int roomToChat = 1024;
    const auto rank = [](const ModelEntry& entry) {
        return std::make_tuple(!entry.chats, entry.contextLength < roomToChat, entry.sizeBytes);
    };
    const ModelEntry* best = nullptr;
    for (const ModelEntry& entry : entries_) {
        if (entry.builtIn || entry.missing || !entry.problem.isEmpty() || entry.sizeBytes <= 0) continue;
        if (!best || rank(entry) < rank(*best)) best = &entry;
    }
    return best;
}

void ModelListModel::load(const QString& modelId) {
    emit loadRequested(modelId);
}

void ModelListModel::remove(const QString& modelId) {
    const ModelEntry* entry = find(modelId);
    if (!entry || entry->builtIn) return;
    const QString name = entry->name;
    catalogue_.remove(modelId);
    entries_.erase(entries_.begin() + (entry - entries_.data()));
    rebuild();
    emit removed(modelId, name);
}

void ModelListModel::deleteFiles(const QString& modelId) {
    const ModelEntry* entry = find(modelId);
    const bool isOurs = entry && !entry->builtIn && !entry->missing &&
                        modelId.startsWith(folder().toLocalFile() + QLatin1Char('/'));
    if (!isOurs) return;
    emit deleting(modelId);
    catalogue_.trash(modelId);
}

void ModelListModel::restore(const QString& modelId) {
    catalogue_.restore(modelId);
    refresh();
}

void ModelListModel::reveal(const QString& modelId) {
    const QFileInfo file(modelId);
#if defined(Q_OS_WIN)
    QProcess::startDetached(QStringLiteral("explorer.exe"),
                            {QStringLiteral("/select,"), QDir::toNativeSeparators(modelId)});
#elif defined(Q_OS_MACOS)
    QProcess::startDetached(QStringLiteral("open"), {QStringLiteral("-R"), modelId});
#else
    QDesktopServices::openUrl(QUrl::fromLocalFile(file.path()));
#endif
}

void ModelListModel::addFile(const QUrl& file) {
    const QString path = file.toLocalFile();
    if (path.isEmpty()) return;
    if (!scanning_) {
        scanning_ = true;
        emit scanningChanged();
    }
    catalogue_.add(path, folder().toLocalFile());
}

void ModelListModel::setCurrentPath(const QString& path) {
    if (currentPath_ == path) return;
    currentPath_ = path;
    if (count() > 0) emit dataChanged(index(0), index(count() - 1), {IsCurrentRole});
}

void ModelListModel::noteUsed(const QString& path, const QDateTime& when) {
    catalogue_.noteUsed(path, when);
    for (ModelEntry& entry : entries_) {
        if (entry.path == path) entry.lastUsed = when;
    }
    rebuild();
}

void ModelListModel::setCopyProgress(const QString& path, double fraction) {
    if (fraction < 0) {
        copies_.remove(path);
    } else {
        copies_.insert(path, fraction);
    }
    if (count() > 0) emit dataChanged(index(0), index(count() - 1), {CopyProgressRole});
}

void ModelListModel::noteSpeed(const QString& path, double tokensPerSecond) {
    catalogue_.noteSpeed(path, tokensPerSecond);
    for (ModelEntry& entry : entries_) {
        if (entry.path == path) entry.tokensPerSecond = tokensPerSecond;
    }
    if (count() > 0) emit dataChanged(index(0), index(count() - 1), {SpeedTextRole, DetailTextRole});
}

}  // namespace kinglet::gui
