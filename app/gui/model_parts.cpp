#include "app/gui/model_parts.h"

#include <QDateTime>
#include <QDir>
#include <QRegularExpression>
#include <algorithm>
#include <optional>

namespace kinglet::gui {

namespace {

constexpr int kMostParts = 1000;

struct PartName {
    QString stem;
    int number = 0;
    QString count;

    QString of(int part) const {
        return QStringLiteral("%1-%2-of-%3.gguf").arg(stem).arg(part, 5, 10, QLatin1Char('0')).arg(count);
    }
};

std::optional<PartName> partName(const QString& fileName) {
    static const QRegularExpression pattern(QStringLiteral("^(.*)-(\\d{5})-of-(\\d{5})\\.gguf$"),
                                            QRegularExpression::CaseInsensitiveOption);
    const auto match = pattern.match(fileName);
    if (!match.hasMatch()) return std::nullopt;
    return PartName{match.captured(1), match.captured(2).toInt(), match.captured(3)};
}

}  // namespace

QStringList filesOfModel(const QString& path) {
    const QFileInfo file(path);
    const auto name = partName(file.fileName());
    if (!name) return {path};
    QStringList files;
    const QDir folder = file.absoluteDir();
    const int count = std::min(name->count.toInt(), kMostParts);
    for (int i = 1; i <= count; ++i) {
        if (folder.exists(name->of(i))) files.append(folder.filePath(name->of(i)));
    }
    return files;
}

bool isLaterPart(const QFileInfo& file) {
    const auto name = partName(file.fileName());
    return name && name->number > 1 && file.dir().exists(name->of(1));
}

ModelFilesState stateOfModel(const QString& path) {
    ModelFilesState state;
    for (const QString& part : filesOfModel(path)) {
        const QFileInfo file(part);
        state.bytes += file.size();
        state.modifiedMs = std::max(state.modifiedMs, file.lastModified().toMSecsSinceEpoch());
    }
    return state;
}

}  // namespace kinglet::gui
