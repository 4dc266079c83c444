// The lists that packages are built from, and the one version that all of them carry.
#include <QHash>
#include <QRegularExpression>
#include <QSet>
#include <QtTest>

#include "tests/structure/project_files.h"

namespace kinglet::structure {
namespace {

/// Lines that are not empty and no comments, cut into the first two words and what follows.
QList<QStringList> rowsOf(const char* file) {
    QList<QStringList> rows;
    for (const QString& line : QString::fromUtf8(contentOf(file)).split('\n', Qt::SkipEmptyParts)) {
        if (line.startsWith('#')) continue;
        const QStringList words = line.simplified().split(' ');
        rows << QStringList{words.value(0), words.value(1), words.mid(2).join(' ')};
    }
    return rows;
}

QString projectVersion() {
    static const QRegularExpression version(R"(project\(kinglet VERSION ([\d.]+) )");
    return version.match(QString::fromUtf8(contentOf("CMakeLists.txt"))).captured(1);
}

}  // namespace

class PackagingTest : public QObject {
    Q_OBJECT

  private slots:
    void librariesOfTheAppImage();
    void partsOfQtInTheAppImage();
    void versionStandsInOnePlace();
    void programsCarryIt();
};

void PackagingTest::librariesOfTheAppImage() {
    static const QRegularExpression soname(R"(^[A-Za-z0-9_+.*-]+\.so\.[0-9*]+$)");
    QHash<QString, QString> names;
    for (const QStringList& row : rowsOf("packaging/linux/appimage/libraries.txt")) {
        const QString line = row.join(' ');
        QVERIFY2(QSet<QString>({"host", "fallback", "opened"}).contains(row[0]), qPrintable(line));
        QVERIFY2(soname.match(row[1]).hasMatch(), qPrintable("not a soname: " + line));
        QVERIFY2(row[2].count(' ') >= 2, qPrintable("no reason given: " + line));
        QVERIFY2(row[0] != "opened" || !row[1].contains('*'),
                 qPrintable("nothing links it, so it needs its whole name: " + line));
        QVERIFY2(!names.contains(row[1]), qPrintable("listed twice: " + line));
        names.insert(row[1], row[0]);
    }
    // A bundled C library does not start on a system with another one.
    for (const char* part : {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"})
        QCOMPARE(names.value(part), QString("host"));
}

void PackagingTest::partsOfQtInTheAppImage() {
    QSet<QString> paths;
    for (const QStringList& row : rowsOf("packaging/linux/appimage/qt.txt")) {
        const QString line = row.join(' ');
        QVERIFY2(row[0] == "plugin" || row[0] == "module", qPrintable(line));
        QVERIFY2((row[0] == "plugin") == row[1].endsWith(".so"), qPrintable(line));
        QVERIFY2(row[2].contains(' '), qPrintable("no reason given: " + line));
        QVERIFY2(!paths.contains(row[1]), qPrintable("listed twice: " + line));
        paths.insert(row[1]);
    }
    for (const char* part : {"platforms/libqxcb.so", "platforms/libqwayland-generic.so",
                             "sqldrivers/libqsqlite.so", "tls/libqopensslbackend.so"})
        QVERIFY2(paths.contains(part), part);
}

void PackagingTest::versionStandsInOnePlace() {
    const QString version = projectVersion();
    QVERIFY(QRegularExpression(R"(^\d+\.\d+\.\d+$)").match(version).hasMatch());
    // A number that only looks like it is part of a longer one.
    const QRegularExpression literal("(?<![\\d.])" + QRegularExpression::escape(version) + "(?![\\d.])");
    QStringList copies;
    for (const QString& file : projectFiles()) {
        const bool packs = file.startsWith("packaging/") || file.startsWith(".github/") || file == "dev";
        if (packs && literal.match(QString::fromUtf8(contentOf(file))).hasMatch()) copies << file;
    }
    QVERIFY2(copies.isEmpty(), qPrintable("the version belongs into CMakeLists.txt: " + copies.join(", ")));
}

void PackagingTest::programsCarryIt() {
    QCOMPARE(QString(KINGLET_VERSION), projectVersion());
}

}  // namespace kinglet::structure

QTEST_GUILESS_MAIN(kinglet::structure::PackagingTest)
#include "packaging_test.moc"
