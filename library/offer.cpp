#include "library/offer.h"

#include <QDir>
#include <QHostAddress>
#include <algorithm>

namespace kinglet::library {

storage::DownloadRecord recordFor(const CatalogueModel& model, const CatalogueFile& file,
                                  const QString& folder) {
    storage::DownloadRecord record;
    record.name = model.name;
    record.details = {{QStringLiteral("catalogue"), model.id},
                      {QStringLiteral("quantization"), file.quantization}};
    QString place = folder;
    if (file.isCheckpoint) {
        place = QDir(folder).filePath(model.id);
        record.details.insert(QStringLiteral("checkpoint"), QDir::cleanPath(place));
    }
    for (const CataloguePart& part : file.parts) {
        storage::DownloadFile wanted;
        wanted.repository = file.repository;
        wanted.revision = file.revision;
        wanted.path = part.path;
        wanted.target = QDir::cleanPath(QDir(place).filePath(part.path.section(u'/', -1)));
        wanted.bytes = part.bytes;
        wanted.sha256 = part.sha256;
        record.files << wanted;
    }
    return record;
}

QList<CatalogueFile> formsIn(const QString& repository, const HubFiles& files) {
    QList<CatalogueFile> forms;
    for (const QList<HubFile>& parts : modelsAmong(files.files)) {
        CatalogueFile form;
        form.quantization = quantizationIn(parts.first().path);
        form.repository = repository;
        form.revision = files.commit;
        for (const HubFile& part : parts) form.parts << CataloguePart{part.path, part.bytes, part.sha256};
        forms << form;
    }
    return forms;
}

qsizetype usualForm(const QList<CatalogueFile>& forms) {
    for (const char* usual : {"Q4_K_M", "Q4_0", "Q8_0"}) {
        const auto found = std::find_if(forms.begin(), forms.end(), [usual](const CatalogueFile& form) {
            return form.quantization.compare(QLatin1String(usual), Qt::CaseInsensitive) == 0;
        });
        if (found != forms.end()) return found - forms.begin();
    }
    return forms.isEmpty() ? -1 : 0;
}

CatalogueModel modelOf(const HubModel& found) {
    CatalogueModel model;
    model.id = found.repository;
    model.name = found.repository.section(u'/', 1);
    model.maker = found.repository.section(u'/', 0, 0);
    model.licence = found.licence;
    return model;
}

bool mayFetchCatalogue(const QUrl& url) {
    if (!url.isValid() || url.host().isEmpty()) return false;
    const bool isHere = url.host() == u"localhost" || QHostAddress(url.host()).isLoopback();
    return url.scheme() == u"https" || (url.scheme() == u"http" && isHere);
}

storage::CatalogueRecord recordOf(const Catalogue& catalogue, const QString& source) {
    storage::CatalogueRecord record;
    record.source = source;
    record.revision = catalogue.revision;
    for (const CatalogueModel& model : catalogue.models)
        record.rows << storage::CatalogueRow{model.id, nameOf(model.kind), wordsOf(model), model.entry};
    return record;
}

QList<CatalogueModel> modelsOf(const storage::CatalogueRecord& record) {
    QList<CatalogueModel> models;
    models.reserve(record.rows.size());
    for (const storage::CatalogueRow& row : record.rows) {
        const auto parsed = modelFromJson(row.entry);
        if (parsed) models << *parsed;
    }
    return models;
}

}  // namespace kinglet::library
