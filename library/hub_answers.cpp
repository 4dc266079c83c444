// What a hub's answers say.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QRegularExpression>
#include <algorithm>

#include "library/catalogue.h"
#include "library/hub.h"

namespace kinglet::library {

namespace {

constexpr qsizetype maxAnswer = 32 << 20;
constexpr qsizetype maxEntries = 20000;

storage::Error badAnswer(const QString& details) {
    return {storage::ErrorCode::Corrupt, QStringLiteral("The hub's answer makes no sense."),
            QStringLiteral("Check the address of the hub in the settings, then try again."), details};
}

/// A count as JSON has it; 0 for anything else.
qint64 countIn(const QJsonValue& value) {
    const double number = value.toDouble(0);
    return number > 0 && number < double(qint64(1) << 50) ? qint64(number) : 0;
}

/// false, "auto" or "manual".
bool isGated(const QJsonValue& value) {
    return value.isString() || value.toBool(false);
}

QString licenceAmong(const QJsonArray& tags) {
    for (const QJsonValue& tag : tags) {
        const QString text = tag.toString();
        if (text.startsWith(u"license:")) return text.mid(8).left(60);
    }
    return {};
}

QJsonDocument documentOf(const QByteArray& json) {
    return json.size() > maxAnswer ? QJsonDocument() : QJsonDocument::fromJson(json);
}

/// The parts of one model by their numbers.
struct Parts {
    int count = 0;
    QMap<int, HubFile> byNumber;
};

}  // namespace

storage::Result<QList<HubModel>> parseSearch(const QByteArray& json) {
    const QJsonDocument document = documentOf(json);
    if (!document.isArray()) return badAnswer(QStringLiteral("a search is answered by an array"));
    QList<HubModel> models;
    const QJsonArray rows = document.array();
    for (qsizetype i = 0; i < std::min(rows.size(), maxEntries); ++i) {
        const QJsonObject row = rows.at(i).toObject();
        HubModel model;
        model.repository = row.value(QLatin1String("id")).toString();
        if (!isRepositoryName(model.repository)) continue;
        model.downloads = countIn(row.value(QLatin1String("downloads")));
        model.likes = countIn(row.value(QLatin1String("likes")));
        model.gated = isGated(row.value(QLatin1String("gated")));
        model.licence = licenceAmong(row.value(QLatin1String("tags")).toArray());
        models << model;
    }
    return models;
}

storage::Result<HubFiles> parseFiles(const QByteArray& json) {
    static const QRegularExpression commit(QStringLiteral("^[0-9a-f]{40}$"));
    const QJsonDocument document = documentOf(json);
    const QJsonObject object = document.object();
    HubFiles answer;
    answer.commit = object.value(QLatin1String("sha")).toString();
    if (!commit.match(answer.commit).hasMatch()) return badAnswer(QStringLiteral("“sha” is no commit"));
    answer.gated = isGated(object.value(QLatin1String("gated")));
    const QJsonArray rows = object.value(QLatin1String("siblings")).toArray();
    for (qsizetype i = 0; i < std::min(rows.size(), maxEntries); ++i) {
        const QJsonObject row = rows.at(i).toObject();
        const QJsonObject stored = row.value(QLatin1String("lfs")).toObject();
        HubFile file;
        file.path = row.value(QLatin1String("rfilename")).toString();
        if (!isRepositoryPath(file.path)) continue;
        file.sha256 = sha256In(stored.value(QLatin1String("sha256")).toString());
        file.bytes = countIn(stored.isEmpty() ? row.value(QLatin1String("size"))
                                              : stored.value(QLatin1String("size")));
        answer.files << file;
    }
    return answer;
}

QList<QList<HubFile>> modelsAmong(const QList<HubFile>& files) {
    static const QRegularExpression partName(QStringLiteral(R"(^(.*)-(\d{5})-of-(\d{5})\.gguf$)"));
    QList<QList<HubFile>> models;
    QMap<QString, Parts> split;
    for (const HubFile& file : files) {
        const QString name = file.path.section(u'/', -1);
        if (!name.endsWith(u".gguf", Qt::CaseInsensitive) || name.startsWith(u"mmproj")) continue;
        const auto match = partName.match(file.path);
        if (!match.hasMatch()) {
            models << QList{file};
            continue;
        }
        Parts& parts = split[match.captured(1) + u'/' + match.captured(3)];
        parts.count = match.captured(3).toInt();
        parts.byNumber.insert(match.captured(2).toInt(), file);
    }
    for (const Parts& parts : std::as_const(split)) {
        const bool isWhole = parts.byNumber.size() == parts.count && parts.count > 0 &&
                             parts.byNumber.firstKey() == 1 && parts.byNumber.lastKey() == parts.count;
        if (isWhole) models << parts.byNumber.values();
    }
    return models;
}

QString quantizationIn(const QString& path) {
    static const QRegularExpression shape(
        QStringLiteral(R"((?:^|[-._])((?:I?Q[1-8](?:_[A-Z0-9]+)*)|(?:BF16|F16|F32|MXFP4))(?=$|[-._]))"),
        QRegularExpression::CaseInsensitiveOption);
    QString found;
    auto matches = shape.globalMatch(path.section(u'/', -1));
    while (matches.hasNext()) found = matches.next().captured(1).toUpper();
    return found;
}

}  // namespace kinglet::library
