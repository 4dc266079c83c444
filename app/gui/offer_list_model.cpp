#include "app/gui/offer_list_model.h"

#include <QLocale>
#include <algorithm>

#include "app/gui/words.h"
#include "library/offer.h"

namespace kinglet::gui {

namespace {

const library::CatalogueFile* formOf(const Offer& offer) {
    return offer.form >= 0 && offer.form < offer.model.files.size() ? &offer.model.files.at(offer.form)
                                                                    : nullptr;
}

Offer looseOffer(const library::DownloadInfo& info) {
    Offer offer;
    offer.model.id = QStringLiteral("download:%1").arg(info.id);
    offer.model.name = info.name;
    offer.form = -1;
    offer.words = info.name;
    offer.download = info;
    return offer;
}

/// Whether the row would look different.
bool differ(const std::optional<library::DownloadInfo>& a, const std::optional<library::DownloadInfo>& b) {
    if (a.has_value() != b.has_value()) return true;
    if (!a) return false;
    const auto messageOf = [](const library::DownloadInfo& info) {
        return info.problem ? info.problem->message : QString();
    };
    return a->id != b->id || a->status != b->status || a->received != b->received || a->total != b->total ||
           a->bytesPerSecond != b->bytesPerSecond || a->waitMs != b->waitMs || messageOf(*a) != messageOf(*b);
}

}  // namespace

QString fileNameOf(const library::CatalogueModel& model, const library::CatalogueFile& form) {
    if (form.isCheckpoint) return model.id + QStringLiteral(".gguf");
    return form.parts.isEmpty() ? QString() : form.parts.first().path.section(QLatin1Char('/'), -1);
}

OfferListModel::OfferListModel(QObject* parent) : QAbstractListModel(parent) {}

int OfferListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : count();
}

QHash<int, QByteArray> OfferListModel::roleNames() const {
    return {{OfferIdRole, "offerId"},
            {NameRole, "name"},
            {MakerRole, "maker"},
            {AboutRole, "about"},
            {PillsRole, "pills"},
            {VerdictRole, "verdict"},
            {VerdictLevelRole, "verdictLevel"},
            {CostTextRole, "costText"},
            {StatusRole, "status"},
            {ProgressRole, "progress"},
            {ProgressTextRole, "progressText"},
            {ProblemRole, "problem"},
            {ProblemHintRole, "problemHint"},
            {ActionRole, "action"},
            {ActionLabelRole, "actionLabel"},
            {TermsRole, "terms"},
            {PageRole, "address"},
            {FormsRole, "forms"},
            {FormRole, "form"},
            {SectionRole, "section"},
            {PathRole, "path"}};
}

void OfferListModel::setFilter(const QString& words) {
    if (filter_ == words) return;
    filter_ = words;
    emit filterChanged();
    rebuild();
}

void OfferListModel::setCatalogue(const QList<library::CatalogueModel>& models) {
    beginResetModel();
    shown_.clear();
    catalogue_.clear();
    catalogue_.reserve(static_cast<std::size_t>(models.size()));
    for (const library::CatalogueModel& model : models) {
        Offer offer;
        offer.model = model;
        offer.model.entry = {};
        // What is made of a checkpoint is made by kinglet-cli.
        offer.model.files.removeIf([](const library::CatalogueFile& file) { return file.isCheckpoint; });
        if (offer.model.files.isEmpty()) continue;
        offer.words = library::wordsOf(model);
        locate(offer);
        catalogue_.push_back(std::move(offer));
    }
    endResetModel();
    rebuild();
}

void OfferListModel::setFound(const QList<library::HubModel>& found) {
    beginResetModel();
    shown_.clear();
    found_.clear();
    for (const library::HubModel& model : found) {
        Offer offer;
        offer.model = library::modelOf(model);
        offer.fromHub = true;
        offer.form = -1;
        offer.words = model.repository;
        offer.model.about =
            model.gated
                ? tr("%1 downloads. It asks for your agreement on its page.").arg(countText(model.downloads))
                : tr("%1 downloads").arg(countText(model.downloads));
        found_.push_back(std::move(offer));
    }
    endResetModel();
    rebuild();
}

void OfferListModel::setFiles(const QString& offerId, const library::HubFiles& files) {
    Offer* offer = changeable(offerId);
    if (!offer) return;
    offer->asking = false;
    offer->model.files = library::formsIn(offer->model.id, files);
    offer->form = static_cast<int>(library::usualForm(offer->model.files));
    offer->trouble = offer->form < 0 ? tr("It holds no file that Kinglet can run.") : QString();
    locate(*offer);
    changed(*offer);
}

void OfferListModel::setAsking(const QString& offerId) {
    Offer* offer = changeable(offerId);
    if (!offer) return;
    offer->asking = true;
    offer->trouble.clear();
    changed(*offer);
}

void OfferListModel::setTrouble(const QString& offerId, const QString& text) {
    Offer* offer = changeable(offerId);
    if (!offer) return;
    offer->asking = false;
    offer->trouble = text;
    changed(*offer);
}

void OfferListModel::setForm(const QString& offerId, int form) {
    Offer* offer = changeable(offerId);
    if (!offer || offer->download || form < 0 || form >= offer->model.files.size()) return;
    offer->form = form;
    locate(*offer);
    changed(*offer);
}

void OfferListModel::setDownloads(const QList<library::DownloadInfo>& downloads) {
    QHash<QString, library::DownloadInfo> byModel;
    for (const library::DownloadInfo& info : downloads)
        byModel.insert(info.details.value(QLatin1String("catalogue")).toString(), info);
    const auto take = [this, &byModel](std::vector<Offer>& offers) {
        for (Offer& offer : offers) {
            std::optional<library::DownloadInfo> info;
            if (const auto found = byModel.constFind(offer.model.id); found != byModel.constEnd())
                info = *found;
            if (!differ(offer.download, info)) continue;
            offer.download = info;
            if (info) {
                const QString wanted = info->details.value(QLatin1String("quantization")).toString();
                for (int form = 0; form < offer.model.files.size(); ++form) {
                    if (offer.model.files.at(form).quantization == wanted) offer.form = form;
                }
            }
            changed(offer);
        }
    };
    take(catalogue_);
    take(found_);
    std::vector<Offer> loose;
    for (const library::DownloadInfo& info : downloads) {
        const QString model = info.details.value(QLatin1String("catalogue")).toString();
        if (model.isEmpty() || !find(model)) loose.push_back(looseOffer(info));
    }
    const bool sameRows = std::equal(loose.begin(), loose.end(), loose_.begin(), loose_.end(),
                                     [](const Offer& a, const Offer& b) { return a.model.id == b.model.id; });
    if (!sameRows) {
        beginResetModel();
        shown_.clear();
        loose_ = std::move(loose);
        endResetModel();
        return rebuild();
    }
    for (std::size_t i = 0; i < loose.size(); ++i) {
        if (!differ(loose_[i].download, loose[i].download)) continue;
        loose_[i].download = loose[i].download;
        changed(loose_[i]);
    }
}

/// Finds out whether the chosen form is here; true where that is news.
bool OfferListModel::locate(Offer& offer) const {
    const library::CatalogueFile* form = formOf(offer);
    const QString path = form ? installed_.value(fileNameOf(offer.model, *form)) : QString();
    if (offer.path == path) return false;
    offer.path = path;
    return true;
}

void OfferListModel::setInstalled(const QHash<QString, QString>& paths) {
    if (installed_ == paths) return;
    installed_ = paths;
    for (std::vector<Offer>* offers : {&catalogue_, &found_}) {
        for (Offer& offer : *offers) {
            if (locate(offer)) changed(offer);
        }
    }
}

void OfferListModel::setMachine(const library::Machine& machine) {
    constexpr qint64 noticeable = 64 << 20;
    const bool same = qAbs(machine.availableMemory - machine_.availableMemory) < noticeable &&
                      qAbs(machine.freeDisk - machine_.freeDisk) < noticeable &&
                      machine.memoryBytesPerSecond == machine_.memoryBytesPerSecond &&
                      machine.downloadBytesPerSecond == machine_.downloadBytesPerSecond;
    if (same) return;
    machine_ = machine;
    allChanged({VerdictRole, VerdictLevelRole, CostTextRole});
}

void OfferListModel::setContextLength(int tokens) {
    if (contextLength_ == tokens || tokens <= 0) return;
    contextLength_ = tokens;
    allChanged({VerdictRole, VerdictLevelRole, CostTextRole});
}

void OfferListModel::setHub(const library::Hub& hub) {
    hub_ = hub;
    allChanged({PageRole});
}

void OfferListModel::rebuild() {
    const QStringList words = filter_.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    beginResetModel();
    shown_.clear();
    for (Offer& offer : loose_) shown_.push_back(&offer);
    for (Offer& offer : catalogue_) {
        if (library::matches(offer.words, words)) shown_.push_back(&offer);
    }
    for (Offer& offer : found_) shown_.push_back(&offer);
    endResetModel();
    emit countChanged();
}

void OfferListModel::changed(const Offer& offer) {
    const auto found = std::find(shown_.begin(), shown_.end(), &offer);
    if (found == shown_.end()) return;
    const QModelIndex row = index(static_cast<int>(found - shown_.begin()));
    emit dataChanged(row, row);
}

void OfferListModel::allChanged(const QList<int>& roles) {
    if (count() > 0) emit dataChanged(index(0), index(count() - 1), roles);
}

const Offer* OfferListModel::find(const QString& offerId) const {
    for (const std::vector<Offer>* offers : {&catalogue_, &found_, &loose_}) {
        const auto found = std::find_if(offers->begin(), offers->end(),
                                        [&](const Offer& offer) { return offer.model.id == offerId; });
        if (found != offers->end()) return &*found;
    }
    return nullptr;
}

Offer* OfferListModel::changeable(const QString& offerId) {
    return const_cast<Offer*>(find(offerId));
}

}  // namespace kinglet::gui
