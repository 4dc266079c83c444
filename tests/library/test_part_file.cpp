// What is on the disk while a file arrives.
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include "library/part_file.h"
#include "library/sha256.h"
#include "tests/library/test_hub.h"

using namespace kinglet::library;
using namespace kinglet::library::testing;

namespace {

bool never() {
    return false;
}

constexpr qint64 kPiece = 1000;

}  // namespace

class TestPartFile : public QObject {
    Q_OBJECT

  private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_target = m_folder->filePath("models/wren.gguf");
        m_content = randomContent(10'500, 3);
    }

    void sha256IsThatOfTheStandard() {
        Sha256 hash;
        QCOMPARE(hash.hex(), QByteArray("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        hash.reset();
        hash.add("a", 1);
        hash.add("bc", 2);
        QCOMPARE(hash.hex(), QByteArray("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }

    void sumsSeeEveryBitAndNotTheCuts() {
        const QByteArray bytes = m_content.left(1003);
        PieceSum whole;
        whole.add(bytes.constData(), bytes.size());
        const QByteArray sum = whole.take();
        QCOMPARE(sum.size(), 8);
        for (const qsizetype cut : {1, 7, 8, 500, 1002}) {
            PieceSum cuts;
            cuts.add(bytes.constData(), cut);
            cuts.add(bytes.constData() + cut, bytes.size() - cut);
            QCOMPARE(cuts.take(), sum);
        }
        for (const qsizetype at : {0, 8, 501, 1002}) {
            QByteArray flipped = bytes;
            flipped[at] = char(flipped.at(at) ^ 4);
            PieceSum other;
            other.add(flipped.constData(), flipped.size());
            QVERIFY(other.take() != sum);
        }
        PieceSum padded;
        padded.add((bytes + '\0').constData(), bytes.size() + 1);
        QVERIFY(padded.take() != sum);
    }

    void whatIsWrittenIsHashed() {
        PartFile part(m_target, {kPiece, 0});
        QVERIFY(begin(part).present == 0);
        for (qint64 at = 0; at < m_content.size(); at += 700)
            QVERIFY(!part.write(at, m_content.mid(at, 700)));
        QCOMPARE(part.pieces().size(), 10 * 8);
        QCOMPARE(std::get<QString>(part.finish(never)), sha256Of(m_content));
        QVERIFY(!QFileInfo::exists(m_target));
        QVERIFY(!PartFile::publish(m_target));
        QFile file(m_target);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), m_content);
    }

    void anotherSessionGoesOn() {
        QByteArray pieces;
        {
            PartFile part(m_target, {kPiece, 0});
            begin(part);
            QVERIFY(!part.write(0, m_content.left(4300)));
            pieces = part.pieces();
        }
        PartFile part(m_target, {kPiece, 0});
        const PreparedPart found = begin(part, pieces);
        QCOMPARE(found.present, 4300);
        QVERIFY(found.bad.isEmpty());
        QCOMPARE(found.doubtful, (ByteRange{4000, 4300}));
        QVERIFY(!part.write(4300, m_content.mid(4300)));
        QCOMPARE(part.pieces().left(pieces.size()), pieces);
        QCOMPARE(part.pieces().size(), 10 * 8);
        QCOMPARE(std::get<QString>(part.finish(never)), sha256Of(m_content));
    }

    void badPiecesAreNamedAndFilled() {
        PartFile part(m_target, {kPiece, 0});
        begin(part);
        QVERIFY(!part.write(0, m_content.left(5200)));
        const QByteArray pieces = part.pieces();
        part.close();
        QFile file(PartFile::partName(m_target));
        QVERIFY(file.open(QIODevice::ReadWrite));
        for (const qint64 at : {0, 3999}) QVERIFY(file.seek(at) && file.write("x") == 1);
        file.close();
        const PreparedPart found = begin(part, pieces);
        QCOMPARE(found.bad, (QList<ByteRange>{{0, 1000}, {3000, 4000}}));
        QVERIFY(part.pieces().isEmpty());  // nothing from the first on without a gap
        for (const ByteRange& range : found.bad)
            QVERIFY(!part.write(range.begin, m_content.mid(range.begin, range.end - range.begin)));
        QVERIFY(!part.write(5200, m_content.mid(5200)));
        QCOMPARE(part.pieces().left(pieces.size()), pieces);
        QCOMPARE(part.pieces().size(), 10 * 8);
        QCOMPARE(std::get<QString>(part.finish(never)), sha256Of(m_content));
    }

    void whatIsTooLongIsCut() {
        PartFile part(m_target, {kPiece, 0});
        begin(part);
        QVERIFY(!part.write(0, m_content));
        part.close();
        QCOMPARE(begin(part, {}, 9999).present, 9999);
    }

    void fewerBytesThanSumsAreNoTrouble() {
        PartFile part(m_target, {kPiece, 0});
        begin(part);
        QVERIFY(!part.write(0, m_content.left(5000)));
        const QByteArray pieces = part.pieces();
        part.close();
        QVERIFY(QFile::resize(PartFile::partName(m_target), 2500));  // the disk lost what had been noted
        const PreparedPart found = begin(part, pieces + "not even a sum");
        QCOMPARE(found.present, 2500);
        QVERIFY(found.bad.isEmpty());
        QCOMPARE(found.doubtful, (ByteRange{2000, 2500}));
    }

    void restartForgets() {
        PartFile part(m_target, {kPiece, 0});
        begin(part);
        QVERIFY(!part.write(0, QByteArray(3000, 'x')));
        QVERIFY(!part.restart());
        QVERIFY(part.pieces().isEmpty());
        QVERIFY(!part.write(0, m_content));
        QCOMPARE(std::get<QString>(part.finish(never)), sha256Of(m_content));
    }

    void anEmptyOneGoesAgain() {
        PartFile part(m_target, {kPiece, 0});
        begin(part);
        QVERIFY(QFileInfo::exists(PartFile::partName(m_target)));
        part.close();
        QVERIFY(!QFileInfo::exists(PartFile::partName(m_target)));
    }

    void roomIsLookedAt() {
        PartFile part(m_target);
        begin(part);
        QVERIFY(!part.checkRoom(1));
        const auto full = part.checkRoom(qint64(1) << 60);
        QVERIFY(full);
        QCOMPARE(full->fault, Fault::DiskFull);
    }

    void publishingOverwritesNothing() {
        PartFile part(m_target, {kPiece, 0});
        begin(part);
        QVERIFY(!part.write(0, m_content));
        part.close();
        QFile there(m_target);
        QVERIFY(there.open(QIODevice::WriteOnly));
        there.close();
        const auto problem = PartFile::publish(m_target);
        QVERIFY(problem);
        QCOMPARE(problem->fault, Fault::TargetExists);
        QCOMPARE(QFileInfo(PartFile::partName(m_target)).size(), m_content.size());
    }

  private:
    static PreparedPart begin(PartFile& part, const QByteArray& pieces = {}, qint64 total = 0) {
        const auto found = part.prepare(pieces, total, never);
        if (const auto* problem = std::get_if<Problem>(&found)) {
            QTest::qFail(qPrintable(problem->message + problem->details), __FILE__, __LINE__);
            return {};
        }
        return std::get<PreparedPart>(found);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_target;
    QByteArray m_content;
};

QTEST_GUILESS_MAIN(TestPartFile)
#include "test_part_file.moc"
