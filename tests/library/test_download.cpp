// One file from a hub that behaves, and from one that does not.
#include <QJsonDocument>
#include <QTest>

#include "tests/library/library_test.h"

using namespace kinglet;
using namespace kinglet::library;
using namespace kinglet::library::testing;

namespace {

const QString kRepository = QStringLiteral("birds/Wren-GGUF");
const QString kName = QStringLiteral("wren q8.gguf");  // a space, so that addresses are encoded

}  // namespace

class TestDownload : public QObject {
    Q_OBJECT

  private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_hub = std::make_unique<TestHub>();
        m_content = randomContent(700'001, 1);
        m_hub->setFile(kRepository, kName, m_content);
    }
    void cleanup() {
        m_hub.reset();
        m_folder.reset();
    }

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
    void statuses_data();
    void statuses();
    void aStatusThatPassesIsTriedAgain();
    void theServerSaysHowLongToWait();
    void lengths_data();
    void lengths();
    void anEarlyEndIsGoneOnWith();
    void anEarlyEndWithoutLengthIsNoticed();
    void silenceEnds_data();
    void silenceEnds();
    void redirects_data();
    void redirects();
    void theTokenStaysWithTheHub();
    void withoutATokenItSaysSo();
    void nothingSecretIsTold();
    void wrongBytesNeverPass();
    void spoiltBytesAreFetchedAgain();
    void doubtfulBytesAreFetchedAgain();
    void aFullDiskKeepsWhatCame();
    void aFolderThatCannotBeWritten();
    void nothingIsOverwritten();
    void completeButForItsName();
    void theRateIsLimited();
    void noConnection();

  private:
    storage::DownloadFile file(bool known = true) const {
        storage::DownloadFile file;
        file.repository = kRepository;
        file.path = kName;
        file.target = m_folder->filePath(QStringLiteral("wren.gguf"));
        if (known) {
            file.bytes = m_content.size();
            file.sha256 = sha256Of(m_content);
        }
        return file;
    }
    QByteArray arrived() const { return contentOf(PartFile::partName(file().target)); }
    qint64 partSize() const { return QFileInfo(PartFile::partName(file().target)).size(); }

    /// Fetches the first `bytes`, stops, and answers with what was noted.
    storage::DownloadFile begun(qint64 bytes, storage::DownloadFile from) {
        m_hub->setFault([bytes](const HubRequest& request, HubReply& reply) {
            if (request.toContentHost) reply.stallAfter = bytes;
        });
        Transfer transfer(*m_hub, from);
        transfer.stopAt = bytes;
        if (!transfer.run() || !transfer.isStopped) qWarning("it was not stopped");
        m_hub->setFault({});
        return transfer.download().file();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<TestHub> m_hub;
    QByteArray m_content;
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
    m_hub->setFile(kRepository, QStringLiteral("config.json"), "{}", TestHub::Kind::Small);
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
    m_hub->setFile(kRepository, kName, m_content);
    Transfer transfer(*m_hub, noted);
    QVERIFY(transfer.run());
    QVERIFY2(transfer.isChecked, transfer.problem ? qPrintable(transfer.problem->message) : "");
    QCOMPARE(arrived(), m_content);
    QCOMPARE(transfer.download().startedOver(), 1);
    QCOMPARE(transfer.download().file().linkedSha256, sha256Of(m_content));
}

void TestDownload::aChangedFileOfTheCatalogueIsRefused() {
    const storage::DownloadFile wanted = file();
    m_hub->setFile(kRepository, kName, randomContent(m_content.size(), 2));
    Transfer transfer(*m_hub, wanted);
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::FileChanged);
    QVERIFY(m_hub->contentRequests().isEmpty());
}

void TestDownload::statuses_data() {
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<Fault>("fault");
    QTest::addColumn<Action>("action");
    QTest::addColumn<int>("tries");
    QTest::newRow("401") << 401 << QByteArray("GatedRepo") << Fault::SignInNeeded << Action::GiveToken << 1;
    QTest::newRow("401 unknown") << 401 << QByteArray("RepoNotFound") << Fault::SignInNeeded
                                 << Action::GiveToken << 1;
    QTest::newRow("403") << 403 << QByteArray("GatedRepo") << Fault::AccessDenied << Action::AskForAccess
                         << 1;
    QTest::newRow("404") << 404 << QByteArray("EntryNotFound") << Fault::NotFound << Action::ChooseAnother
                         << 1;
    QTest::newRow("410") << 410 << QByteArray() << Fault::NotFound << Action::ChooseAnother << 1;
    QTest::newRow("408") << 408 << QByteArray() << Fault::ServerError << Action::Retry << 4;
    QTest::newRow("416") << 416 << QByteArray() << Fault::RangeRefused << Action::StartOver << 2;
    QTest::newRow("429") << 429 << QByteArray() << Fault::TooManyRequests << Action::Retry << 4;
    QTest::newRow("500") << 500 << QByteArray() << Fault::ServerError << Action::Retry << 4;
    QTest::newRow("503") << 503 << QByteArray() << Fault::ServerError << Action::Retry << 4;
    QTest::newRow("418") << 418 << QByteArray() << Fault::BadAnswer << Action::Retry << 1;
    QTest::newRow("204") << 204 << QByteArray() << Fault::BadAnswer << Action::Retry << 1;
}

void TestDownload::statuses() {
    QFETCH(int, status);
    QFETCH(QByteArray, code);
    QFETCH(Fault, fault);
    QFETCH(Action, action);
    QFETCH(int, tries);
    m_hub->setFault([status, code](const HubRequest&, HubReply& reply) {
        reply = {};
        reply.status = status;
        reply.headers.insert("x-error-code", code);
    });
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, fault);
    QCOMPARE(transfer.problem->action, action);
    QVERIFY(transfer.problem->message.contains("wren.gguf") &&
            transfer.problem->message.contains("127.0.0.1"));
    QVERIFY(!transfer.problem->hint.isEmpty());
    QCOMPARE(m_hub->requests().size(), tries);
    QVERIFY(!QFileInfo::exists(PartFile::partName(file().target)));  // nothing came, nothing lies about
}

void TestDownload::aStatusThatPassesIsTriedAgain() {
    int refusals = 3;
    m_hub->setFault([&refusals](const HubRequest& request, HubReply& reply) {
        if (!request.toContentHost || refusals-- <= 0) return;
        reply = {};
        reply.status = 503;
    });
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QCOMPARE(transfer.pauses, QList<int>({1, 2, 4}));  // each twice the one before
    QCOMPARE(transfer.waitedFor, QList<Fault>(3, Fault::ServerError));
}

void TestDownload::theServerSaysHowLongToWait() {
    int refusals = 1;
    m_hub->setFault([&refusals](const HubRequest&, HubReply& reply) {
        if (refusals-- <= 0) return;
        reply = {};
        reply.status = 429;
        reply.headers.insert("Retry-After", "1");
    });
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QCOMPARE(transfer.pauses, QList<int>({1000}));
}

void TestDownload::lengths_data() {
    QTest::addColumn<bool>("known");
    QTest::addColumn<QByteArray>("linked");
    QTest::addColumn<int>("body");
    QTest::addColumn<bool>("sendLength");
    QTest::newRow("a shorter file than the catalogue says") << true << QByteArray() << 600'000 << true;
    QTest::newRow("a longer file than the catalogue says") << true << QByteArray() << 800'000 << true;
    QTest::newRow("another length than the hub says") << false << QByteArray("700001") << 600'000 << true;
    QTest::newRow("the hub says another length than the catalogue")
        << true << QByteArray("5") << 700'001 << true;
    QTest::newRow("more bytes than announced") << true << QByteArray() << 800'000 << false;
}

void TestDownload::lengths() {
    QFETCH(bool, known);
    QFETCH(QByteArray, linked);
    QFETCH(int, body);
    QFETCH(bool, sendLength);
    m_hub->setFault([=](const HubRequest& request, HubReply& reply) {
        if (request.toContentHost) {
            reply.body = randomContent(body, 1);
            reply.sendLength = sendLength;
        } else {
            reply.headers.remove("X-Linked-Size");
            if (!linked.isEmpty()) reply.headers.insert("X-Linked-Size", linked);
        }
    });
    Transfer transfer(*m_hub, file(known));
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::WrongLength);
    QVERIFY(partSize() <= m_content.size());
}

void TestDownload::anEarlyEndIsGoneOnWith() {
    m_hub->setFault([](const HubRequest& request, HubReply& reply) {
        if (!request.toContentHost || reply.body.size() < 300'000) return;
        reply.claimedLength = reply.body.size();
        reply.closeAfter = 200'000;
    });
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY2(transfer.isChecked, transfer.problem ? qPrintable(transfer.problem->message) : "");
    QCOMPARE(arrived(), m_content);
    QCOMPARE(transfer.waitedFor, QList<Fault>(3, Fault::EndedEarly));
    QCOMPARE(transfer.pauses,
             QList<int>({1, 1, 1}));  // bytes came each time, so it counts from the beginning
    QCOMPARE(m_hub->contentBytesSent(), m_content.size());
}

void TestDownload::anEarlyEndWithoutLengthIsNoticed() {
    m_hub->setFault([](const HubRequest& request, HubReply& reply) {
        if (!request.toContentHost) return;
        reply.sendLength = false;
        reply.closeAfter = reply.status == 206 ? -1 : 200'000;
    });
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QCOMPARE(arrived(), m_content);
    QCOMPARE(transfer.waitedFor, QList<Fault>(1, Fault::EndedEarly));
}

void TestDownload::silenceEnds_data() {
    QTest::addColumn<bool>("before");
    QTest::newRow("never answers") << true;
    QTest::newRow("stops in the middle") << false;
}

void TestDownload::silenceEnds() {
    QFETCH(bool, before);
    m_hub->setFault([before](const HubRequest& request, HubReply& reply) {
        reply.silent = before;
        if (request.toContentHost) reply.stallAfter = std::min<qint64>(300'000, reply.body.size());
    });
    DownloadOptions options = quickOptions();
    options.stallMs = 100;
    options.attempts = 1;
    Transfer transfer(*m_hub, file(), options);
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem || !before);
    if (before) {
        QCOMPARE(transfer.problem->fault, Fault::Timeout);
        return;
    }
    // Each attempt brings bytes, so it does not give up: what was fetched stays and counts.
    QVERIFY(transfer.isChecked);
    QCOMPARE(transfer.waitedFor.first(), Fault::Timeout);
}

void TestDownload::redirects_data() {
    QTest::addColumn<QByteArray>("location");
    QTest::addColumn<Fault>("fault");
    QTest::newRow("to itself") << QByteArray("/birds/Wren-GGUF/resolve/main/wren%20q8.gguf")
                               << Fault::RedirectLoop;
    QTest::newRow("without end") << QByteArray("COUNT") << Fault::RedirectLoop;
    QTest::newRow("nowhere") << QByteArray() << Fault::RedirectRefused;
    QTest::newRow("to a file") << QByteArray("file:///etc/passwd") << Fault::RedirectRefused;
    QTest::newRow("to no host") << QByteArray("http:///x") << Fault::RedirectRefused;
}

void TestDownload::redirects() {
    QFETCH(QByteArray, location);
    QFETCH(Fault, fault);
    int count = 0;
    m_hub->setFault([&](const HubRequest&, HubReply& reply) {
        reply = {};
        reply.status = 302;
        reply.headers.insert("Location", location == "COUNT" ? "/" + QByteArray::number(++count) : location);
    });
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, fault);
    QVERIFY(m_hub->requests().size() <= 11);
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

void TestDownload::wrongBytesNeverPass() {
    m_hub->setFault([](const HubRequest& request, HubReply& reply) {
        if (request.toContentHost)
            reply.body[reply.body.size() / 2] = char(reply.body.at(reply.body.size() / 2) ^ 1);
    });
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::ChecksumMismatch);
    QCOMPARE(transfer.problem->action, Action::StartOver);
    QVERIFY(!QFileInfo::exists(file().target));
    QCOMPARE(m_hub->contentRequests().size(), 1);  // the disk has what came: nothing to fetch again by itself
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

void TestDownload::aFullDiskKeepsWhatCame() {
    DownloadOptions options = quickOptions();
    options.part.mostBytes = 400'000;
    Transfer full(*m_hub, file(), options);
    QVERIFY(full.run());
    QVERIFY(full.problem);
    QCOMPARE(full.problem->fault, Fault::DiskFull);
    QCOMPARE(full.problem->action, Action::FreeSpace);
    QCOMPARE(partSize(), 400'000);
    const qint64 there = partSize();
    Transfer transfer(*m_hub, full.download().file());
    QVERIFY(transfer.run());
    QVERIFY(transfer.isChecked);
    QCOMPARE(arrived(), m_content);
    QCOMPARE(m_hub->contentRequests().last().header("range"), "bytes=" + QByteArray::number(there) + '-');
}

void TestDownload::aFolderThatCannotBeWritten() {
    QVERIFY(writeFile(m_folder->filePath("models"), "a file where the folder should be"));
    storage::DownloadFile wanted = file();
    wanted.target = m_folder->filePath("models/wren.gguf");
    Transfer transfer(*m_hub, wanted);
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::CannotWrite);
    QVERIFY(m_hub->requests().isEmpty());
}

void TestDownload::nothingIsOverwritten() {
    QVERIFY(writeFile(file().target, "mine"));
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::TargetExists);
    QCOMPARE(contentOf(file().target), QByteArray("mine"));
    QVERIFY(m_hub->requests().isEmpty());
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

void TestDownload::noConnection() {
    auto gone = std::make_unique<TestHub>();
    DownloadOptions options = quickOptions();
    options.attempts = 1;
    Transfer transfer(*gone, file(), options);
    gone.reset();
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::NoConnection);
    QCOMPARE(transfer.problem->action, Action::CheckConnection);
    QCOMPARE(transfer.waitedFor.size(), 1);
}

QTEST_GUILESS_MAIN(TestDownload)
#include "test_download.moc"
