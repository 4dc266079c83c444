#include "library/other_apps.h"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QSet>
#include <algorithm>

namespace kinglet::library {

namespace {

constexpr int mostFiles = 5000;
constexpr qint64 mostManifest = 1 << 20;
constexpr qint64 leastModel = 64 << 10;

/// What is found, each file once however many names lead to it.
class Finds {
  public:
    Finds(const std::function<bool()>& stop) : m_stop(stop) {}

    bool full() const { return m_seen >= mostFiles || m_stop(); }
    void add(const QString& app, const QString& name, const QString& path) {
        ++m_seen;
        const QFileInfo file(path);
        const QString real = file.canonicalFilePath();
        if (real.isEmpty() || !file.isFile() || file.size() < leastModel || m_known.contains(real)) return;
        m_known.insert(real);
        models << ForeignModel{app, name, file.absoluteFilePath(), file.size()};
    }

    QList<ForeignModel> models;

  private:
    const std::function<bool()>& m_stop;
    QSet<QString> m_known;
    int m_seen = 0;
};

/// Whether it is a language model by its name, and of several parts the first.
bool isModelName(const QString& name) {
    static const QRegularExpression laterPart(QStringLiteral("-\\d{5}-of-\\d{5}\\.gguf$"),
                                              QRegularExpression::CaseInsensitiveOption);
    if (!name.endsWith(u".gguf", Qt::CaseInsensitive) || name.startsWith(u"mmproj", Qt::CaseInsensitive))
        return false;
    return !laterPart.match(name).hasMatch() || name.contains(u"-00001-of-");
}

/// GGUF files below a folder; links to folders are not followed, links to files are (a cache is made of
/// them).
void addTree(const QString& app, const QString& folder, Finds& finds,
             const std::function<QString(const QFileInfo&)>& nameOf) {
    QDirIterator files(folder, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext() && !finds.full()) {
        const QFileInfo file(files.next());
        if (isModelName(file.fileName())) finds.add(app, nameOf(file), file.absoluteFilePath());
    }
}

QString plainName(const QFileInfo& file) {
    return file.completeBaseName();
}

/// models--OWNER--NAME/snapshots/COMMIT/FILE
QString huggingFaceName(const QFileInfo& file) {
    static const QRegularExpression repository(QStringLiteral("/models--([^/]+)/snapshots/"));
    const auto match = repository.match(file.absoluteFilePath());
    if (!match.hasMatch()) return plainName(file);
    return match.captured(1).section(QStringLiteral("--"), 1) + QStringLiteral(": ") + plainName(file);
}

/// Ollama keeps contents by checksum; its manifests say which of them is a model and what it is called.
void addOllama(const QString& folder, Finds& finds) {
    const QDir manifests(QDir(folder).filePath(QStringLiteral("manifests")));
    QDirIterator files(manifests.path(), QDir::Files, QDirIterator::Subdirectories);
    static const QRegularExpression digest(QStringLiteral("^sha256[:-]([0-9a-f]{64})$"));
    while (files.hasNext() && !finds.full()) {
        QFile file(files.next());
        if (file.size() > mostManifest || !file.open(QIODevice::ReadOnly)) continue;
        const QJsonArray layers =
            QJsonDocument::fromJson(file.readAll()).object().value(QStringLiteral("layers")).toArray();
        for (const QJsonValue& layer : layers) {
            if (layer[QStringLiteral("mediaType")].toString() != u"application/vnd.ollama.image.model")
                continue;
            const auto match = digest.match(layer[QStringLiteral("digest")].toString());
            if (!match.hasMatch()) continue;
            // .../registry.ollama.ai/library/NAME/TAG
            const QStringList names = manifests.relativeFilePath(file.fileName()).split(u'/');
            const QString name =
                names.size() >= 2 ? names.at(names.size() - 2) + u':' + names.last() : names.last();
            finds.add(QStringLiteral("Ollama"), name,
                      QDir(folder).filePath(QStringLiteral("blobs/sha256-") + match.captured(1)));
        }
    }
}

}  // namespace

ForeignPlaces ForeignPlaces::own() {
    // The last is where Ollama's service keeps them on Linux.
    return {QDir::homePath(),
            [](const char* name) { return qEnvironmentVariable(name); },
            {QStringLiteral("/usr/share/ollama/.ollama/models")}};
}

QList<ForeignModel> findForeignModels(const ForeignPlaces& places, const std::function<bool()>& stop) {
    const auto inHome = [&places](const char* path) {
        return QDir(places.home).filePath(QString::fromLatin1(path));
    };
    const auto chosen = [&places](const char* variable, const QString& otherwise) {
        const QString value = places.environment(variable);
        return value.isEmpty() ? otherwise : value;
    };
    Finds finds(stop);
    const QString cache = chosen("XDG_CACHE_HOME", inHome(".cache"));
    const QString hub =
        chosen("HF_HOME", QDir(cache).filePath(QStringLiteral("huggingface"))) + QStringLiteral("/hub");
    addTree(QStringLiteral("Hugging Face"), chosen("HF_HUB_CACHE", hub), finds, huggingFaceName);
    for (const QString& folder :
         places.ollama + QStringList{chosen("OLLAMA_MODELS", inHome(".ollama/models"))})
        addOllama(folder, finds);
    for (const char* folder : {".lmstudio/models", ".cache/lm-studio/models"})
        addTree(QStringLiteral("LM Studio"), inHome(folder), finds, plainName);
    const QString data = chosen("XDG_DATA_HOME", inHome(".local/share"));
    for (const QString& folder :
         {QDir(data).filePath(QStringLiteral("nomic.ai/GPT4All")),
          inHome("Library/Application Support/nomic.ai/GPT4All"),
          chosen("LOCALAPPDATA", inHome("AppData/Local")) + QStringLiteral("/nomic.ai/GPT4All")})
        addTree(QStringLiteral("GPT4All"), folder, finds, plainName);
    std::sort(finds.models.begin(), finds.models.end(), [](const ForeignModel& a, const ForeignModel& b) {
        return a.app == b.app ? a.name.compare(b.name, Qt::CaseInsensitive) < 0 : a.app < b.app;
    });
    return finds.models;
}

}  // namespace kinglet::library
