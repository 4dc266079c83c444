#include "app/gui/words.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>
#include <QRegularExpression>
#include <algorithm>

namespace kinglet::gui {

QString sizeText(qint64 bytes) {
    const QLocale locale;
    const double number = static_cast<double>(bytes);
    if (number < 1e3) return QCoreApplication::translate("Words", "%1 bytes").arg(locale.toString(bytes));
    if (number < 1e6)
        return QCoreApplication::translate("Words", "%1 KB").arg(locale.toString(number / 1e3, 'f', 0));
    if (number < 1e9) {
        return QCoreApplication::translate("Words", "%1 MB")
            .arg(locale.toString(number / 1e6, 'f', number < 1e7 ? 1 : 0));
    }
    return QCoreApplication::translate("Words", "%1 GB").arg(locale.toString(number / 1e9, 'f', 1));
}

QString countText(qint64 number) {
    return QLocale().toString(number);
}

QString speedText(double tokensPerSecond) {
    if (tokensPerSecond <= 0) return {};
    return QCoreApplication::translate("Words", "%1 tokens/s")
        .arg(QLocale().toString(tokensPerSecond, 'f', tokensPerSecond < 10 ? 1 : 0));
}

QString durationText(qint64 seconds) {
    if (seconds < 60) return QCoreApplication::translate("Words", "%1 s").arg(std::max<qint64>(seconds, 1));
    const qint64 minutes = (seconds + 30) / 60;
    if (minutes < 60) return QCoreApplication::translate("Words", "%1 min").arg(minutes);
    return QCoreApplication::translate("Words", "%1 h %2 min").arg(minutes / 60).arg(minutes % 60);
}

QString parametersText(qint64 count) {
    if (count <= 0) return {};
    const double billions = static_cast<double>(count) / 1e9;
    return billions >= 0.95 ? QCoreApplication::translate("Words", "%1 billion parameters")
                                  .arg(QLocale().toString(billions, 'f', 1))
                            : QCoreApplication::translate("Words", "%1 million parameters")
                                  .arg(QLocale().toString(billions * 1000, 'f', billions < 0.01 ? 1 : 0));
}

QString sentence(const QString& text, const QString& path) {
    QString result = text.trimmed();
    if (!path.isEmpty()) result.replace(path, QFileInfo(path).fileName());
    if (result.isEmpty()) return result;
    const QChar last = result.back();
    if (last.isLetterOrNumber() || last == u')' || last == u'"' || last == u'\'' || last == QChar(0x201d))
        result += QLatin1Char('.');
    return result;
}

QString elided(const QString& text, int length) {
    const QString line = text.simplified();
    if (line.size() <= length) return line;
    qsizetype cut = line.lastIndexOf(QLatin1Char(' '), length);
    // A single long word, or a script without spaces, is cut where it must be, though never within a
    // character.
    if (cut < length / 2) cut = line[length - 1].isHighSurrogate() ? length - 1 : length;
    return line.left(cut).trimmed() + QChar(0x2026);
}

QString titleFromMessage(const QString& message) {
    static const QRegularExpression marks(QStringLiteral("^[\\s>#*`~-]+|[*`]+"));
    for (const QString& line : message.left(4000).split(QLatin1Char('\n'))) {
        QString clean = line;
        clean.remove(marks);
        clean = clean.simplified();
        if (clean.isEmpty()) continue;
        return elided(clean, 48);
    }
    return QCoreApplication::translate("Words", "New chat");
}

}  // namespace kinglet::gui
