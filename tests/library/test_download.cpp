// One file from a hub that behaves, in one go or in several.
#include <QJsonDocument>
#include <QTest>

#include "tests/library/library_test.h"

using namespace kinglet;
using namespace kinglet::library;
using namespace kinglet::library::testing;

class TestDownload : public QObject, private DownloadPlace {
    Q_OBJECT

  private slots:
    void init() { begin(); }
    void cleanup() { end(); }

    void arrivesWhole();
    void smallFilesArriveToo();
    void anAddressOfAnyHostWorks();
    void goesOnWhereItStopped();
    void goesOnAfterAProcessForgotEverything();
    void askedForWithTheCommitThatItBeganWith();
    void aServerThatIgnoresRangesStartsItOver();
    void aWrongContentRangeStartsItOver();
    void aChangedFileStartsItOver();
    void aChangedFileOfTheCatalogueIsRefused();
    void theTokenStaysWithTheHub();
    void withoutATokenItSaysSo();
    void nothingSecretIsTold();
    void spoiltBytesAreFetchedAgain();
    void doubtfulBytesAreFetchedAgain();
    void completeButForItsName();
    void theRateIsLimited();
};

void TestDownload::arrivesWhole() {
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY2(transfer.isChecked, transfer.problem ? qPrintable(transfer.problem->message) : "");
    QCOMPARE(arrived(), m_content);
    QVERIFY(!QFileInfo::exists(file().target));  // its name is given by whoever judges it
    QCOMPARE(transfer.download().received(), m_content.size());
    QCOMPARE(transfer.download().total(), m_content.size());
    QCOMPARE(transfer.download().file().linkedSha256, sha256Of(m_content));
    QCOMPARE(transfer.download().file().revisionFound, TestHub::commit());
    const auto requests = m_hub->requests();
    QCOMPARE(requests.size(), 2);
    QCOMPARE(requests.first().path, QByteArray("/birds/Wren-GGUF/resolve/main/wren q8.gguf"));
    QVERIFY(!requests.last().headers.contains("range"));
    QCOMPARE(requests.last().header("accept-encoding"), QByteArray("identity"));
    QVERIFY(!PartFile::publish(file().target).has_value());
    QCOMPARE(contentOf(file().target), m_content);
}

void TestDownload::smallFilesArriveToo() {
    m_hub->setFile(repository(), QStringLiteral("config.json"), "{}", TestHub::Kind::Small);
    storage::DownloadFile small = file(false);
    small.path = QStringLiteral("config.json");
    Transfer transfer(*m_hub, small);
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QCOMPARE(arrived(), QByteArray("{}"));
    QVERIFY(transfer.download().file().linkedSha256.isEmpty());
}

void TestDownload::anAddressOfAnyHostWorks() {
    storage::DownloadFile address = file();
    address.repository.clear();
    address.path = m_hub->contentEndpoint().toString() + "/content/" + sha256Of(m_content);
    Transfer transfer(*m_hub, address);
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QCOMPARE(arrived(), m_content);
}

void TestDownload::goesOnWhereItStopped() {
    const storage::DownloadFile noted = begun(200'000, file());
    const qint64 there = partSize();
    QCOMPARE(there, 200'000);
    QCOMPARE(noted.received, there);
    QVERIFY(!noted.etag.isEmpty());
    QCOMPARE(noted.pieces.size(), there / (64 << 10) * 8);
    const qsizetype before = m_hub->contentRequests().size();
    Transfer transfer(*m_hub, noted);
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QCOMPARE(arrived(), m_content);
    QCOMPARE(transfer.download().startedOver(), 0);
    const auto requests = m_hub->contentRequests().mid(before);
    QCOMPARE(requests.size(), 1);
    QCOMPARE(requests.first().header("range"), "bytes=" + QByteArray::number(there) + '-');
    QCOMPARE(requests.first().header("if-range"), noted.etag.toLatin1());
}

void TestDownload::goesOnAfterAProcessForgotEverything() {
    begun(200'000, file());
    const qint64 there = partSize();
    Transfer transfer(*m_hub, file());  // no ETag, no sums: only the bytes beside the target
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QCOMPARE(arrived(), m_content);
    QCOMPARE(m_hub->contentRequests().last().header("range"), "bytes=" + QByteArray::number(there) + '-');
}

void TestDownload::askedForWithTheCommitThatItBeganWith() {
    const storage::DownloadFile noted = begun(200'000, file());
    Transfer transfer(*m_hub, noted);
    QVERIFY(transfer.run());
    const auto requests = m_hub->requests();
    QCOMPARE(requests.at(requests.size() - 2).path,
             "/birds/Wren-GGUF/resolve/" + TestHub::commit().toLatin1() + "/wren q8.gguf");
}

void TestDownload::aServerThatIgnoresRangesStartsItOver() {
    const storage::DownloadFile noted = begun(200'000, file());
    m_hub->setFault([this](const HubRequest& request, HubReply& reply) {
        if (!request.toContentHost) return;
        reply.status = 200;
        reply.body = m_content;
        reply.headers.remove("Content-Range");
    });
    Transfer transfer(*m_hub, noted);
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QCOMPARE(arrived(), m_content);
    QCOMPARE(transfer.download().startedOver(), 1);
}

void TestDownload::aWrongContentRangeStartsItOver() {
    for (const char* wrong : {"bytes 0-9/700001", "bytes 5-4/700001", "garbage", ""}) {
        PartFile::discard(file().target);
        const storage::DownloadFile noted = begun(200'000, file());
        m_hub->setFault([wrong](const HubRequest&, HubReply& reply) {
            if (reply.status == 206) reply.headers["Content-Range"] = wrong;
        });
        Transfer transfer(*m_hub, noted);
        QVERIFY(transfer.run());
        QVERIFY2(transfer.isChecked, wrong);
        QCOMPARE(arrived(), m_content);
        QCOMPARE(transfer.download().startedOver(), 1);
    }
}

void TestDownload::aChangedFileStartsItOver() {
    const storage::DownloadFile noted = begun(200'000, file(false));
    m_content = randomContent(650'000, 2);
    m_hub->setFile(repository(), name(), m_content);
    Transfer transfer(*m_hub, noted);
    QVERIFY(transfer.run());
    QVERIFY2(transfer.isChecked, transfer.problem ? qPrintable(transfer.problem->message) : "");
    QCOMPARE(arrived(), m_content);
    QCOMPARE(transfer.download().startedOver(), 1);
    QCOMPARE(transfer.download().file().linkedSha256, sha256Of(m_content));
}

void TestDownload::aChangedFileOfTheCatalogueIsRefused() {
    const storage::DownloadFile wanted = file();
    m_hub->setFile(repository(), name(), randomContent(m_content.size(), 2));
    Transfer transfer(*m_hub, wanted);
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::FileChanged);
    QVERIFY(m_hub->contentRequests().isEmpty());
}

void TestDownload::theTokenStaysWithTheHub() {
    m_hub->setToken("hf_secret");
    Transfer transfer(*m_hub, file(), quickOptions(), "hf_secret");
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    const auto requests = m_hub->requests();
    QCOMPARE(requests.first().header("authorization"), QByteArray("Bearer hf_secret"));
    QVERIFY(requests.last().toContentHost);
    QVERIFY(!requests.last().headers.contains("authorization"));
}

void TestDownload::withoutATokenItSaysSo() {
    m_hub->setToken("hf_secret");
    Transfer transfer(*m_hub, file(), quickOptions(), "hf_wrong");
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::SignInNeeded);
    QCOMPARE(transfer.problem->action, Action::GiveToken);
}

void TestDownload::nothingSecretIsTold() {
    m_hub->setToken("hf_secret");
    m_hub->setFault([](const HubRequest& request, HubReply& reply) {
        if (!request.toContentHost) return;
        reply = {};
        reply.status = 500;
    });
    Transfer transfer(*m_hub, file(), quickOptions(), "hf_secret");
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    const QByteArray told = QJsonDocument(transfer.problem->toJson()).toJson();
    QVERIFY2(!told.contains("secret") && !told.contains("Signature"), told);
    const storage::DownloadFile& noted = transfer.download().file();
    const QString kept =
        noted.path + noted.etag + noted.linkedSha256 + noted.lastModified + noted.revisionFound;
    QVERIFY(!kept.contains("secret"));
}

void TestDownload::spoiltBytesAreFetchedAgain() {
    const storage::DownloadFile noted = begun(300'000, file());
    QFile part(PartFile::partName(file().target));
    QVERIFY(part.open(QIODevice::ReadWrite));
    QVERIFY(part.seek(70'000) && part.write("spoilt") == 6);  // in the second piece
    part.close();
    const qint64 there = partSize();
    const qint64 before = m_hub->contentBytesSent();
    const qsizetype requestsBefore = m_hub->contentRequests().size();
    Transfer transfer(*m_hub, noted);
    QVERIFY(transfer.run());
    QVERIFY2(transfer.isChecked, transfer.problem ? qPrintable(transfer.problem->message) : "");
    QCOMPARE(arrived(), m_content);
    const auto requests = m_hub->contentRequests().mid(requestsBefore);
    QCOMPARE(requests.size(), 2);
    QCOMPARE(requests.at(0).header("range"), QByteArray("bytes=65536-131071"));
    QCOMPARE(requests.at(1).header("range"), "bytes=" + QByteArray::number(there) + '-');
    QCOMPARE(m_hub->contentBytesSent() - before, (64 << 10) + m_content.size() - there);
}

void TestDownload::doubtfulBytesAreFetchedAgain() {
    storage::DownloadFile noted = begun(300'000, file());
    const qint64 there = partSize();
    noted.pieces.truncate(2 * 8);  // as after a power cut: the sums of the first two pieces had been stored
    QFile part(PartFile::partName(file().target));
    QVERIFY(part.open(QIODevice::ReadWrite));
    QVERIFY(part.seek(200'000) && part.write(QByteArray(5000, '\0')) == 5000);
    part.close();
    const qsizetype requestsBefore = m_hub->contentRequests().size();
    Transfer transfer(*m_hub, noted);
    QVERIFY(transfer.run());
    QVERIFY2(transfer.isChecked, transfer.problem ? qPrintable(transfer.problem->message) : "");
    QCOMPARE(arrived(), m_content);
    const auto requests = m_hub->contentRequests().mid(requestsBefore);
    QCOMPARE(requests.size(), 2);
    QCOMPARE(requests.at(1).header("range"), "bytes=131072-" + QByteArray::number(there - 1));
}

void TestDownload::completeButForItsName() {
    QVERIFY(writeFile(PartFile::partName(file().target), m_content));
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QVERIFY(m_hub->requests().isEmpty());
    // Where the length is not known, the hub is asked and says that there is nothing more.
    Transfer unknown(*m_hub, file(false));
    QVERIFY(unknown.run());
    QVERIFY2(unknown.isChecked, unknown.problem ? qPrintable(unknown.problem->message) : "");
    QCOMPARE(m_hub->contentBytesSent(), 0);
    QCOMPARE(arrived(), m_content);
}

void TestDownload::theRateIsLimited() {
    RateLimiter limiter;
    limiter.setBytesPerSecond(1000);
    QCOMPARE(limiter.takeAt(5000, 0), 0);
    QCOMPARE(limiter.takeAt(5000, 100), 100);
    QCOMPARE(limiter.takeAt(5000, 100), 0);
    QCOMPARE(limiter.takeAt(30, 200), 30);
    QCOMPARE(limiter.takeAt(5000, 10'000), 200);  // what was not used is not saved up for ever
    limiter.setBytesPerSecond(0);
    QCOMPARE(limiter.takeAt(5000, 10'000), 5000);

    Transfer transfer(*m_hub, file());
    transfer.limiter().setBytesPerSecond(10'000'000);
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QCOMPARE(arrived(), m_content);
}

QTEST_GUILESS_MAIN(TestDownload)
#include "test_download.moc"
