// The models that can be had, as the window drives them: against a hub on the loopback, with the real queue,
// the real database and kinglet-cli as the judge.
#include <QAbstractItemModelTester>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QScopeGuard>
#include <algorithm>
#include <filesystem>

#include "app/gui/library_worker.h"
#include "tests/app/app_fixture.h"
#include "tests/library/test_hub.h"
#include "tests/support/model_writer.h"

namespace kinglet::gui {

using library::testing::HubReply;
using library::testing::HubRequest;
using library::testing::TestHub;

namespace {

constexpr int kPatience = 120'000;
const QString kRepository = QStringLiteral("birds/Wren-GGUF");
const QString kFile = QStringLiteral("wren-Q8_0.gguf");

QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A desktop's secret store: `secrets` outlives the programs that ask it; none where it refuses.
struct SecretsOfTest {
    QHash<QUrl, QByteArray> secrets;
    bool refuses = false;
};

class TokenStoreOfTest : public TokenStore {
  public:
    explicit TokenStoreOfTest(std::shared_ptr<SecretsOfTest> desktop) : desktop_(std::move(desktop)) {}
    void read(const QUrl& hub, std::function<void(std::optional<QByteArray>)> then) override {
        later([then, desktop = desktop_, hub] {
            then(desktop->secrets.contains(hub) ? std::optional(desktop->secrets.value(hub)) : std::nullopt);
        });
    }
    void write(const QUrl& hub, const QByteArray& token, std::function<void(bool)> then) override {
        if (!desktop_->refuses) desktop_->secrets.insert(hub, token);
        later([then, kept = !desktop_->refuses] { then(kept); });
    }
    void remove(const QUrl& hub) override { desktop_->secrets.remove(hub); }

  private:
    static void later(const std::function<void()>& what) { QTimer::singleShot(1, qApp, what); }
    std::shared_ptr<SecretsOfTest> desktop_;
};

/// A Kinglet whose models come from the test's hub; build another on the same folder for a restart.
struct LibraryRun {
    LibraryRun(const QString& place, const QUrl& hub, std::shared_ptr<SecretsOfTest> desktop = {})
        : folder(place) {
        AppOptions options;
        options.dataFolder = folder;
        options.preloadModel = false;
        options.measureMachine = false;
        options.hub = hub;
        options.verifier = QStringLiteral(KINGLET_CLI_PATH);
        if (desktop) options.tokens = std::make_unique<TokenStoreOfTest>(std::move(desktop));
        auto scripted = std::make_unique<FakeEngine>();
        scripted->setPace(0, 1000);
        options.engine = std::move(scripted);
        app = std::make_unique<AppContext>(std::move(options));
        notices = std::make_unique<QSignalSpy>(app.get(), &AppContext::notice);
        app->start();
    }

    ModelLibrary& library() { return *app->library(); }
    OfferListModel& offers() { return *library().offers(); }
    int row(const QString& offerId) {
        for (int i = 0; i < offers().count(); ++i) {
            if (offers().index(i).data(OfferListModel::OfferIdRole).toString() == offerId) return i;
        }
        return -1;
    }
    QString at(const QString& offerId, int role) {
        const int found = row(offerId);
        return found < 0 ? QString() : offers().index(found).data(role).toString();
    }
    QString status(const QString& offerId) { return at(offerId, OfferListModel::StatusRole); }
    bool waitFor(const std::function<bool()>& what) { return QTest::qWaitFor(what, kPatience); }
    bool waitStatus(const QString& offerId, const char* wanted) {
        return waitFor([&] { return status(offerId) == QLatin1String(wanted); });
    }
    /// Searches for the repository and asks for its files, as a person does.
    bool findIt() {
        if (!waitFor([this] { return offers().count() > 40; })) return false;
        library().search(QStringLiteral("wren"));
        if (!waitStatus(kRepository, "files")) return false;
        library().listFiles(kRepository);
        return waitStatus(kRepository, "get");
    }
    QString target() const { return QDir(folder).filePath(QStringLiteral("models/") + kFile); }

    QString folder;
    std::unique_ptr<AppContext> app;
    std::unique_ptr<QSignalSpy> notices;
};

}  // namespace

class LibraryTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void init();
    void cleanup();
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
    void aModelGoesToTheTrashAndComesBack();
    void aModelFromElsewhereIsCopied();
    void aCopyThatCannotBeMadeSaysWhy();
    void modelsThatAreThereTwice();
    void aDiskThatWasTakenOut();
    void aThousandFilesAreNotOpenedAgain();
    void openedFilesAreJudgedFirst();
    void fiveThousandEntries();

  private:
    void hold(qint64 bytes) {
        hub_->setFault([bytes](const HubRequest& request, HubReply& reply) {
            if (request.toContentHost) reply.stallAfter = bytes;
        });
    }

    QTemporaryDir made_;
    QByteArray model_;
    std::unique_ptr<QTemporaryDir> home_;
    QString folder_;
    std::unique_ptr<TestHub> hub_;
};

void LibraryTest::initTestCase() {
    QVERIFY(test::write_model(made_.filePath("model.gguf").toStdString(), {}).has_value());
    model_ = contentOf(made_.filePath("model.gguf"));
    QVERIFY(model_.size() > 100'000);
    qunsetenv("HF_TOKEN");
}

void LibraryTest::init() {
    home_ = std::make_unique<QTemporaryDir>();
    folder_ = home_->filePath(QStringLiteral("kinglet"));
    hub_ = std::make_unique<TestHub>();
    hub_->setFile(kRepository, kFile, model_);
}

void LibraryTest::cleanup() {
    hub_.reset();
    home_.reset();
}

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

void LibraryTest::aModelFromElsewhereIsCopied() {
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.offers().count() > 40; }));
    const QString elsewhere = made_.filePath(QStringLiteral("model.gguf"));
    ModelListModel& models = *run.app->models();
    run.app->addModelFile(QUrl::fromLocalFile(elsewhere));
    QVERIFY(run.waitFor([&] { return models.count() == 1; }));
    ModelEditor& editor = *run.app->modelEditor();
    editor.edit(elsewhere);
    editor.set(QStringLiteral("temperature"), 1.0);
    const int told = run.notices->count();
    models.copyIntoFolder(elsewhere);
    QVERIFY(run.waitFor([&] { return run.notices->count() > told; }));
    const QString target = QDir(folder_).filePath(QStringLiteral("models/model.gguf"));
    QCOMPARE(contentOf(target), model_);
    QVERIFY(QFileInfo::exists(elsewhere));
    QVERIFY(run.waitFor([&] {
        return models.count() == 1 && models.index(0).data(ModelListModel::PathRole).toString() == target;
    }));
    QVERIFY(models.index(0).data(ModelListModel::VerifiedRole).toBool());
    QCOMPARE(models.index(0).data(ModelListModel::CopyProgressRole).toDouble(), -1.0);
    // What was set for the one holds for the other.
    QCOMPARE(editor.changedCount(), 0);
    editor.edit(target);
    QCOMPARE(editor.changedCount(), 1);
}

void LibraryTest::aCopyThatCannotBeMadeSaysWhy() {
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.offers().count() > 40; }));
    const QString elsewhere = made_.filePath(QStringLiteral("model.gguf"));
    const QString target = QDir(folder_).filePath(QStringLiteral("models/model.gguf"));
    QFile mine(target);
    QVERIFY(mine.open(QIODevice::WriteOnly) && mine.write("mine") == 4);
    mine.close();
    run.app->addModelFile(QUrl::fromLocalFile(elsewhere));
    QVERIFY(run.waitFor([&] { return run.app->models()->find(elsewhere) != nullptr; }));
    const int told = run.notices->count();
    run.app->models()->copyIntoFolder(elsewhere);
    QVERIFY(run.waitFor([&] { return run.notices->count() > told; }));
    QVERIFY(run.notices->last().at(0).toString().contains(QStringLiteral("model.gguf")));
    QCOMPARE(contentOf(target), QByteArray("mine"));
    QVERIFY(!QFileInfo::exists(target + QStringLiteral(".part")));
    QVERIFY(run.app->models()->find(elsewhere) != nullptr);
}

void LibraryTest::modelsThatAreThereTwice() {
    const QDir models(folder_ + QStringLiteral("/models"));
    QVERIFY(models.mkpath(QStringLiteral(".")));
    const QString source = made_.filePath(QStringLiteral("model.gguf"));
    for (const char* name : {"one.gguf", "two.gguf", "other.gguf"})
        QVERIFY(QFile::copy(source, models.filePath(QLatin1String(name))));
    QFile other(models.filePath(QStringLiteral("other.gguf")));  // as long, but another
    QVERIFY(other.open(QIODevice::ReadWrite) && other.seek(other.size() - 1) && other.write("x") == 1);
    other.close();
    const auto same = [&](LibraryRun& run, const char* name) {
        const ModelEntry* entry = run.app->models()->find(models.filePath(QLatin1String(name)));
        return entry ? QFileInfo(entry->sameAs).fileName() : QStringLiteral("not listed");
    };
    for (int start = 0; start < 2; ++start) {  // the second time as remembered
        LibraryRun run(folder_, hub_->endpoint());
        QVERIFY(run.waitFor([&] { return same(run, "one.gguf") == QLatin1String("two.gguf"); }));
        QCOMPARE(same(run, "two.gguf"), QStringLiteral("one.gguf"));
        QCOMPARE(same(run, "other.gguf"), QString());
    }
}

void LibraryTest::aDiskThatWasTakenOut() {
    const QString disk = home_->filePath(QStringLiteral("disk"));
    const QString away = home_->filePath(QStringLiteral("away"));
    QVERIFY(QDir().mkpath(disk + QStringLiteral("/models")));
    const QString file = disk + QStringLiteral("/models/model.gguf");
    QVERIFY(QFile::copy(made_.filePath(QStringLiteral("model.gguf")), file));
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.app->ready(); }));
    ModelListModel& models = *run.app->models();
    const auto stands = [&](bool missing) {
        const ModelEntry* entry = models.find(file);
        return entry && entry->missing == missing;
    };
    models.setFolder(QUrl::fromLocalFile(disk + QStringLiteral("/models")));
    QVERIFY(run.waitFor([&] { return stands(false); }));
    QVERIFY(QDir().rename(disk, away));
    models.refresh();
    QVERIFY(run.waitFor([&] { return stands(true); }));
    QVERIFY(QDir().rename(away, disk));
    models.refresh();
    QVERIFY(run.waitFor([&] { return stands(false); }));
    // A file that was taken out of a folder that is there is gone.
    QVERIFY(QFile::remove(file));
    models.refresh();
    QVERIFY(run.waitFor([&] { return models.find(file) == nullptr; }));
}

void LibraryTest::aThousandFilesAreNotOpenedAgain() {
    constexpr int many = 1000;
    const QDir models(folder_ + QStringLiteral("/models"));
    QVERIFY(models.mkpath(QStringLiteral(".")));
    const QString first = models.filePath(QStringLiteral("bird-0.gguf"));
    QVERIFY(QFile::copy(made_.filePath(QStringLiteral("model.gguf")), first));
    for (int i = 1; i < many; ++i)
        std::filesystem::create_hard_link(
            first.toStdString(), models.filePath(QStringLiteral("bird-%1.gguf").arg(i)).toStdString());
    const auto sound = [](LibraryRun& run) {
        const auto& entries = run.app->models()->entries();
        return std::count_if(entries.begin(), entries.end(), [](const ModelEntry& entry) {
            return entry.problem.isEmpty() && !entry.missing;
        });
    };
    {
        LibraryRun run(folder_, hub_->endpoint());
        QVERIFY(run.waitFor([&] { return sound(run) == many; }));
        QVERIFY(run.waitFor([&] { return !run.app->models()->entries().back().sha256.isEmpty(); }));
    }
    // What is in them is nonsense now, of the same length and age: nobody notices who does not open them.
    QFile file(first);
    const QDateTime age = QFileInfo(first).lastModified();
    QVERIFY(file.open(QIODevice::ReadWrite) && file.write(QByteArray(int(file.size()), 'x')) == file.size());
    QVERIFY(file.flush() && file.setFileTime(age, QFileDevice::FileModificationTime));
    file.close();
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.app->models()->totalCount() == many; }));
    QCOMPARE(sound(run), many);
}

void LibraryTest::aModelGoesToTheTrashAndComesBack() {
    const QByteArray data = qgetenv("XDG_DATA_HOME");
    qputenv("XDG_DATA_HOME", home_->path().toUtf8());  // where this desktop's trash lies then
    const auto restore = qScopeGuard([data] {
        if (data.isNull())
            qunsetenv("XDG_DATA_HOME");
        else
            qputenv("XDG_DATA_HOME", data);
    });
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.findIt());
    run.library().download(kRepository);
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 1; }));
    QVERIFY(run.waitStatus(kRepository, "here"));
    const int told = run.notices->count();
    run.app->models()->deleteFiles(run.target());
    QVERIFY(run.waitFor([&] { return run.notices->count() > told; }));
    QVERIFY2(!QFileInfo::exists(run.target()), qPrintable(run.notices->last().at(0).toString()));
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 0; }));
    QVERIFY(run.waitStatus(kRepository, "get"));
    run.app->runNoticeAction(run.notices->last().at(2).toInt());
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 1; }));
    QCOMPARE(contentOf(run.target()), model_);
    // What lies elsewhere is not Kinglet's to delete.
    const QString other = made_.filePath(QStringLiteral("model.gguf"));
    run.app->models()->deleteFiles(other);
    QVERIFY(QFileInfo::exists(other));
}

void LibraryTest::openedFilesAreJudgedFirst() {
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.offers().count() > 40; }));
    const QString broken = home_->filePath(QStringLiteral("broken.gguf"));
    QFile file(broken);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(model_.left(model_.size() / 2));
    file.close();
    run.app->openModelFile(QUrl::fromLocalFile(broken));
    QVERIFY(run.waitFor([&] {
        return !run.notices->isEmpty() &&
               run.notices->last().at(0).toString().contains(QStringLiteral("broken.gguf")) &&
               !run.notices->last().at(0).toString().startsWith(QStringLiteral("Checking"));
    }));
    QCOMPARE(run.app->models()->count(), 0);
    QCOMPARE(run.app->model()->state(), ModelStatus::None);
    const QString sound = made_.filePath(QStringLiteral("model.gguf"));
    run.app->openModelFile(QUrl::fromLocalFile(sound));
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 1; }));
    QVERIFY(run.app->models()->index(0).data(ModelListModel::VerifiedRole).toBool());
    QCOMPARE(run.app->model()->path(), sound);
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
