// One file from a hub that misbehaves in every way that it can.
#include <QNetworkProxy>
#include <QTcpServer>
#include <QTest>

#include "tests/library/library_test.h"

using namespace kinglet;
using namespace kinglet::library;
using namespace kinglet::library::testing;

class TestDownloadFaults : public QObject, private DownloadPlace {
    Q_OBJECT

  private slots:
    void init() { begin(); }
    void cleanup() { end(); }

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
    void wrongBytesNeverPass();
    void aFullDiskKeepsWhatCame();
    void aFolderThatCannotBeWritten();
    void nothingIsOverwritten();
    void noConnection();
    void aProxyThatIsNotThere();
};

void TestDownloadFaults::statuses_data() {
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

void TestDownloadFaults::statuses() {
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

void TestDownloadFaults::aStatusThatPassesIsTriedAgain() {
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

void TestDownloadFaults::theServerSaysHowLongToWait() {
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

void TestDownloadFaults::lengths_data() {
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

void TestDownloadFaults::lengths() {
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

void TestDownloadFaults::anEarlyEndIsGoneOnWith() {
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

void TestDownloadFaults::anEarlyEndWithoutLengthIsNoticed() {
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

void TestDownloadFaults::silenceEnds_data() {
    QTest::addColumn<bool>("before");
    QTest::newRow("never answers") << true;
    QTest::newRow("stops in the middle") << false;
}

void TestDownloadFaults::silenceEnds() {
    QFETCH(bool, before);
    m_hub->setFault([before](const HubRequest& request, HubReply& reply) {
        reply.silent = before;
        if (request.toContentHost) reply.stallAfter = std::min<qint64>(300'000, reply.body.size());
    });
    DownloadOptions options = quickOptions();
    options.stallMs = 100;
    options.attempts = before ? 1 : 1000;  // a machine that is busy may see silence where there is none
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

void TestDownloadFaults::redirects_data() {
    QTest::addColumn<QByteArray>("location");
    QTest::addColumn<Fault>("fault");
    QTest::newRow("to itself") << QByteArray("/birds/Wren-GGUF/resolve/main/wren%20q8.gguf")
                               << Fault::RedirectLoop;
    QTest::newRow("without end") << QByteArray("COUNT") << Fault::RedirectLoop;
    QTest::newRow("nowhere") << QByteArray() << Fault::RedirectRefused;
    QTest::newRow("to a file") << QByteArray("file:///etc/passwd") << Fault::RedirectRefused;
    QTest::newRow("to no host") << QByteArray("http:///x") << Fault::RedirectRefused;
}

void TestDownloadFaults::redirects() {
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

void TestDownloadFaults::wrongBytesNeverPass() {
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

void TestDownloadFaults::aFullDiskKeepsWhatCame() {
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

void TestDownloadFaults::aFolderThatCannotBeWritten() {
    QVERIFY(writeFile(m_folder->filePath("models"), "a file where the folder should be"));
    storage::DownloadFile wanted = file();
    wanted.target = m_folder->filePath("models/wren.gguf");
    Transfer transfer(*m_hub, wanted);
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::CannotWrite);
    QVERIFY(m_hub->requests().isEmpty());
}

void TestDownloadFaults::nothingIsOverwritten() {
    QVERIFY(writeFile(file().target, "mine"));
    Transfer transfer(*m_hub, file());
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::TargetExists);
    QCOMPARE(contentOf(file().target), QByteArray("mine"));
    QVERIFY(m_hub->requests().isEmpty());
}

void TestDownloadFaults::noConnection() {
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

void TestDownloadFaults::aProxyThatIsNotThere() {
    Transfer transfer(*m_hub, file());
    QTcpServer closed;
    QVERIFY(closed.listen(QHostAddress::LocalHost));
    const quint16 port = closed.serverPort();
    closed.close();
    transfer.network().setProxy(QNetworkProxy(QNetworkProxy::HttpProxy, QStringLiteral("127.0.0.1"), port));
    QVERIFY(transfer.run());
    QVERIFY(transfer.problem);
    QCOMPARE(transfer.problem->fault, Fault::ProxyFailed);
    QCOMPARE(transfer.problem->action, Action::CheckProxy);
    QVERIFY(m_hub->requests().isEmpty());
}

QTEST_GUILESS_MAIN(TestDownloadFaults)
#include "test_download_faults.moc"
