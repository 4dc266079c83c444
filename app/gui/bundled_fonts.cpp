#include "app/gui/bundled_fonts.h"

#include <QCoreApplication>
#include <QDir>
#include <QFontDatabase>

namespace kinglet::gui {

void useBundledFonts() {
    const QDir folder(QCoreApplication::applicationDirPath() + QStringLiteral("/../share/kinglet/fonts"));
    const QStringList endings{QStringLiteral("*.otf"), QStringLiteral("*.ttf")};
    for (const QString& name : folder.entryList(endings, QDir::Files))
        QFontDatabase::addApplicationFont(folder.filePath(name));
}

}  // namespace kinglet::gui
