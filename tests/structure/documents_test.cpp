// What the project's documents and lists say is checked against the files.
#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>
#include <QtTest>

#include "tests/structure/project_files.h"

namespace kinglet::structure {
namespace {

/// Whether a place named in CONTRIBUTING.md exists. A word in capitals (inference/arch/NAME.cpp) stands for
/// the new file, so its folder must exist and hold others of the kind.
bool placeExists(const QString& place) {
    static const QRegularExpression placeholder("[A-Z]{2,}");
    const QDir root(projectFolder());
    const QString name = place.section('/', -1);
    const bool isPattern = place.contains('*') || (placeholder.match(name).hasMatch() && !root.exists(place));
    if (!isPattern) return root.exists(place);
    const QString folder = place.section('/', 0, -2);
    QString pattern = name;
    pattern.replace(placeholder, "*");
    return !folder.contains('*') && root.exists(folder) &&
           !QDir(root.filePath(folder))
                .entryList({pattern}, QDir::Files | QDir::Dirs | QDir::NoDotAndDotDot)
                .isEmpty();
}

/// The `places` of one line of a Markdown table.
QStringList placesIn(const QString& row) {
    static const QRegularExpression span("`([^`]+)`");
    static const QRegularExpression path(R"(^[\w.*-]+(/[\w.*-]+)*/?$)");
    QStringList places;
    auto matches = span.globalMatch(row);
    while (matches.hasNext()) {
        const QString text = matches.next().captured(1);
        if (text.contains('/') && path.match(text).hasMatch()) places << text;
    }
    return places;
}

/// Lines of the table whose heading speaks of adding something.
QStringList rowsOfAddTable(const QString& text) {
    QStringList rows;
    bool inTable = false;
    for (const QString& line : text.split('\n')) {
        if (!line.startsWith('|')) {
            inTable = false;
        } else if (!inTable && line.contains("to add", Qt::CaseInsensitive)) {
            inTable = true;
        } else if (inTable && !line.startsWith("|-") && !line.startsWith("| -") && !line.startsWith("|:")) {
            rows << line;
        }
    }
    return rows;
}

}  // namespace

class DocumentsTest : public QObject {
    Q_OBJECT

  private slots:
    void contributingNamesPlacesThatExist();
    void everyLinkInTheDocumentsLeadsSomewhere();
    void noFileHoldsPathsOfAMachine();
    void packageListIsWellFormed();
    void licenseIsThere();
};

void DocumentsTest::contributingNamesPlacesThatExist() {
    const QStringList rows = rowsOfAddTable(QString::fromUtf8(contentOf("CONTRIBUTING.md")));
    QVERIFY2(rows.size() >= 5, "CONTRIBUTING.md has no table \"To add ... | touch\" of five lines or more");
    for (const char* thing : {"format", "op", "architecture", "migration", "page"}) {
        const auto names = [&](const QString& row) {
            return row.section("|", 1, 1).contains(QLatin1String(thing), Qt::CaseInsensitive);
        };
        QVERIFY2(std::any_of(rows.begin(), rows.end(), names), thing);
    }
    for (const QString& row : rows) {
        const QStringList places = placesIn(row);
        QVERIFY2(places.size() >= 2 && places.size() <= 5, qPrintable("not two to five places: " + row));
        for (const QString& place : places) {
            QVERIFY2(placeExists(place),
                     qPrintable("CONTRIBUTING.md names " + place + ", which does not exist"));
        }
    }
}

void DocumentsTest::everyLinkInTheDocumentsLeadsSomewhere() {
    static const QRegularExpression link(R"(\]\(([^)\s#]+)(#[^)]*)?\))");
    for (const QString& file : projectFiles({".md"})) {
        auto matches = link.globalMatch(QString::fromUtf8(contentOf(file)));
        while (matches.hasNext()) {
            const QString target = matches.next().captured(1);
            if (target.contains(':')) continue;  // on the web
            const QString path = QDir(projectFolder()).filePath(QFileInfo(file).path() + "/" + target);
            QVERIFY2(QFileInfo::exists(path),
                     qPrintable(file + " links to " + target + ", which does not exist"));
        }
    }
}

void DocumentsTest::noFileHoldsPathsOfAMachine() {
    // Put together here, so that this file does not hold what it looks for.
    static const QRegularExpression machinePath(
        QString(R"((?<![\w.~$}/-])/(%1|%2/\w+|%3/\w+|%4)/\w)").arg("work", "home", "Users", "root"));
    QStringList problems;
    for (const QString& file : projectFiles()) {
        const QByteArray content = contentOf(file);
        if (content.left(8192).contains('\0')) continue;  // not text
        const auto match = machinePath.match(QString::fromUtf8(content));
        if (match.hasMatch()) problems << file + ": " + match.captured();
    }
    QVERIFY2(problems.isEmpty(), qPrintable("\n" + problems.join('\n')));
}

void DocumentsTest::packageListIsWellFormed() {
    static const QSet<QString> releases = {"all", "bookworm", "trixie", "noble"};
    static const QSet<QString> groups = {"build",   "test",         "fuzz",    "lint", "bench",
                                         "package", "package-test", "windows", "arm64"};
    QSet<QString> packages;
    const QString text = QString::fromUtf8(contentOf("packaging/linux/apt-packages.txt"));
    for (const QString& line : text.split('\n', Qt::SkipEmptyParts)) {
        if (line.startsWith('#')) continue;
        const QStringList words = line.simplified().split(' ');
        QVERIFY2(words.size() >= 4, qPrintable("no reason given: " + line));
        for (const QString& release : words[0].split(','))
            QVERIFY2(releases.contains(release), qPrintable(line));
        for (const QString& group : words[1].split(',')) QVERIFY2(groups.contains(group), qPrintable(line));
        QVERIFY2(!packages.contains(words[2]), qPrintable("listed twice: " + words[2]));
        packages.insert(words[2]);
    }
    QVERIFY(packages.size() > 20);
}

void DocumentsTest::licenseIsThere() {
    const QByteArray license = contentOf("LICENSE");
    QVERIFY(license.startsWith("MIT License"));
    QVERIFY(license.contains("The Kinglet authors"));
}

}  // namespace kinglet::structure

QTEST_GUILESS_MAIN(kinglet::structure::DocumentsTest)
#include "documents_test.moc"
