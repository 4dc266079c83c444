#include "library/catalogue.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QSet>
#include <QUrl>
#include <algorithm>
#include <array>
#include <cmath>

#include "library/offer.h"

// Outside of any namespace, as Qt wants it for resources of a static library.
static void initializeCatalogueResource() {
    Q_INIT_RESOURCE(catalogue);
}

namespace kinglet::library {

namespace {

constexpr int knownSchema = 1;
constexpr qsizetype maxBytes = 8 << 20;
constexpr qsizetype maxModels = 20000;
constexpr qsizetype maxFiles = 64;
constexpr qsizetype maxParts = 1000;
constexpr qint64 maxFileBytes = qint64(1) << 50;
constexpr int maxLine = 300;

constexpr std::array<const char*, 3> kindNames{"chat", "completion", "embedding"};

/// Reads fields and remembers the first thing that was wrong.
class Reader {
  public:
    explicit Reader(QString name) : m_name(std::move(name)) {}

    bool ok() const { return !m_error.has_value(); }
    storage::Error error() const { return *m_error; }

    void fail(const QString& where, const QString& what,
              storage::ErrorCode code = storage::ErrorCode::Corrupt) {
        if (m_error) return;
        m_error =
            storage::Error{code,
                           QStringLiteral("The catalogue “%1” is wrong: %2 %3.").arg(m_name, where, what),
                           QStringLiteral("The catalogue that you had stays in use."),
                           {}};
    }

    /// One line of text without control characters; required unless `optional`.
    QString text(const QJsonObject& object, const char* key, const QString& where, bool optional = false) {
        const QJsonValue value = object.value(QLatin1String(key));
        if (value.isUndefined() && optional) return {};
        const QString found = value.toString();
        if (!value.isString() || found.isEmpty() || found.size() > maxLine || found != found.trimmed()) {
            fail(where, QStringLiteral("has no proper “%1”").arg(QLatin1String(key)));
            return {};
        }
        for (const QChar c : found) {
            if (!c.isPrint() && !c.isSurrogate()) {
                fail(where, QStringLiteral("has a control character in “%1”").arg(QLatin1String(key)));
                return {};
            }
        }
        return found;
    }

    /// A whole number from 1 to `most`; 0 where it is left out.
    qint64 number(const QJsonObject& object, const char* key, const QString& where, qint64 most) {
        const QJsonValue value = object.value(QLatin1String(key));
        if (value.isUndefined()) return 0;
        const double found = value.toDouble(-1);
        if (!value.isDouble() || found < 1 || found > double(most) || found != std::floor(found)) {
            fail(where, QStringLiteral("has no proper “%1”").arg(QLatin1String(key)));
            return 0;
        }
        return qint64(found);
    }

    /// A list that is neither empty nor longer than `most`.
    QJsonArray list(const QJsonObject& object, const char* key, const QString& where, qsizetype most) {
        const QJsonValue value = object.value(QLatin1String(key));
        const QJsonArray array = value.toArray();
        if (!value.isArray() || array.isEmpty()) {
            fail(where, QStringLiteral("has no “%1”").arg(QLatin1String(key)));
        } else if (array.size() > most) {
            fail(where, QStringLiteral("has more than %1 “%2”").arg(most).arg(QLatin1String(key)),
                 storage::ErrorCode::Hostile);
            return {};
        }
        return array;
    }

  private:
    QString m_name;
    std::optional<storage::Error> m_error;
};

CataloguePart readPart(Reader& reader, const QJsonValue& value, const QString& where) {
    const QJsonObject object = value.toObject();
    CataloguePart part;
    part.path = reader.text(object, "path", where);
    part.bytes = reader.number(object, "bytes", where, maxFileBytes);
    const QString sha = reader.text(object, "sha256", where, true);
    part.sha256 = sha256In(sha);
    if (reader.ok() && !isRepositoryPath(part.path))
        reader.fail(where, QStringLiteral("has an unsafe “path”"));
    if (reader.ok() && part.sha256 != sha) reader.fail(where, QStringLiteral("has a “sha256” that is none"));
    return part;
}

CatalogueFile readFile(Reader& reader, const QJsonValue& value, const QString& where) {
    static const QRegularExpression commit(QStringLiteral("^[0-9a-f]{40}$"));
    const QJsonObject object = value.toObject();
    CatalogueFile file;
    file.quantization = reader.text(object, "quantization", where);
    file.repository = reader.text(object, "repository", where);
    file.revision = reader.text(object, "revision", where, true);
    const QString format = reader.text(object, "format", where, true);
    file.isCheckpoint = format == u"checkpoint";
    if (!format.isEmpty() && format != u"gguf" && !file.isCheckpoint)
        reader.fail(where, QStringLiteral("has an unknown “format”"));
    if (reader.ok() && !isRepositoryName(file.repository))
        reader.fail(where, QStringLiteral("has a “repository” that is none"));
    if (reader.ok() && !file.revision.isEmpty() && !commit.match(file.revision).hasMatch())
        reader.fail(where, QStringLiteral("has a “revision” that is no commit"));
    const QJsonArray parts = reader.list(object, "parts", where, maxParts);
    QSet<QString> names;
    for (qsizetype i = 0; i < parts.size() && reader.ok(); ++i) {
        const QString place = QStringLiteral("%1, part %2").arg(where).arg(i + 1);
        file.parts << readPart(reader, parts.at(i), place);
        const QString& path = file.parts.last().path;
        if (!file.isCheckpoint && !path.endsWith(u".gguf", Qt::CaseInsensitive))
            reader.fail(place, QStringLiteral("is not a GGUF file"));
        if (names.contains(path)) reader.fail(place, QStringLiteral("is there twice"));
        names.insert(path);
    }
    return file;
}

void readFacts(Reader& reader, const QJsonObject& object, const QString& where, CatalogueModel& model) {
    model.name = reader.text(object, "name", where);
    model.maker = reader.text(object, "maker", where);
    model.family = reader.text(object, "family", where, true);
    model.architecture = reader.text(object, "architecture", where);
    model.parameters = reader.number(object, "parameters", where, qint64(1) << 50);
    model.contextLength = int(reader.number(object, "context_length", where, 1 << 30));
    model.cacheBytesPerToken = reader.number(object, "cache_bytes_per_token", where, 1 << 30);
    model.licence = reader.text(object, "licence", where);
    model.terms = reader.text(object, "terms", where, true);
    model.source = reader.text(object, "source", where, true);
    model.about = reader.text(object, "about", where);
    const QUrl terms(model.terms, QUrl::StrictMode);
    if (!model.terms.isEmpty() && (!terms.isValid() || terms.scheme() != u"https"))
        reader.fail(where, QStringLiteral("has “terms” that are no HTTPS address"));
    const QString kind = reader.text(object, "kind", where);
    const auto found = std::find_if(kindNames.begin(), kindNames.end(),
                                    [&](const char* name) { return kind == QLatin1String(name); });
    if (found == kindNames.end()) {
        reader.fail(where, QStringLiteral("has an unknown “kind”"));
    } else {
        model.kind = static_cast<ModelKind>(found - kindNames.begin());
    }
}

CatalogueModel readModel(Reader& reader, const QJsonValue& value, qsizetype index) {
    static const QRegularExpression plain(QStringLiteral("^[a-z0-9][a-z0-9._-]{0,99}$"));
    const QJsonObject object = value.toObject();
    QString where = QStringLiteral("model %1").arg(index + 1);
    CatalogueModel model;
    model.entry = object;
    model.id = reader.text(object, "id", where);
    if (reader.ok() && !plain.match(model.id).hasMatch())
        reader.fail(where, QStringLiteral("has an “id” that is none"));
    where = QStringLiteral("model “%1”").arg(model.id);
    readFacts(reader, object, where, model);
    const QJsonArray files = reader.list(object, "files", where, maxFiles);
    for (qsizetype i = 0; i < files.size() && reader.ok(); ++i)
        model.files << readFile(reader, files.at(i), QStringLiteral("%1, file %2").arg(where).arg(i + 1));
    return model;
}

}  // namespace

QString nameOf(ModelKind kind) {
    return QString::fromLatin1(kindNames.at(static_cast<std::size_t>(kind)));
}

qint64 CatalogueFile::bytes() const {
    qint64 sum = 0;
    for (const CataloguePart& part : parts) {
        if (part.bytes == 0) return 0;
        sum += part.bytes;
    }
    return sum;
}

const CatalogueModel* Catalogue::find(const QString& id) const {
    const auto found = std::find_if(models.begin(), models.end(), [&](const CatalogueModel& model) {
        return model.id.compare(id, Qt::CaseInsensitive) == 0;
    });
    return found == models.end() ? nullptr : &*found;
}

QList<const CatalogueModel*> Catalogue::search(const QString& words) const {
    const QStringList wanted = words.split(u' ', Qt::SkipEmptyParts);
    QList<const CatalogueModel*> found;
    for (const CatalogueModel& model : models) {
        if (matches(wordsOf(model), wanted)) found << &model;
    }
    return found;
}

QString wordsOf(const CatalogueModel& model) {
    return QStringList{model.id,           model.name,  model.maker,       model.family,
                       model.architecture, model.about, nameOf(model.kind)}
        .join(u'\n');
}

bool matches(const QString& words, const QStringList& wanted) {
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const QString& word) { return words.contains(word, Qt::CaseInsensitive); });
}

storage::Result<CatalogueModel> modelFromJson(const QJsonObject& entry) {
    Reader reader(QStringLiteral("library"));
    CatalogueModel model = readModel(reader, entry, 0);
    if (!reader.ok()) return reader.error();
    return model;
}

storage::Result<Catalogue> parseCatalogue(const QByteArray& json, const QString& name) {
    Reader reader(name);
    if (json.size() > maxBytes) {
        reader.fail(QStringLiteral("the text"), QStringLiteral("is larger than 8 MiB"),
                    storage::ErrorCode::Hostile);
        return reader.error();
    }
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(json, &problem);
    if (!document.isObject()) {
        reader.fail(QStringLiteral("the text"), QStringLiteral("is not a JSON object"));
        storage::Error error = reader.error();
        error.details = problem.errorString();
        return error;
    }
    const QJsonObject object = document.object();
    const QString where = QStringLiteral("the beginning");
    Catalogue catalogue;
    catalogue.schema = int(reader.number(object, "schema", where, 1 << 20));
    catalogue.revision = reader.number(object, "revision", where, qint64(1) << 50);
    if (reader.ok() && catalogue.schema > knownSchema)
        reader.fail(where, QStringLiteral("names a schema that this Kinglet does not know"),
                    storage::ErrorCode::Newer);
    if (reader.ok() && (catalogue.schema == 0 || catalogue.revision == 0))
        reader.fail(where, QStringLiteral("has no “schema” or no “revision”"));
    catalogue.address = QUrl(reader.text(object, "address", where, true), QUrl::StrictMode);
    if (reader.ok() && !catalogue.address.isEmpty() && !mayFetchCatalogue(catalogue.address))
        reader.fail(where, QStringLiteral("has an “address” that does not begin with https://"));
    if (!reader.ok()) return reader.error();
    const QJsonArray models = reader.list(object, "models", where, maxModels);
    QSet<QString> ids;
    for (qsizetype i = 0; i < models.size() && reader.ok(); ++i) {
        catalogue.models << readModel(reader, models.at(i), i);
        const QString& id = catalogue.models.last().id;
        if (ids.contains(id))
            reader.fail(QStringLiteral("model “%1”").arg(id), QStringLiteral("is there twice"));
        ids.insert(id);
    }
    if (!reader.ok()) return reader.error();
    return catalogue;
}

const Catalogue& builtInCatalogue() {
    static const Catalogue catalogue = [] {
        initializeCatalogueResource();
        QFile file(QStringLiteral(":/kinglet/catalogue.json"));
        if (!file.open(QIODevice::ReadOnly)) qFatal("The built-in catalogue is missing.");
        auto parsed = parseCatalogue(file.readAll(), QStringLiteral("catalogue.json"));
        if (!parsed) qFatal("%s", qPrintable(parsed.error().message));  // a test reads it before it ships
        return std::move(parsed).value();
    }();
    return catalogue;
}

storage::Result<void> mayReplace(const Catalogue& current, const Catalogue& candidate) {
    if (candidate.revision > current.revision) return {};
    return storage::Error{
        storage::ErrorCode::Invalid, QStringLiteral("That catalogue is not newer than the one in use."),
        QStringLiteral("The catalogue that you had stays in use."),
        QStringLiteral("revision %1, in use %2").arg(candidate.revision).arg(current.revision)};
}

bool isRepositoryName(const QString& text) {
    static const QRegularExpression shape(
        QStringLiteral("^[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$"));
    return shape.match(text).hasMatch() && !text.contains(u"..");
}

bool isRepositoryPath(const QString& text) {
    if (text.isEmpty() || text.size() > 500 || text.contains(u'\\') || text.contains(u':')) return false;
    const QStringList names = text.split(u'/');
    return std::all_of(names.begin(), names.end(), [](const QString& name) {
        const bool printable =
            std::all_of(name.begin(), name.end(), [](QChar c) { return c.isPrint() || c.isSurrogate(); });
        return !name.isEmpty() && name != u"." && name != u".." && printable;
    });
}

QString sha256In(QString text) {
    static const QRegularExpression shape(QStringLiteral("^[0-9a-f]{64}$"));
    text = text.trimmed();
    if (text.startsWith(u"W/")) text.remove(0, 2);
    if (text.size() >= 2 && text.startsWith(u'"') && text.endsWith(u'"')) text = text.mid(1, text.size() - 2);
    text = text.toLower();
    return shape.match(text).hasMatch() ? text : QString();
}

}  // namespace kinglet::library
