// Where chats and models lie, and that an AppImage keeps them beside itself when it is told to.
#include <QCoreApplication>
#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "app/machine/data_folder.h"

namespace kinglet {

class DataFolderTest : public QObject {
    Q_OBJECT
  private slots:
    void init();
    void cleanupTestCase() { init(); }
    void followsTheSystem();
    void portableWhereTheFolderIs();
    void anotherProgramsImageDoesNotCount();

  private:
    static QString folder() { return QString::fromStdU16String(machine::data_folder().u16string()); }
    static QString cacheFolder() { return QString::fromStdU16String(machine::cache_folder().u16string()); }
    QTemporaryDir made_;
};

void DataFolderTest::init() {
    for (const char* name : {"APPIMAGE", "APPDIR", "XDG_DATA_HOME", "XDG_CACHE_HOME"}) qunsetenv(name);
    qputenv("HOME", made_.path().toUtf8());
}

void DataFolderTest::followsTheSystem() {
#if defined(Q_OS_WIN) || defined(Q_OS_MACOS)
    QSKIP("this system has other folders");
#endif
    QCOMPARE(folder(), made_.filePath(".local/share/kinglet"));
    qputenv("XDG_DATA_HOME", "/data");
    QCOMPARE(folder(), QString("/data/kinglet"));
    qputenv("XDG_DATA_HOME", "data");  // which counts as not set
    QCOMPARE(folder(), made_.filePath(".local/share/kinglet"));
    QCOMPARE(cacheFolder(), made_.filePath(".cache/kinglet"));
    qputenv("XDG_CACHE_HOME", "/cache");
    QCOMPARE(cacheFolder(), QString("/cache/kinglet"));
    qunsetenv("XDG_CACHE_HOME");
    qputenv("HOME", "");
    QCOMPARE(folder(), QString());
    QCOMPARE(cacheFolder(), QString());
}

void DataFolderTest::portableWhereTheFolderIs() {
#ifndef Q_OS_LINUX
    QSKIP("AppImages are for Linux");
#endif
    qputenv("XDG_DATA_HOME", "/data");
    qputenv("APPIMAGE", made_.filePath("K.AppImage").toUtf8());
    qputenv("APPDIR", QCoreApplication::applicationDirPath().toUtf8());
    QCOMPARE(folder(), QString("/data/kinglet"));
    QVERIFY(QDir(made_.path()).mkdir("K.AppImage.home"));
    QCOMPARE(folder(), made_.filePath("K.AppImage.home/.local/share/kinglet"));
}

void DataFolderTest::anotherProgramsImageDoesNotCount() {
    qputenv("XDG_DATA_HOME", "/data");
    // As a terminal from an AppImage of its own leaves it.
    qputenv("APPIMAGE", made_.filePath("K.AppImage").toUtf8());
    qputenv("APPDIR", made_.path().toUtf8());
    QDir(made_.path()).mkdir("K.AppImage.home");
    QVERIFY(!folder().contains("AppImage"));
}

}  // namespace kinglet

QTEST_GUILESS_MAIN(kinglet::DataFolderTest)
#include "test_data_folder.moc"
