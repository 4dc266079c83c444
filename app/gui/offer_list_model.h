// The models that can be had, with how they would run here and how far they have come.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QHash>
#include <QString>
#include <QStringList>
#include <vector>

#include "library/catalogue.h"
#include "library/download_queue.h"
#include "library/forecast.h"

namespace kinglet::gui {

/// One row: a model of a catalogue, a repository that a search found, or a download of neither.
struct Offer {
    library::CatalogueModel model;
    int form = 0;          ///< index into model.files
    bool fromHub = false;  ///< found by a search; its files are known only once they were asked for
    bool asking = false;   ///< they are being asked for
    QString words;         ///< what the filter looks through
    QString trouble;       ///< why its files are not known
    QString path;          ///< where it lies on this computer; empty: nowhere
    std::optional<library::DownloadInfo> download;
};

/// Rows: downloads of neither, the catalogue's in its order, then what was found. All data is in memory.
class OfferListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("ModelLibrary.offers is the one instance")
    Q_PROPERTY(QString filter READ filter WRITE setFilter NOTIFY filterChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
  public:
    enum Role {
        OfferIdRole = Qt::UserRole + 1,
        NameRole,
        MakerRole,
        AboutRole,
        PillsRole,
        VerdictRole,
        VerdictLevelRole,  ///< 0 not known, 1 good, 2 with a catch, 3 no
        CostTextRole,
        StatusRole,  ///< "get", "files", "asking", "here", or library::nameOf(DownloadStatus)
        ProgressRole,
        ProgressTextRole,
        ProblemRole,
        ProblemHintRole,
        ActionRole,  ///< what the one button does: see nextAction()
        ActionLabelRole,
        TermsRole,
        PageRole,
        FormsRole,
        FormRole,
        SectionRole,
        PathRole,
    };

    explicit OfferListModel(QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QHash<int, QByteArray> roleNames() const override;

    QString filter() const { return filter_; }
    void setFilter(const QString& words);
    int count() const { return static_cast<int>(shown_.size()); }

    void setCatalogue(const QList<library::CatalogueModel>& models);
    /// Replaces what an earlier search found.
    void setFound(const QList<library::HubModel>& found);
    void setFiles(const QString& offerId, const library::HubFiles& files);
    void setAsking(const QString& offerId);
    void setTrouble(const QString& offerId, const QString& text);
    void setForm(const QString& offerId, int form);
    void setDownloads(const QList<library::DownloadInfo>& downloads);
    /// Files on this computer: their names and where they lie.
    void setInstalled(const QHash<QString, QString>& paths);
    void setMachine(const library::Machine& machine);
    const library::Machine& machine() const { return machine_; }
    void setContextLength(int tokens);
    /// Address of a repository's page, for the menu.
    void setHub(const library::Hub& hub);

    const Offer* find(const QString& offerId) const;

  signals:
    void filterChanged();
    void countChanged();

  private:
    enum class Source { Download, Catalogue, Found };

    Offer* changeable(const QString& offerId);
    void rebuild();
    void changed(const Offer& offer);
    void allChanged(const QList<int>& roles);
    bool locate(Offer& offer) const;
    library::Forecast forecastOf(const Offer& offer) const;
    QString verdictOf(const Offer& offer, int* level) const;
    QString costOf(const Offer& offer) const;
    QString statusOf(const Offer& offer) const;
    QStringList pillsOf(const Offer& offer) const;

    std::vector<Offer> loose_;  ///< downloads that belong to no other row
    std::vector<Offer> catalogue_;
    std::vector<Offer> found_;
    std::vector<Offer*> shown_;
    QHash<QString, QString> installed_;
    QString filter_;
    library::Machine machine_;
    library::Hub hub_;
    int contextLength_ = 4096;
};

/// What the one button of a row does: "download", "files", "chat", "pause", "resume", "retry", "startOver",
/// "token", "page", "folder", "remove" or nothing; and how it says so.
QString nextAction(const Offer& offer, const QString& status);
QString labelOf(const QString& action, const Offer& offer);
/// Where a form lies once it was fetched: its file's name.
QString fileNameOf(const library::CatalogueModel& model, const library::CatalogueFile& form);

}  // namespace kinglet::gui
