// The list of models that Kinglet offers. The format is docs/catalogue.md.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QUrl>
#include <optional>

#include "storage/result.h"

namespace kinglet::library {

/// What a model is for: chat has turns, completion continues a text, embedding turns text into numbers.
enum class ModelKind { Chat, Completion, Embedding };
QString nameOf(ModelKind kind);

/// One file as it lies in its repository.
struct CataloguePart {
    QString path;
    qint64 bytes = 0;  ///< 0: not known
    QString sha256;    ///< 64 lower-case hex digits; empty: not known
};

/// One form in which a model can be had: one GGUF file, several parts of one, or a checkpoint to convert.
struct CatalogueFile {
    QString quantization;
    QString repository;  ///< "owner/name"
    QString revision;    ///< a commit; empty: whatever the main branch is when the download begins
    bool isCheckpoint = false;
    QList<CataloguePart> parts;

    qint64 bytes() const;  ///< of all parts; 0 where one is not known
};

struct CatalogueModel {
    QString id;
    QString name;
    QString maker;
    QString family;
    ModelKind kind = ModelKind::Chat;
    QString architecture;
    qint64 parameters = 0;  ///< 0: not known
    int contextLength = 0;
    QString licence;  ///< the hub's id of it
    QString terms;    ///< page with terms that must be accepted before the download; empty: none
    QString source;   ///< repository of the original weights
    QString about;    ///< what it is good and bad at, one line
    qint64 cacheBytesPerToken = 0;  ///< keys and values in F16; 0: not known
    QList<CatalogueFile> files;
    QJsonObject entry;  ///< all of this as the catalogue has it
};

/// A whole catalogue. Of two catalogues the one with the higher revision is the newer.
struct Catalogue {
    int schema = 0;
    qint64 revision = 0;
    QUrl address;  ///< where newer editions of it are published; empty: nowhere
    QList<CatalogueModel> models;

    const CatalogueModel* find(const QString& id) const;
    /// Models in whose id, name, maker, family, architecture or line all words occur, as in the catalogue.
    QList<const CatalogueModel*> search(const QString& words) const;
};

/// Reads and checks a catalogue; all of it must be right. `name` is for the error. Bounded: 8 MiB of text,
/// 20000 models, 64 files a model, 1000 parts a file. Errors: Hostile beyond these, Newer for a schema that
/// this Kinglet does not know, Corrupt for anything else, with the place that is wrong in the sentence.
storage::Result<Catalogue> parseCatalogue(const QByteArray& json, const QString& name);

/// One model of a catalogue, by the same rules.
storage::Result<CatalogueModel> modelFromJson(const QJsonObject& entry);

/// What a search looks through.
QString wordsOf(const CatalogueModel& model);
/// Whether all words of a search occur in that, whatever their case.
bool matches(const QString& words, const QStringList& wanted);

/// The one that is built in.
const Catalogue& builtInCatalogue();

/// Whether `candidate` may take the place of `current`: only a newer one may.
storage::Result<void> mayReplace(const Catalogue& current, const Catalogue& candidate);

/// Whether the text is "owner/name" as the hub allows it.
bool isRepositoryName(const QString& text);
/// Whether it is a relative path that stays in its folder, of plain names.
bool isRepositoryPath(const QString& text);
/// Lower-case hex digits if it is a SHA-256 (quotes and a W/ prefix are taken off), else empty.
QString sha256In(QString text);

}  // namespace kinglet::library
