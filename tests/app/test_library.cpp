// The models that can be had, as the window drives them.
#include <QAbstractItemModelTester>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>

#include "app/gui/library_worker.h"
#include "tests/app/library_run.h"

namespace kinglet::gui {

class LibraryTest : public LibraryFixture {
    Q_OBJECT
  private slots:
    void theCatalogueIsThereWithoutAHub();
    void verdictsFollowTheMachine();
    void searchDownloadVerifyAndList();
    void pauseResumeAndCancel();
    void aFailureHasOneAction();
    void aTokenOpensARepository();
    void aTokenIsKeptWithTheSecrets();
    void aTokenCanBeForgotten();
    void withoutASecretStoreATokenLastsForOneRun();
    void whatWasUnfinishedGoesOn();
    void whatCannotBeUsedGetsNoName();
    void theCommandLineFetchesBesideTheWindow();
    void cataloguesOfOthers();
    void theCatalogueThatShipsIsRenewedFromItsAddress();
    void fiveThousandEntries();
};

void LibraryTest::theCatalogueIsThereWithoutAHub() {
    LibraryRun run(folder_, hub_->endpoint());
    QAbstractItemModelTester tester(&run.offers(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    QVERIFY(run.waitFor([&] { return run.offers().count() > 40; }));
    const int all = run.offers().count();
    run.offers().setFilter(QStringLiteral("QWEN 0.6"));
    QCOMPARE(run.offers().count(), 1);
    const QModelIndex qwen = run.offers().index(0);
    QCOMPARE(qwen.data(OfferListModel::OfferIdRole).toString(), QStringLiteral("qwen3-0.6b"));
    QCOMPARE(qwen.data(OfferListModel::ActionRole).toString(), QStringLiteral("download"));
    QVERIFY(qwen.data(OfferListModel::ActionLabelRole).toString().contains(QStringLiteral("397 MB")));
    QVERIFY(qwen.data(OfferListModel::FormsRole).toStringList().size() >= 2);
    run.library().chooseForm(QStringLiteral("qwen3-0.6b"), 1);
    QVERIFY(qwen.data(OfferListModel::ActionLabelRole).toString().contains(QStringLiteral("639 MB")));
    run.offers().setFilter({});
    QCOMPARE(run.offers().count(), all);
    QVERIFY(hub_->requests().isEmpty());  // nothing is fetched unasked
}

void LibraryTest::verdictsFollowTheMachine() {
    OfferListModel offers;
    offers.setCatalogue(library::builtInCatalogue().models);
    const auto verdict = [&](const char* id, int role) {
        for (int row = 0; row < offers.count(); ++row) {
            const QModelIndex index = offers.index(row);
            if (index.data(OfferListModel::OfferIdRole).toString() == QLatin1String(id))
                return index.data(role);
        }
        return QVariant();
    };
    QCOMPARE(verdict("tinyllama-1.1b-chat-v1.0", OfferListModel::VerdictRole).toString(), QString());
    library::Machine machine;
    machine.availableMemory = 4'000'000'000;
    machine.freeDisk = 5'000'000'000;
    machine.memoryBytesPerSecond = 20e9;
    machine.downloadBytesPerSecond = 10e6;
    offers.setMachine(machine);
    QCOMPARE(verdict("tinyllama-1.1b-chat-v1.0", OfferListModel::VerdictLevelRole).toInt(), 1);
    const QString well = verdict("tinyllama-1.1b-chat-v1.0", OfferListModel::VerdictRole).toString();
    QVERIFY2(well.contains(QStringLiteral("tokens a second")), qPrintable(well));
    QVERIFY(verdict("tinyllama-1.1b-chat-v1.0", OfferListModel::CostTextRole)
                .toString()
                .contains(QStringLiteral("669 MB")));
    QCOMPARE(verdict("mistral-7b-instruct-v0.2", OfferListModel::VerdictLevelRole).toInt(), 3);
    QVERIFY(verdict("mistral-7b-instruct-v0.2", OfferListModel::VerdictRole)
                .toString()
                .contains(QStringLiteral("more memory")));
    machine.availableMemory = 64'000'000'000;
    machine.freeDisk = 1'000'000'000;
    offers.setMachine(machine);
    QVERIFY(verdict("mistral-7b-instruct-v0.2", OfferListModel::VerdictRole)
                .toString()
                .contains(QStringLiteral("room on the disk")));
}

void LibraryTest::searchDownloadVerifyAndList() {
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.findIt());
    QCOMPARE(run.at(kRepository, OfferListModel::SectionRole), QStringLiteral("Found on 127.0.0.1"));
    QSignalSpy arrived(&run.library(), &ModelLibrary::arrived);
    run.library().download(kRepository);
    QVERIFY(run.waitFor([&] { return arrived.count() == 1; }));
    QCOMPARE(contentOf(run.target()), model_);
    QVERIFY(run.waitStatus(kRepository, "here"));
    QCOMPARE(run.at(kRepository, OfferListModel::ActionRole), QStringLiteral("chat"));
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 1; }));
    const QModelIndex listed = run.app->models()->index(0);
    QCOMPARE(listed.data(ModelListModel::PathRole).toString(), run.target());
    QVERIFY(listed.data(ModelListModel::VerifiedRole).toBool());
    QCOMPARE(run.library().activeCount(), 0);
    QVERIFY(run.notices->last().at(0).toString().contains(QStringLiteral("ready")));
    run.app->runNoticeAction(run.notices->last().at(2).toInt());
    QCOMPARE(run.app->model()->path(), run.target());
    // The badge is remembered.
    run.app.reset();
    LibraryRun again(folder_, hub_->endpoint());
    QVERIFY(again.waitFor([&] { return again.app->models()->count() == 1; }));
    QVERIFY(again.app->models()->index(0).data(ModelListModel::VerifiedRole).toBool());
}

void LibraryTest::pauseResumeAndCancel() {
    hold(50'000);
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.findIt());
    run.library().download(kRepository);
    QVERIFY(run.waitFor([&] { return QFileInfo(run.target() + ".part").size() == 50'000; }));
    QVERIFY(run.waitStatus(kRepository, "running"));
    QCOMPARE(run.library().activeCount(), 1);
    run.library().pause(kRepository);
    QVERIFY(run.waitStatus(kRepository, "paused"));
    QVERIFY(run.waitFor([&] { return run.library().activeCount() == 0; }));
    QCOMPARE(run.at(kRepository, OfferListModel::ActionRole), QStringLiteral("resume"));
    hub_->setFault({});
    run.library().resume(kRepository);
    QVERIFY(run.waitStatus(kRepository, "here"));
    QCOMPARE(contentOf(run.target()), model_);
    QVERIFY(QFile::remove(run.target()));
    run.app->models()->refresh();
    QVERIFY(run.waitStatus(kRepository, "get"));
    hold(50'000);
    run.library().download(kRepository);
    QVERIFY(run.waitStatus(kRepository, "running"));
    run.library().cancel(kRepository);
    QVERIFY(run.waitStatus(kRepository, "get"));
    QVERIFY(!QFileInfo::exists(run.target() + ".part"));
}

void LibraryTest::aFailureHasOneAction() {
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.findIt());
    hub_->setFault([](const HubRequest& request, HubReply& reply) {
        if (!request.isFile()) return;
        reply = {};
        reply.status = 404;
    });
    run.library().download(kRepository);
    QVERIFY(run.waitStatus(kRepository, "failed"));
    QVERIFY(run.at(kRepository, OfferListModel::ProblemRole).contains(kFile));
    QCOMPARE(run.at(kRepository, OfferListModel::ActionRole), QStringLiteral("remove"));
    QVERIFY(run.waitFor([&] { return run.library().attention(); }));
    run.library().cancel(kRepository);
    QVERIFY(run.waitStatus(kRepository, "get"));
    QVERIFY(run.waitFor([&] { return !run.library().attention(); }));
}

void LibraryTest::aTokenOpensARepository() {
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.findIt());
    hub_->setToken("hf_secret");
    run.library().download(kRepository);
    QVERIFY(run.waitStatus(kRepository, "failed"));
    QCOMPARE(run.at(kRepository, OfferListModel::ActionRole), QStringLiteral("token"));
    run.library().giveToken(QStringLiteral(" hf_secret "));
    run.library().resume(kRepository);
    QVERIFY(run.waitStatus(kRepository, "here"));
    run.app.reset();
    for (const char* name : {"library.db", "library.db-wal", "kinglet.db", "kinglet.db-wal"})
        QVERIFY(!contentOf(QDir(folder_).filePath(QLatin1String(name))).contains("hf_secret"));
}

void LibraryTest::aTokenIsKeptWithTheSecrets() {
    const auto desktop = std::make_shared<SecretsOfTest>();
    {
        LibraryRun run(folder_, hub_->endpoint(), desktop);
        QVERIFY(run.findIt());
        QCOMPARE(run.library().tokenState(), ModelLibrary::NoToken);
        run.library().giveToken(QStringLiteral("hf_secret\r\nX-Evil: 1"));
        QCOMPARE(run.notices->last().at(0).toString().contains(QStringLiteral("not an access token")), true);
        QCOMPARE(run.library().tokenState(), ModelLibrary::NoToken);
        run.library().giveToken(QStringLiteral("hf_secret"));
        QVERIFY(run.waitFor([&] { return run.library().tokenState() == ModelLibrary::TokenKept; }));
        QCOMPARE(desktop->secrets.value(hub_->endpoint()), QByteArray("hf_secret"));
    }
    hub_->setToken("hf_secret");
    LibraryRun run(folder_, hub_->endpoint(), desktop);
    QVERIFY(run.waitFor([&] { return run.library().tokenState() == ModelLibrary::TokenKept; }));
    QVERIFY(run.findIt());
    run.library().download(kRepository);
    QVERIFY(run.waitStatus(kRepository, "here"));
    // It belongs to that hub: another is not told.
    run.app->settings()->setHubAddress(QStringLiteral("https://elsewhere.example"));
    run.library().setHub(library::Hub(QUrl(QStringLiteral("https://elsewhere.example"))));
    QCOMPARE(run.library().tokenState(), ModelLibrary::NoToken);
    QTest::qWait(20);
    QCOMPARE(run.library().tokenState(), ModelLibrary::NoToken);
}

void LibraryTest::aTokenCanBeForgotten() {
    const auto desktop = std::make_shared<SecretsOfTest>();
    LibraryRun run(folder_, hub_->endpoint(), desktop);
    QVERIFY(run.waitFor([&] { return run.app->ready(); }));
    run.library().giveToken(QStringLiteral("hf_secret"));
    QVERIFY(run.waitFor([&] { return run.library().tokenState() == ModelLibrary::TokenKept; }));
    run.library().forgetToken();
    QVERIFY(desktop->secrets.isEmpty());
    QCOMPARE(run.library().tokenState(), ModelLibrary::NoToken);
    QCOMPARE(run.notices->size(), 1);
    run.app->runNoticeAction(run.notices->last().at(2).toInt());
    QVERIFY(run.waitFor([&] { return run.library().tokenState() == ModelLibrary::TokenKept; }));
    QCOMPARE(desktop->secrets.value(hub_->endpoint()), QByteArray("hf_secret"));
    run.app->deleteEverything();
    QVERIFY(desktop->secrets.isEmpty());
}

void LibraryTest::withoutASecretStoreATokenLastsForOneRun() {
    const auto desktop = std::make_shared<SecretsOfTest>();
    desktop->refuses = true;
    LibraryRun run(folder_, hub_->endpoint(), desktop);
    QVERIFY(run.waitFor([&] { return run.app->ready(); }));
    run.library().giveToken(QStringLiteral("hf_secret"));
    QVERIFY(run.waitFor([&] { return !run.notices->isEmpty(); }));
    QVERIFY(run.notices->last().at(0).toString().contains(QStringLiteral("forgotten")));
    QCOMPARE(run.library().tokenState(), ModelLibrary::TokenForThisRun);
}

void LibraryTest::whatWasUnfinishedGoesOn() {
    hold(50'000);
    {
        LibraryRun run(folder_, hub_->endpoint());
        QVERIFY(run.findIt());
        run.library().download(kRepository);
        QVERIFY(run.waitFor([&] { return QFileInfo(run.target() + ".part").size() == 50'000; }));
    }
    hub_->setFault({});
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return QFileInfo::exists(run.target()); }));
    QCOMPARE(contentOf(run.target()), model_);
    QCOMPARE(hub_->contentRequests().last().header("range"), QByteArray("bytes=50000-"));
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 1; }));
}

void LibraryTest::whatCannotBeUsedGetsNoName() {
    hub_->setFile(kRepository, kFile, "GGUF and then nonsense");
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.findIt());
    run.library().download(kRepository);
    QVERIFY(run.waitStatus(kRepository, "failed"));
    QVERIFY(!QFileInfo::exists(run.target()));
    QVERIFY(!run.at(kRepository, OfferListModel::ProblemRole).isEmpty());
    QCOMPARE(run.app->models()->count(), 0);
}

/// Both have the list open: what the one fetches the other shows, and neither touches it twice.
void LibraryTest::theCommandLineFetchesBesideTheWindow() {
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.offers().count() > 40; }));
    const int before = run.offers().count();
    hub_->setFault([](const HubRequest& request, HubReply& reply) {
        if (request.toContentHost) reply.bytesPerMillisecond = 60;
    });
    QProcess pull;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("XDG_DATA_HOME"), home_->path());
    environment.insert(QStringLiteral("HF_ENDPOINT"), hub_->endpoint().toString());
    pull.setProcessEnvironment(environment);
    pull.start(QStringLiteral(KINGLET_CLI_PATH), {"models", "pull", kRepository});
    QVERIFY(run.waitFor([&] { return run.offers().count() == before + 1; }));
    QVERIFY(run.waitFor([&] { return pull.state() == QProcess::NotRunning; }));
    QVERIFY2(pull.exitCode() == 0, pull.readAllStandardError());
    QCOMPARE(contentOf(run.target()), model_);
    QVERIFY(run.waitFor([&] { return run.offers().count() == before; }));
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 1; }));
    QCOMPARE(hub_->contentRequests().size(), 1);
}

void LibraryTest::cataloguesOfOthers() {
    const QByteArray birds =
        R"({"schema":1,"revision":%1,"models":[{"id":"wren","name":"Wren","maker":"Birds","kind":"chat",)"
        R"("architecture":"llama","context_length":512,"licence":"mit","about":"Sings.","files":[)"
        R"({"quantization":"Q8_0","repository":"birds/Wren-GGUF","parts":[{"path":"wren-Q8_0.gguf"}]}]}]})";
    const auto write = [this, &birds](int revision) {
        QFile file(home_->filePath(QStringLiteral("birds.json")));
        return file.open(QIODevice::WriteOnly) &&
               file.write(QByteArray(birds).replace("%1", QByteArray::number(revision))) > 0;
    };
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.offers().count() > 40; }));
    const int before = run.offers().count();
    QVERIFY(write(2));
    const QString file = home_->filePath(QStringLiteral("birds.json"));
    run.library().addCatalogue(QUrl::fromLocalFile(file).toString());
    QVERIFY(run.waitFor([&] { return run.offers().count() == before + 1; }));
    QCOMPARE(run.status(QStringLiteral("wren")), QStringLiteral("get"));
    QCOMPARE(run.library().catalogues().size(), 1);
    // An older one, and one that is none, change nothing and say so.
    QVERIFY(write(1));
    const int told = run.notices->count();
    run.library().addCatalogue(file);
    QVERIFY(run.waitFor([&] { return run.notices->count() == told + 1; }));
    run.library().addCatalogue(hub_->endpoint().toString() + QStringLiteral("/no-catalogue"));
    QVERIFY(run.waitFor([&] { return run.notices->count() == told + 2; }));
    run.library().addCatalogue(QStringLiteral("http://example.org/birds.json"));
    QVERIFY(run.waitFor([&] { return run.notices->count() == told + 3; }));
    QVERIFY(run.notices->last().at(0).toString().contains(QStringLiteral("https://")));
    QCOMPARE(run.offers().count(), before + 1);
    run.library().removeCatalogue(file);
    QVERIFY(run.waitFor([&] { return run.offers().count() == before; }));
}

void LibraryTest::theCatalogueThatShipsIsRenewedFromItsAddress() {
    LibraryOptions options;
    options.folder = folder_;
    options.hub = library::Hub(hub_->endpoint());
    options.measure = false;
    options.catalogueAddress = options.hub.fileUrl(kRepository, {}, QStringLiteral("catalogue.json"));
    ModelLibrary library;
    QSignalSpy troubles(&library, &ModelLibrary::trouble);
    library.start(options);
    const auto waitFor = [](const auto& what) { return QTest::qWaitFor(what, kPatience); };
    QVERIFY(waitFor([&] { return library.offers()->count() > 40; }));
    QFile shipped(QStringLiteral(":/kinglet/catalogue.json"));
    QVERIFY(shipped.open(QIODevice::ReadOnly));
    QJsonObject edition = QJsonDocument::fromJson(shipped.readAll()).object();
    QJsonArray models = edition.value(QLatin1String("models")).toArray();
    while (models.size() > 7) models.removeLast();
    edition.insert(QStringLiteral("models"), models);
    const auto publish = [&](const QByteArray& json) {
        hub_->setFile(kRepository, QStringLiteral("catalogue.json"), json);
        library.refreshCatalogues();
    };
    // The same edition, one that is broken, and none at all: the one in use stays.
    publish(QJsonDocument(edition).toJson());
    QVERIFY(waitFor([&] { return troubles.size() == 1; }));
    publish("{\"schema\": 1");
    QVERIFY(waitFor([&] { return troubles.size() == 2; }));
    hub_->setFault([](const HubRequest&, HubReply& reply) {
        reply = {};
        reply.status = 404;
    });
    library.refreshCatalogues();
    QVERIFY(waitFor([&] { return troubles.size() == 3; }));
    hub_->setFault({});
    QVERIFY(library.offers()->count() > 40);
    edition.insert(QStringLiteral("revision"), edition.value(QLatin1String("revision")).toInt() + 1);
    publish(QJsonDocument(edition).toJson());
    QVERIFY(waitFor([&] { return library.offers()->count() == 7; }));
}

void LibraryTest::fiveThousandEntries() {
    QList<library::CatalogueModel> models;
    const library::CatalogueModel first = library::builtInCatalogue().models.first();
    for (int i = 0; i < 5000; ++i) {
        library::CatalogueModel model = first;
        model.id = QStringLiteral("model-%1").arg(i);
        model.name = QStringLiteral("Model %1").arg(i);
        models << model;
    }
    OfferListModel offers;
    QAbstractItemModelTester tester(&offers, QAbstractItemModelTester::FailureReportingMode::QtTest);
    offers.setCatalogue(models);
    QCOMPARE(offers.count(), 5000);
    offers.setFilter(QStringLiteral("model-499"));
    QCOMPARE(offers.count(), 11);
    library::DownloadInfo info;
    info.id = 1;
    info.details = {{QStringLiteral("catalogue"), QStringLiteral("model-4990")}};
    QSignalSpy changed(&offers, &QAbstractItemModel::dataChanged);
    for (int step = 0; step < 20; ++step) {
        info.received = step;
        offers.setDownloads({info});
    }
    QCOMPARE(changed.count(), 20);  // one row a step, nothing else
    offers.setDownloads({info});
    QCOMPARE(changed.count(), 20);
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::LibraryTest)
#include "test_library.moc"
