// Several downloads, their order, and what a restart finds.
#include <QTest>

#include "library/download_queue.h"
#include "storage/database.h"
#include "tests/library/library_test.h"

using namespace kinglet;
using namespace kinglet::library;
using namespace kinglet::library::testing;

namespace {

const QString kRepository = QStringLiteral("birds/Wren-GGUF");

/// A queue over a database in a folder, with what it said.
struct Running {
    Running(const TestHub& hub, const QString& folder, QueueOptions options) {
        database = std::make_unique<storage::Database>(storage::DatabaseOptions::ofLibrary(folder));
        auto opened = database->open();
        opened.waitForFinished();
        store = std::make_unique<storage::DownloadStore>(*database);
        queue = std::make_unique<DownloadQueue>(*store, Hub(hub.endpoint()), std::move(options));
        QObject::connect(queue.get(), &DownloadQueue::finished, queue.get(),
                         [this](qint64 id, const QStringList& files) { finished << id, targets << files; });
        QObject::connect(queue.get(), &DownloadQueue::removed, queue.get(),
                         [this](qint64 id) { removed << id; });
        QObject::connect(queue.get(), &DownloadQueue::idle, queue.get(), [this] { isIdle = true; });
        QObject::connect(queue.get(), &DownloadQueue::loaded, queue.get(), [this] { isLoaded = true; });
        QObject::connect(queue.get(), &DownloadQueue::storeFailed, queue.get(),
                         [this](const storage::Error& error) {
                             qWarning("%s %s", qPrintable(error.message), qPrintable(error.details));
                             ++storeFailures;
                         });
    }
    ~Running() {
        queue.reset();
        store.reset();
        database.reset();
    }

    bool load() {
        queue->load();
        return QTest::qWaitFor([this] { return isLoaded; }, kPatienceMs);
    }
    qint64 add(const storage::DownloadRecord& record) {
        std::optional<storage::Result<qint64>> answer;
        isIdle = false;  // it is at first, with nothing to do
        queue->add(record, [&answer](const storage::Result<qint64>& id) { answer = id; });
        if (!QTest::qWaitFor([&answer] { return answer.has_value(); }, kPatienceMs)) return 0;
        lastError = answer->ok() ? QString() : answer->error().message;
        return answer->ok() ? answer->value() : 0;
    }
    bool waitFor(const std::function<bool()>& what) const { return QTest::qWaitFor(what, kPatienceMs); }
    bool waitIdle() {
        return waitFor([this] { return isIdle; });
    }
    DownloadStatus status(qint64 id) const { return queue->find(id)->status; }
    qsizetype stored() const {
        auto all = store->all();
        all.waitForFinished();
        return all.takeResult()->size();
    }

    std::unique_ptr<storage::Database> database;
    std::unique_ptr<storage::DownloadStore> store;
    std::unique_ptr<DownloadQueue> queue;
    QList<qint64> finished;
    QStringList targets;
    QList<qint64> removed;
    QString lastError;
    int storeFailures = 0;
    bool isIdle = false;
    bool isLoaded = false;
};

}  // namespace

class TestDownloadQueue : public QObject {
    Q_OBJECT

  private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_hub = std::make_unique<TestHub>();
        m_contents.clear();
        for (int i = 0; i < 4; ++i) {
            const QString name = QStringLiteral("bird%1.gguf").arg(i);
            m_contents[name] = randomContent(200'000 + 1000 * i, quint32(i) + 10);
            m_hub->setFile(kRepository, name, m_contents[name]);
        }
        m_options = {};
        m_options.download = quickOptions();
    }
    void cleanup() {
        m_hub.reset();
        m_folder.reset();
    }

    void severalRunAtOnceInTheirOrder() {
        hold();
        Running run(*m_hub, m_folder->path(), m_options);
        QVERIFY(run.load());
        QList<qint64> ids;
        for (int i = 0; i < 4; ++i) ids << run.add(record({bird(i)}));
        QVERIFY(run.waitFor([&] { return m_hub->contentRequests().size() == 2; }));
        QCOMPARE(run.status(ids[1]), DownloadStatus::Running);
        QCOMPARE(run.status(ids[2]), DownloadStatus::Queued);
        run.queue->move(ids[3], 0);  // the one behind comes next
        run.queue->setMostRunning(3);
        QVERIFY(run.waitFor([&] { return m_hub->contentRequests().size() == 3; }));
        QCOMPARE(run.status(ids[2]), DownloadStatus::Queued);
        QVERIFY(m_hub->contentRequests().last().path.endsWith(sha256Of(m_contents[bird(3)]).toLatin1()));
        letGo();
        for (const qint64 id : {ids[0], ids[1], ids[3]}) {  // those that hang begin again
            run.queue->pause(id);
            run.queue->resume(id);
        }
        QVERIFY(run.waitFor([&] { return run.finished.size() == 4; }));
        for (auto at = m_contents.begin(); at != m_contents.end(); ++at)
            QCOMPARE(contentOf(m_folder->filePath(at.key())), at.value());
        QVERIFY(run.isIdle);
        QCOMPARE(run.stored(), 0);
        QCOMPARE(run.storeFailures, 0);
    }

    void pausedStaysPausedThroughARestart() {
        hold();
        qint64 id = 0;
        {
            Running run(*m_hub, m_folder->path(), m_options);
            QVERIFY(run.load());
            id = run.add(record({bird(0)}));
            QVERIFY(run.waitFor([&] { return run.queue->find(id)->received == 100'000; }));
            run.queue->pause(id);
            QVERIFY(run.waitIdle());
            QCOMPARE(run.status(id), DownloadStatus::Paused);
        }
        letGo();
        const qsizetype before = m_hub->requests().size();
        Running run(*m_hub, m_folder->path(), m_options);
        QVERIFY(run.load());
        QCOMPARE(run.status(id), DownloadStatus::Paused);
        QCOMPARE(run.queue->find(id)->received, 100'000);
        QCOMPARE(m_hub->requests().size(), before);
        run.queue->resume(id);
        QVERIFY(run.waitFor([&] { return !run.finished.isEmpty(); }));
        QCOMPARE(contentOf(m_folder->filePath(bird(0))), m_contents[bird(0)]);
        QCOMPARE(m_hub->contentRequests().last().header("range"), QByteArray("bytes=100000-"));
    }

    void whatRanGoesOnAfterARestart() {
        hold();
        {
            Running run(*m_hub, m_folder->path(), m_options);
            QVERIFY(run.load());
            const qint64 id = run.add(record({bird(0)}));
            QVERIFY(run.waitFor([&] { return run.queue->find(id)->received == 100'000; }));
            run.queue->stopAll();
            QVERIFY(run.waitIdle());
        }
        letGo();
        {
            QueueOptions options = m_options;
            options.holdLoaded = true;  // unless it is told not to
            Running run(*m_hub, m_folder->path(), options);
            QVERIFY(run.load());
            QCOMPARE(run.queue->all().size(), 1);
            QCOMPARE(run.queue->all().first().status, DownloadStatus::Paused);
        }
        Running run(*m_hub, m_folder->path(), m_options);
        QVERIFY(run.load());
        QVERIFY(run.waitFor([&] { return !run.finished.isEmpty(); }));
        QCOMPARE(contentOf(m_folder->filePath(bird(0))), m_contents[bird(0)]);
        QCOMPARE(m_hub->contentRequests().last().header("range"), QByteArray("bytes=100000-"));
    }

    void cancellingLeavesNothing() {
        hold();
        Running run(*m_hub, m_folder->path(), m_options);
        QVERIFY(run.load());
        const qint64 id = run.add(record({bird(0)}));
        QVERIFY(run.waitFor([&] { return run.queue->find(id)->received == 100'000; }));
        run.queue->cancel(id);
        QVERIFY(run.waitFor([&] { return run.removed.contains(id); }));
        QCOMPARE(run.stored(), 0);
        QVERIFY(!QFileInfo::exists(PartFile::partName(m_folder->filePath(bird(0)))));
        QVERIFY(run.queue->all().isEmpty());
        // It can be added again.
        letGo();
        QVERIFY(run.add(record({bird(0)})) > 0);
        QVERIFY(run.waitFor([&] { return !run.finished.isEmpty(); }));
    }

    void aTargetIsTakenOnce() {
        hold();
        Running run(*m_hub, m_folder->path(), m_options);
        QVERIFY(run.load());
        QVERIFY(run.add(record({bird(0)})) > 0);
        QCOMPARE(run.add(record({bird(0)})), 0);
        QVERIFY(run.lastError.contains("already"));
        QVERIFY(writeFile(m_folder->filePath(bird(1)), "mine"));
        QCOMPARE(run.add(record({bird(1)})), 0);
        QVERIFY(run.lastError.contains("already"));
        QCOMPARE(run.stored(), 1);
    }

    void aFailureIsKeptAndTriedAgain() {
        m_hub->setFault([](const HubRequest&, HubReply& reply) {
            reply = {};
            reply.status = 404;
        });
        qint64 id = 0;
        {
            Running run(*m_hub, m_folder->path(), m_options);
            QVERIFY(run.load());
            id = run.add(record({bird(0)}));
            QVERIFY(run.waitIdle());
        }
        Running run(*m_hub, m_folder->path(), m_options);
        QVERIFY(run.load());
        QCOMPARE(run.status(id), DownloadStatus::Failed);
        QCOMPARE(run.queue->find(id)->problem->fault, Fault::NotFound);
        QVERIFY(!run.queue->find(id)->problem->message.isEmpty());
        letGo();
        run.queue->resume(id);
        QVERIFY(run.waitFor([&] { return run.finished.contains(id); }));
    }

    void partsAppearTogether() {
        QStringList judged;
        m_options.verify = [&](const QStringList& parts, const QStringList& targets, auto answer) {
            judged = parts;
            for (const QString& target : targets) {
                if (QFileInfo::exists(target)) return answer(problemOf(Fault::VerifyFailed, target, {}));
            }
            answer(std::nullopt);
        };
        Running run(*m_hub, m_folder->path(), m_options);
        QVERIFY(run.load());
        run.add(record({bird(0), bird(1), bird(2)}));
        QVERIFY(run.waitFor([&] { return !run.finished.isEmpty(); }));
        QCOMPARE(judged.size(), 3);
        QCOMPARE(run.targets.size(), 3);
        for (int i = 0; i < 3; ++i) QCOMPARE(contentOf(m_folder->filePath(bird(i))), m_contents[bird(i)]);
    }

    void aKillBetweenTwoNamesIsMended() {
        {
            Running run(*m_hub, m_folder->path(), m_options);
            auto added = run.store->add(record({bird(0), bird(1)}));
            added.waitForFinished();
        }
        QVERIFY(writeFile(PartFile::partName(m_folder->filePath(bird(0))), m_contents[bird(0)]));
        QVERIFY(writeFile(m_folder->filePath(bird(1)), m_contents[bird(1)]));
        Running run(*m_hub, m_folder->path(), m_options);
        QVERIFY(run.load());
        QVERIFY(run.waitFor([&] { return !run.finished.isEmpty(); }));
        QCOMPARE(contentOf(m_folder->filePath(bird(0))), m_contents[bird(0)]);
        QVERIFY(m_hub->requests().isEmpty());
        QCOMPARE(run.stored(), 0);
    }

    void whatDoesNotVerifyGetsNoName() {
        bool good = false;
        m_options.verify = [&good](const QStringList&, const QStringList& targets, auto answer) {
            answer(good ? std::nullopt : std::optional(problemOf(Fault::VerifyFailed, targets.first(), {})));
        };
        Running run(*m_hub, m_folder->path(), m_options);
        QVERIFY(run.load());
        const qint64 id = run.add(record({bird(0)}));
        QVERIFY(run.waitIdle());
        QCOMPARE(run.status(id), DownloadStatus::Failed);
        QCOMPARE(run.queue->find(id)->problem->fault, Fault::VerifyFailed);
        QVERIFY(!QFileInfo::exists(m_folder->filePath(bird(0))));
        // Trying again fetches it anew: what is there was judged.
        good = true;
        const qsizetype before = m_hub->contentRequests().size();
        run.queue->resume(id);
        QVERIFY(run.waitFor([&] { return run.finished.contains(id); }));
        QCOMPARE(m_hub->contentRequests().size(), before + 1);
        QVERIFY(!m_hub->contentRequests().last().headers.contains("range"));
    }

    void stoppingDuringTheVerdictLosesNothing() {
        m_options.verify = [](const QStringList&, const QStringList&, const auto&) {};  // never answers
        {
            Running run(*m_hub, m_folder->path(), m_options);
            QVERIFY(run.load());
            const qint64 id = run.add(record({bird(0)}));
            QVERIFY(run.waitFor([&] { return run.status(id) == DownloadStatus::Checking; }));
            QVERIFY(run.waitFor([&] { return run.queue->find(id)->received > 200'000 - 1; }));
            run.queue->stopAll();
            QVERIFY(run.waitIdle());
        }
        m_options.verify = {};
        const qsizetype before = m_hub->contentRequests().size();
        Running run(*m_hub, m_folder->path(), m_options);
        QVERIFY(run.load());
        QVERIFY(run.waitFor([&] { return !run.finished.isEmpty(); }));
        QCOMPARE(m_hub->contentRequests().size(), before);
    }

    /// Two programs on one list, as the window and kinglet-cli are.
    void twoShareTheList() {
        share();
        hold();
        Running first(*m_hub, m_folder->path(), m_options);
        QVERIFY(first.load());
        const qint64 id = first.add(record({bird(0)}));
        QVERIFY(first.waitFor([&] { return first.queue->find(id)->received == 100'000; }));
        Running second(*m_hub, m_folder->path(), m_options);
        QVERIFY(second.load());
        QVERIFY(second.waitFor([&] { return second.status(id) == DownloadStatus::Elsewhere; }));
        second.queue->pause(id);  // is not its own to pause
        second.queue->cancel(id);
        QCOMPARE(second.status(id), DownloadStatus::Elsewhere);
        QVERIFY(second.waitFor([&] { return second.queue->find(id)->received == 100'000; }));
        // What the one adds and has no time for the other fetches.
        letGo();
        first.queue->setMostRunning(1);
        const qint64 another = first.add(record({bird(1)}));
        QVERIFY(second.waitFor([&] { return second.finished.contains(another); }));
        QVERIFY(first.waitFor([&] { return first.finished.contains(another); }));
        first.queue->pause(id);  // what hangs begins again
        first.queue->resume(id);
        QVERIFY(first.waitFor([&] { return first.finished.contains(id); }));
        QVERIFY(second.waitFor([&] { return second.finished.contains(id); }));
        QCOMPARE(contentOf(m_folder->filePath(bird(0))), m_contents[bird(0)]);
        QCOMPARE(contentOf(m_folder->filePath(bird(1))), m_contents[bird(1)]);
        QCOMPARE(first.stored(), 0);
    }

    void whatAnotherLeavesIsTakenUp() {
        share();
        hold();
        auto first = std::make_unique<Running>(*m_hub, m_folder->path(), m_options);
        QVERIFY(first->load());
        const qint64 id = first->add(record({bird(0)}));
        QVERIFY(first->waitFor([&] { return first->queue->find(id)->received == 100'000; }));
        Running second(*m_hub, m_folder->path(), m_options);
        QVERIFY(second.load());
        QVERIFY(second.waitFor([&] { return second.status(id) == DownloadStatus::Elsewhere; }));
        letGo();
        first.reset();
        QVERIFY(second.waitFor([&] { return second.finished.contains(id); }));
        QCOMPARE(contentOf(m_folder->filePath(bird(0))), m_contents[bird(0)]);
        QCOMPARE(m_hub->contentRequests().last().header("range"), QByteArray("bytes=100000-"));
    }

  private:
    static QString bird(int i) { return QStringLiteral("bird%1.gguf").arg(i); }
    /// Contents end in silence after 100000 bytes.
    void hold() {
        m_hub->setFault([](const HubRequest& request, HubReply& reply) {
            if (request.toContentHost) reply.stallAfter = 100'000;
        });
    }
    void letGo() { m_hub->setFault({}); }
    void share() {
        m_options.locks = DownloadLocks::pathIn(m_folder->path());
        m_options.watchMs = 20;
    }

    storage::DownloadRecord record(const QStringList& names) const {
        storage::DownloadRecord record;
        record.name = names.first();
        for (const QString& name : names) {
            storage::DownloadFile file;
            file.repository = kRepository;
            file.path = name;
            file.target = m_folder->filePath(name);
            file.bytes = m_contents[name].size();
            file.sha256 = sha256Of(m_contents[name]);
            record.files << file;
        }
        return record;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<TestHub> m_hub;
    QMap<QString, QByteArray> m_contents;
    QueueOptions m_options;
};

QTEST_GUILESS_MAIN(TestDownloadQueue)
#include "test_download_queue.moc"
