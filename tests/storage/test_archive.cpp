#include "storage/archive.h"

#include <QDir>
#include <QFile>
#include <QRandomGenerator>

#include "storage/files.h"
#include "storage_test.h"
#include "zip_builder.h"

using namespace kinglet::storage;
using namespace kinglet::storage::testing;

namespace {

/// Opens an archive and reads every entry of it.
Result<QList<QByteArray>> readAll(const QString& path, const ArchiveLimits& limits = {}) {
    auto reader = ArchiveReader::open(path, limits);
    if (!reader) return reader.error();
    QList<QByteArray> contents;
    const auto entries = (*reader)->entries();
    for (const ArchiveEntry& entry : entries) {
        const auto bytes = (*reader)->read(entry.name);
        if (!bytes) return bytes.error();
        contents << *bytes;
    }
    return contents;
}

}  // namespace

class TestArchive : public QObject {
    Q_OBJECT

  private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void cleanup() { m_folder.reset(); }

    void whatIsWrittenIsRead() {
        const QString path = m_folder->filePath(QStringLiteral("a.zip"));
        QByteArray random(300000, 0);
        QRandomGenerator generator(42);
        for (char& byte : random) byte = char(generator.bounded(256));
        const QList<std::pair<QString, QByteArray>> wanted{
            {QString::fromUtf8("Vögel 日本 🐦.md"), QByteArray("text")},
            {QStringLiteral("data/empty.json"), QByteArray()},
            {QStringLiteral("data/zeros"), QByteArray(1000000, 0)},
            {QStringLiteral("random"), random}};
        auto writer = ArchiveWriter::create(path);
        QVERIFY(writer.ok());
        for (const auto& [name, bytes] : wanted) QVERIFY((*writer)->add(name, bytes).ok());
        QVERIFY(!QFileInfo::exists(path));
        QVERIFY((*writer)->commit().ok());
        QCOMPARE(files(), QStringList(QStringLiteral("a.zip")));
        QVERIFY(QFileInfo(path).size() < 400000);

        auto reader = ArchiveReader::open(path);
        QVERIFY2(reader.ok(), reader ? "" : qPrintable(reader.error().details));
        QCOMPARE((*reader)->entries().size(), wanted.size());
        for (const auto& [name, bytes] : wanted) {
            const auto read = (*reader)->read(name);
            QVERIFY2(read.ok(), qPrintable(name));
            QCOMPARE(*read, bytes);
        }
        QCOMPARE((*reader)->read(QStringLiteral("none")).error().code, ErrorCode::NotFound);
    }

    void withoutCommitNothingIsLeft() {
        const QString path = m_folder->filePath(QStringLiteral("a.zip"));
        save(QStringLiteral("a.zip"), "what was there");
        {
            auto writer = ArchiveWriter::create(path);
            QVERIFY(writer.ok());
            QVERIFY((*writer)->add(QStringLiteral("x"), "y").ok());
        }
        QCOMPARE(files(), QStringList(QStringLiteral("a.zip")));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("what was there"));
        QVERIFY(!ArchiveWriter::create(m_folder->path()).ok());
        QVERIFY(!ArchiveWriter::create(m_folder->filePath(QStringLiteral("no/such/folder.zip"))).ok());
    }

    void theHandMadeArchiveIsReadable() {
        const QString path =
            save(QStringLiteral("hand.zip"),
                 buildZip({{"a.txt", "stored"}, {"b.txt", QByteArray(5000, 'b'), true}, {"folder/", {}}}));
        const auto contents = readAll(path);
        QVERIFY2(contents.ok(), contents ? "" : qPrintable(contents.error().details));
        QCOMPARE(*contents, QList<QByteArray>({"stored", QByteArray(5000, 'b')}));
    }

    void hostileArchives_data() {
        QTest::addColumn<QByteArray>("zip");
        const auto one = [](const ZipEntry& entry) { return buildZip({{"kinglet.json", "{}"}, entry}); };
        QTest::newRow("steps up") << one({"../up.txt", "x"});
        QTest::newRow("steps up inside") << one({"a/../../up.txt", "x"});
        QTest::newRow("absolute") << one({"/etc/passwd", "x"});
        QTest::newRow("drive") << one({"C:/x.txt", "x"});
        QTest::newRow("backslashes") << one({"..\\up.txt", "x"});
        QTest::newRow("control character") << one({"a\x1b[2J.txt", "x"});
        QTest::newRow("dot") << one({"./a.txt", "x"});
        QTest::newRow("double slash") << one({"a//b.txt", "x"});
        QTest::newRow("long name") << one({QByteArray(5000, 'n'), "x"});
        QTest::newRow("twice") << buildZip({{"a", "1"}, {"a", "2"}});
        QTest::newRow("encrypted") << one({"a", QByteArray(40, 'x'), false, -1, -1, 0x0801});
        QTest::newRow("link") << one({"a", "/etc/passwd", false, -1, -1, 0x0800, 0xa1ff0000});
        QTest::newRow("claims 4 GB") << one({"a", "x", true, 0xfffffff0});
        QTest::newRow("unpacks to more than it claims") << one({"a", QByteArray(30 << 20, 0), true, 1000});
        QTest::newRow("unpacks to less than it claims") << one({"a", QByteArray(1000, 0), true, 5000});
        QTest::newRow("larger than an entry may be") << one({"a", QByteArray(2 << 20, 0), true});
        QTest::newRow("larger together than it may be") << buildZip({{"a", QByteArray(1000000, 0), true},
                                                                     {"b", QByteArray(1000000, 0), true},
                                                                     {"c", QByteArray(1000000, 0), true},
                                                                     {"d", QByteArray(1000000, 0), true}});
        QTest::newRow("wrong checksum") << one({"a", "x", false, -1, 12345});
        QTest::newRow("wrong checksum, packed") << one({"a", QByteArray(1000, 'y'), true, -1, 12345});
        QList<ZipEntry> many;
        for (int i = 0; i < 200; ++i) many << ZipEntry{QByteArray::number(i), "x"};
        QTest::newRow("many entries") << buildZip(many);
        QTest::newRow("empty file") << QByteArray();
        QTest::newRow("text") << QByteArray("this is no archive at all, only a line of text");
        QTest::newRow("no directory") << buildZip({{"a", "1"}}).left(30);
    }
    void hostileArchives() {
        QFETCH(QByteArray, zip);
        const QString path = save(QStringLiteral("hostile.zip"), zip);
        ArchiveLimits limits;
        limits.maxEntries = 100;
        limits.maxEntryBytes = 1 << 20;
        limits.maxTotalBytes = 3 << 20;
        const auto contents = readAll(path, limits);
        QVERIFY(!contents.ok());
        QVERIFY2(contents.error().message.contains(QStringLiteral("hostile.zip")),
                 qPrintable(contents.error().message));
        QVERIFY(!contents.error().hint.isEmpty());
    }

    /// Whatever bytes come, there is an answer; and what is accepted is what was packed.
    void brokenArchivesNeverCrash() {
        const int given = qEnvironmentVariableIntValue("KINGLET_TEST_SEED");
        const quint32 seed = given ? quint32(given) : QRandomGenerator::global()->generate() & 0x7fffffff;
        qInfo("seed %u (KINGLET_TEST_SEED=%u repeats it)", seed, seed);
        QRandomGenerator random(seed);
        const QList<QByteArray> contents{QByteArray("stored text"), QByteArray(20000, 'z'),
                                         QByteArray("{\"a\": 1}")};
        const QByteArray good = buildZip(
            {{"one", contents.at(0)}, {"two", contents.at(1), true}, {"three", contents.at(2), true}});
        int accepted = 0;
        for (int i = 0; i < 600; ++i) {
            QByteArray bad = good;
            if (random.bounded(4) == 0) bad.truncate(random.bounded(int(bad.size())));
            for (int flips = random.bounded(1, 5); flips > 0 && !bad.isEmpty(); --flips) {
                bad[random.bounded(int(bad.size()))] = char(random.bounded(256));
            }
            const auto read = readAll(save(QStringLiteral("bad.zip"), bad));
            if (!read) {
                QVERIFY(!read.error().message.isEmpty());
                continue;
            }
            ++accepted;
            for (const QByteArray& bytes : *read) QVERIFY(contents.contains(bytes) || bytes.isEmpty());
        }
        qInfo("%d of 600 were sound enough", accepted);
    }

    void foldersAndMissingFiles() {
        QCOMPARE(ArchiveReader::open(m_folder->path()).error().code, ErrorCode::Unreadable);
        QCOMPARE(ArchiveReader::open(m_folder->filePath(QStringLiteral("none.zip"))).error().code,
                 ErrorCode::Unreadable);
    }

    void safeNames_data() {
        QTest::addColumn<QString>("wanted");
        QTest::addColumn<QString>("safe");
        const auto row = [](const char* wanted, const char* safe) {
            QTest::newRow(qPrintable(QString::fromUtf8(wanted).simplified()))
                << QString::fromUtf8(wanted) << QString::fromUtf8(safe);
        };
        row("Plain title", "Plain title");
        row("Vögel 日本 🐦", "Vögel 日本 🐦");
        row("../../etc/passwd", "etc passwd");
        row("a/b\\c:d*e?f\"g<h>i|j", "a b c d e f g h i j");
        row("", "Chat");
        row("...", "Chat");
        row("CON", "_CON");
        row("con.txt", "_con.txt");
        row("Lpt1", "_Lpt1");
        row("Console", "Console");
        row("ends. ", "ends");
        row(".hidden", "hidden");
        row("two\nlines\ttab", "two lines tab");
        row("evil\u202Etxt.exe", "evil txt.exe");
        QTest::newRow("long") << QString(300, u'x') << QString(80, u'x');
    }
    void safeNames() {
        QFETCH(QString, wanted);
        QFETCH(QString, safe);
        QCOMPARE(safeFileName(wanted), safe);
        const QString birds = QString::fromUtf8("🐦").repeated(100);
        QVERIFY(!safeFileName(QStringLiteral("x") + birds).toUtf8().contains("?"));
        QVERIFY(safeFileName(QStringLiteral("x") + birds).isValidUtf16());
    }

  private:
    QString save(const QString& name, const QByteArray& bytes) {
        QFile file(m_folder->filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write a test file");
        return file.fileName();
    }
    QStringList files() const { return QDir(m_folder->path()).entryList(QDir::Files); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestArchive)
#include "test_archive.moc"
