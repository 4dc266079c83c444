// What a row of the models that can be had says, in words.
#include <QLocale>
#include <cmath>

#include "app/gui/offer_list_model.h"
#include "app/gui/words.h"
#include "library/hub.h"

namespace kinglet::gui {

namespace {

using library::Action;
using library::DownloadStatus;
using library::Fit;

constexpr double kSlow = 4;  // tokens a second, about as fast as people read aloud

/// "apache-2.0" as people write it; others stay as they are.
QString licenceText(const QString& id) {
    static const QHash<QString, QString> names = {
        {QStringLiteral("apache-2.0"), QStringLiteral("Apache 2.0")},
        {QStringLiteral("mit"), QStringLiteral("MIT")},
        {QStringLiteral("llama2"), QStringLiteral("Llama 2 licence")},
        {QStringLiteral("llama3.2"), QStringLiteral("Llama 3.2 licence")},
        {QStringLiteral("gemma"), QStringLiteral("Gemma terms")},
        {QStringLiteral("lfm1.0"), QStringLiteral("LFM licence")},
    };
    return names.value(id, id);
}

/// Numbers that a person can compare: two digits at most.
QString aboutTokens(double perSecond) {
    const double shown = perSecond >= 10 ? std::round(perSecond) : std::round(perSecond * 10) / 10;
    return OfferListModel::tr("about %1 tokens a second").arg(QLocale().toString(shown, 'g', 3));
}

QString waitText(const library::DownloadInfo& info) {
    return OfferListModel::tr("Tries again in %1").arg(durationText((info.waitMs + 999) / 1000));
}

/// "388 of 639 MB, 24 MB/s, 11 s left"
QString runText(const library::DownloadInfo& info) {
    QString text = info.total > 0
                       ? OfferListModel::tr("%1 of %2").arg(sizeText(info.received), sizeText(info.total))
                       : sizeText(info.received);
    if (info.bytesPerSecond > 0)
        text += OfferListModel::tr(", %1/s").arg(sizeText(static_cast<qint64>(info.bytesPerSecond)));
    if (info.secondsLeft >= 0) text += OfferListModel::tr(", %1 left").arg(durationText(info.secondsLeft));
    return text;
}

QString progressText(const library::DownloadInfo& info) {
    const QString done =
        info.total > 0 ? OfferListModel::tr("%1 of %2").arg(sizeText(info.received), sizeText(info.total))
                       : sizeText(info.received);
    switch (info.status) {
        case DownloadStatus::Queued:
            return OfferListModel::tr("Waits for its turn");
        case DownloadStatus::Running:
            return runText(info);
        case DownloadStatus::Waiting:
            return waitText(info);
        case DownloadStatus::Checking:
            return OfferListModel::tr("Being checked");
        case DownloadStatus::Paused:
            return OfferListModel::tr("Paused at %1").arg(done);
        case DownloadStatus::Failed:
            return info.received > 0 ? OfferListModel::tr("Stopped at %1").arg(done) : QString();
        case DownloadStatus::Elsewhere:
            return OfferListModel::tr("Another Kinglet fetches it: %1").arg(done);
    }
    return {};
}

/// A failed download's button, by what its problem asks for.
QString remedy(Action action) {
    switch (action) {
        case Action::StartOver:
            return QStringLiteral("startOver");
        case Action::GiveToken:
            return QStringLiteral("token");
        case Action::AskForAccess:
            return QStringLiteral("page");
        case Action::ChooseAnother:
            return QStringLiteral("remove");
        case Action::ChooseFolder:
            return QStringLiteral("folder");
        case Action::Retry:
        case Action::FreeSpace:
        case Action::CheckConnection:
        case Action::CheckProxy:
            break;
    }
    return QStringLiteral("retry");
}

QString formLabel(const library::CatalogueFile& form) {
    const QString size = form.bytes() > 0 ? sizeText(form.bytes()) : QString();
    const QString name = form.quantization.isEmpty() ? form.parts.value(0).path : form.quantization;
    return size.isEmpty() ? name : name + QStringLiteral(", ") + size;
}

}  // namespace

QString nextAction(const Offer& offer, const QString& status) {
    if (status == QLatin1String("here")) return QStringLiteral("chat");
    if (status == QLatin1String("files")) return QStringLiteral("files");
    if (status == QLatin1String("get")) return QStringLiteral("download");
    if (!offer.download) return {};
    switch (offer.download->status) {
        case DownloadStatus::Queued:
        case DownloadStatus::Running:
        case DownloadStatus::Waiting:
            return QStringLiteral("pause");
        case DownloadStatus::Paused:
            return QStringLiteral("resume");
        case DownloadStatus::Failed:
            return remedy(offer.download->problem ? offer.download->problem->action : Action::Retry);
        case DownloadStatus::Checking:
        case DownloadStatus::Elsewhere:
            break;
    }
    return {};
}

QString labelOf(const QString& action, const Offer& offer) {
    static const QHash<QString, const char*> labels = {
        {QStringLiteral("files"), QT_TR_NOOP("Show files")},
        {QStringLiteral("chat"), QT_TR_NOOP("Chat")},
        {QStringLiteral("pause"), QT_TR_NOOP("Pause")},
        {QStringLiteral("resume"), QT_TR_NOOP("Resume")},
        {QStringLiteral("retry"), QT_TR_NOOP("Try again")},
        {QStringLiteral("startOver"), QT_TR_NOOP("Start over")},
        {QStringLiteral("token"), QT_TR_NOOP("Give a token…")},
        {QStringLiteral("page"), QT_TR_NOOP("Open its page")},
        {QStringLiteral("folder"), QT_TR_NOOP("Change folder…")},
        {QStringLiteral("remove"), QT_TR_NOOP("Remove")},
    };
    if (action == QLatin1String("download")) {
        const bool known = offer.form >= 0 && offer.form < offer.model.files.size();
        const qint64 bytes = known ? offer.model.files.at(offer.form).bytes() : 0;
        return bytes > 0 ? OfferListModel::tr("Download %1").arg(sizeText(bytes))
                         : OfferListModel::tr("Download");
    }
    const auto found = labels.constFind(action);
    return found == labels.constEnd() ? QString() : OfferListModel::tr(*found);
}

QString OfferListModel::statusOf(const Offer& offer) const {
    if (offer.download) return library::nameOf(offer.download->status);
    if (!offer.path.isEmpty()) return QStringLiteral("here");
    if (offer.asking) return QStringLiteral("asking");
    return offer.model.files.isEmpty() ? QStringLiteral("files") : QStringLiteral("get");
}

library::Forecast OfferListModel::forecastOf(const Offer& offer) const {
    if (offer.form < 0 || offer.form >= offer.model.files.size()) return {};
    return library::forecast(offer.model, offer.model.files.at(offer.form), contextLength_, machine_);
}

QString OfferListModel::verdictOf(const Offer& offer, int* level) const {
    *level = 0;
    const library::Forecast here = forecastOf(offer);
    if (here.diskMissing > 0) {
        *level = 3;
        return tr("Needs %1 more room on the disk").arg(sizeText(here.diskMissing));
    }
    if (here.fit == Fit::No) {
        *level = 3;
        return tr("Needs %1 more memory than is free now").arg(sizeText(-here.memoryLeft));
    }
    if (offer.model.kind == library::ModelKind::Embedding) return tr("For search, not for chats");
    const QString speed = here.tokensPerSecond > 0 ? aboutTokens(here.tokensPerSecond) : QString();
    if (here.fit == Fit::Tight) {
        *level = 2;
        const QString left = sizeText(std::max<qint64>(0, here.memoryLeft));
        return speed.isEmpty() ? tr("Fits, but leaves %1 free").arg(left)
                               : tr("Fits, but leaves %1 free: %2").arg(left, speed);
    }
    if (here.fit == Fit::Unknown) return speed.isEmpty() ? QString() : tr("Here %1").arg(speed);
    if (speed.isEmpty()) {
        *level = 1;
        return tr("Fits into memory");
    }
    *level = here.tokensPerSecond < kSlow ? 2 : 1;
    return *level == 2 ? tr("Fits, but is slow here: %1").arg(speed) : tr("Runs well here: %1").arg(speed);
}

/// What fetching it takes of the disk and of time.
QString OfferListModel::costOf(const Offer& offer) const {
    const library::Forecast here = forecastOf(offer);
    if (here.disk == 0 || here.diskMissing > 0) return {};
    const QString size = here.guessed ? tr("about %1").arg(sizeText(here.disk)) : sizeText(here.disk);
    QString text = machine_.freeDisk > 0 ? tr("Takes %1 of %2 free").arg(size, sizeText(machine_.freeDisk))
                                         : tr("Takes %1").arg(size);
    if (here.seconds >= 0) text += tr(", about %1 at the last speed").arg(durationText(here.seconds));
    return text;
}

QStringList OfferListModel::pillsOf(const Offer& offer) const {
    QStringList pills;
    if (offer.form >= 0 && offer.form < offer.model.files.size()) {
        const library::CatalogueFile& form = offer.model.files.at(offer.form);
        if (!form.quantization.isEmpty()) pills << form.quantization;
        if (form.bytes() > 0) pills << sizeText(form.bytes());
    }
    if (offer.model.parameters > 0) pills << parametersText(offer.model.parameters);
    if (!offer.model.licence.isEmpty()) pills << licenceText(offer.model.licence);
    return pills;
}

QVariant OfferListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const Offer& offer = *shown_[static_cast<std::size_t>(index.row())];
    const library::DownloadInfo* info = offer.download ? &*offer.download : nullptr;
    const bool failed = info && info->status == DownloadStatus::Failed && info->problem;
    int level = 0;
    switch (role) {
        case OfferIdRole:
            return offer.model.id;
        case Qt::DisplayRole:
        case NameRole:
            return offer.model.name;
        case MakerRole:
            return offer.model.maker;
        case AboutRole:
            return offer.model.about;
        case PillsRole:
            return pillsOf(offer);
        case VerdictRole:
            return verdictOf(offer, &level);
        case VerdictLevelRole:
            verdictOf(offer, &level);
            return level;
        case CostTextRole:
            return info || !offer.path.isEmpty() ? QString() : costOf(offer);
        case StatusRole:
            return statusOf(offer);
        case ProgressRole:
            return info && info->total > 0 ? double(info->received) / double(info->total) : 0.0;
        case ProgressTextRole:
            return info ? progressText(*info) : offer.asking ? tr("Looking at its files…") : QString();
        case ProblemRole:
            return failed ? info->problem->message : offer.trouble;
        case ProblemHintRole:
            return failed ? info->problem->hint : QString();
        case ActionRole:
            return nextAction(offer, statusOf(offer));
        case ActionLabelRole:
            return labelOf(nextAction(offer, statusOf(offer)), offer);
        case TermsRole:
            return offer.model.terms;
        case PageRole: {
            const library::CatalogueFile form = offer.model.files.value(std::max(0, offer.form));
            const QString repository = !form.repository.isEmpty() ? form.repository
                                       : offer.fromHub            ? offer.model.id
                                                                  : QString();
            return repository.isEmpty() ? QString() : hub_.pageUrl(repository).toString();
        }
        case FormsRole: {
            QStringList labels;
            for (const library::CatalogueFile& form : offer.model.files) labels << formLabel(form);
            return labels;
        }
        case FormRole:
            return offer.form;
        case SectionRole:
            return offer.fromHub ? tr("Found on %1").arg(hub_.host()) : QString();
        case PathRole:
            return offer.path;
        default:
            return {};
    }
}

}  // namespace kinglet::gui
