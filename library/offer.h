// From what is offered to what is fetched and stored.
#pragma once

#include <QString>
#include <QUrl>

#include "library/catalogue.h"
#include "library/hub.h"
#include "storage/catalogue_store.h"
#include "storage/download_store.h"

namespace kinglet::library {

/// The download of one form of a model into a folder; a checkpoint gets a folder of its own in it.
storage::DownloadRecord recordFor(const CatalogueModel& model, const CatalogueFile& file,
                                  const QString& folder);

/// The models among a repository's files, as forms that can be fetched.
QList<CatalogueFile> formsIn(const QString& repository, const HubFiles& files);
/// The form to offer first: of middling quantization, or else the first; -1 where there is none.
qsizetype usualForm(const QList<CatalogueFile>& forms);
/// What is known of a repository that a search found, without its files.
CatalogueModel modelOf(const HubModel& found);

/// Whether a catalogue may be fetched from there: HTTPS, or this computer itself.
bool mayFetchCatalogue(const QUrl& url);

/// A catalogue as it is stored, and the models of stored rows. Rows that this Kinglet cannot read are left
/// out.
storage::CatalogueRecord recordOf(const Catalogue& catalogue, const QString& source);
QList<CatalogueModel> modelsOf(const storage::CatalogueRecord& record);

}  // namespace kinglet::library
