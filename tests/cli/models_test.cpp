// kinglet-cli models search, pull, import and rm, against a hub on the loopback.
#include <signal.h>

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/cli/cli_process.h"
#include "tests/library/test_hub.h"
#include "tests/support/model_writer.h"
#include "tests/support/split_model.h"

namespace kinglet::cli_test {
namespace {

using library::testing::HubReply;
using library::testing::HubRequest;
using library::testing::TestHub;

constexpr int waitMs = 60'000;
const QString repository = QStringLiteral("birds/Wren-GGUF");
const QString name = QStringLiteral("wren-Q8_0.gguf");

QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool write(const QString& path, const QByteArray& content) {
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size();
}

}  // namespace

class ModelsTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase() {
        QVERIFY(test::write_model(made_.filePath("model.gguf").toStdString(), {}).has_value());
        model_ = contentOf(made_.filePath("model.gguf"));
        QVERIFY(model_.size() > 100'000);
    }
    void init() {
        home_ = std::make_unique<QTemporaryDir>();
        hub_ = std::make_unique<TestHub>();
        hub_->setFile(repository, name, model_);
        conditions_ = {};
        conditions_.timeoutMs = waitMs;
        conditions_.environment.insert("XDG_DATA_HOME", home_->path());
        conditions_.environment.insert("HF_ENDPOINT", hub_->endpoint().toString());
        conditions_.environment.remove("HF_TOKEN");
    }
    void cleanup() {
        hub_.reset();
        home_.reset();
    }

    void searchLooksInBothPlaces();
    void searchOfTheCatalogueAsksNobody();
    void searchSaysWhatWentWrong();
    void pullFetchesVerifiesAndTheModelAnswers();
    void pullOfAnAddress();
    void pullOfPartsIsOneModel();
    void pullOfNothingKnownSaysHowToLook();
    void pullTellsOfTheChoices();
    void pullAsksForTermsToBeAccepted();
    void pullOfWhatIsThereDoesNothing();
    void pullGivesNoNameToWhatCannotBeUsed();
    void pullTellsOfFaults();
    void interruptKeepsWhatWasFetched();
    void importCopiesOrLinks();
    void importOfTheSameTwiceFindsIt();
    void importRefusesWhatIsBroken();
    void rmRemovesAllParts();
    void rmAsks();
    void rmRemovesWhatIsUnfinished();
    void realModelsOfSharedArrive();

  private:
    Outcome models(const QStringList& arguments) const {
        return runCli(QStringList{"models"} + arguments, conditions_);
    }
    QString place(const QString& file) const {
        return QDir(home_->path()).filePath("kinglet/models/" + file);
    }
    QStringList found() const {
        return QDir(place("")).entryList(QDir::AllEntries | QDir::Hidden | QDir::System |
                                         QDir::NoDotAndDotDot);
    }
    /// Cuts the model into STEM-0000N-of-0000C.gguf beside it.
    bool split(const std::string& stem, int count) const {
        return test::split_model(made_.filePath("model.gguf").toStdString(), made_.path().toStdString(), stem,
                                 count)
            .has_value();
    }
    /// Pulls until 50000 bytes are there, then presses Ctrl+C.
    Outcome interrupted(const QStringList& arguments);

    QTemporaryDir made_;
    QByteArray model_;
    std::unique_ptr<QTemporaryDir> home_;
    std::unique_ptr<TestHub> hub_;
    Conditions conditions_;
};

void ModelsTest::searchLooksInBothPlaces() {
    hub_->setFile("birds/Qwen-like-GGUF", name, model_);
    const Outcome outcome = models({"search", "qwen", "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    const QJsonObject json = jsonOf(outcome);
    QVERIFY(json["catalogue"].toArray().size() > 3);
    QCOMPARE(json["hub"].toArray().size(), 1);
    QCOMPARE(json["hub"][0]["repository"].toString(), QString("birds/Qwen-like-GGUF"));
    const Outcome text = models({"search", "qwen"});
    QVERIFY2(text.out.contains("qwen3-0.6b") && text.out.contains("birds/Qwen-like-GGUF"), text.all());
}

void ModelsTest::searchOfTheCatalogueAsksNobody() {
    const Outcome outcome = models({"search", "--catalogue", "embedding", "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QVERIFY(jsonOf(outcome)["catalogue"].toArray().size() >= 4);
    QCOMPARE(models({"search"}).status, 0);
    QVERIFY(hub_->requests().isEmpty());
}

void ModelsTest::searchSaysWhatWentWrong() {
    hub_->setFault([](const HubRequest&, HubReply& reply) { reply.body = "<html>"; });
    const Outcome outcome = models({"search", "zebra"});
    QCOMPARE(outcome.status, 1);
    QVERIFY2(isOneClearSentence(outcome.err), outcome.all());
}

void ModelsTest::pullFetchesVerifiesAndTheModelAnswers() {
    const Outcome outcome = models({"pull", repository, "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    const QJsonValue model = jsonOf(outcome)["models"][0];
    QCOMPARE(model["path"].toString(), place(name));
    QVERIFY(model["verified"].toBool());
    QCOMPARE(contentOf(place(name)), model_);
    QCOMPARE(found(), QStringList(name));
    const Outcome answer = runCli({"run", place(name), "Hello", "--raw", "--max-tokens", "2"}, conditions_);
    QVERIFY2(answer.status == 0, answer.all());
    const Outcome list = models({"list", "--json"});
    QCOMPARE(jsonOf(list)["models"].toArray().size(), 1);
}

void ModelsTest::pullOfAnAddress() {
    const QString address = hub_->endpoint().toString() + "/" + repository + "/blob/main/" + name;
    const Outcome outcome = models({"pull", address});
    QVERIFY2(outcome.status == 0, outcome.all());
    QVERIFY2(outcome.out.contains("verified"), outcome.all());
    QCOMPARE(contentOf(place(name)), model_);
}

void ModelsTest::pullOfPartsIsOneModel() {
    QVERIFY(split("m", 3));
    for (int part = 1; part <= 3; ++part) {
        const QString file = QString("m-0000%1-of-00003.gguf").arg(part);
        hub_->setFile("birds/Parts-GGUF", file, contentOf(made_.filePath(file)));
    }
    const Outcome outcome = models({"pull", "birds/Parts-GGUF"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(found().size(), 3);
    const Outcome verified = runCli({"verify", place("m-00002-of-00003.gguf")}, conditions_);
    QVERIFY2(verified.status == 0, verified.all());
    const Outcome removed = models({"rm", "m-00001-of-00003", "--yes"});
    QVERIFY2(removed.status == 0, removed.all());
    QVERIFY(found().isEmpty());
}

void ModelsTest::pullOfNothingKnownSaysHowToLook() {
    for (const QString& what : {QString("zebra"), QString("no/such"), repository + "/zebra.gguf"}) {
        const Outcome outcome = models({"pull", what});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(isOneClearSentence(outcome.err), outcome.all());
    }
    QVERIFY(found().isEmpty());
}

void ModelsTest::pullTellsOfTheChoices() {
    hub_->setFile(repository, "wren-Q2_K.gguf", model_);
    const Outcome outcome = models({"pull", repository, "--quant", "Q6_K"});
    QCOMPARE(outcome.status, 1);
    QVERIFY2(outcome.err.contains("wren-Q2_K.gguf") && outcome.err.contains(name.toUtf8()), outcome.all());
    QCOMPARE(models({"pull", repository, "--quant", "q2_k"}).status, 0);
    QCOMPARE(found(), QStringList("wren-Q2_K.gguf"));
}

void ModelsTest::pullAsksForTermsToBeAccepted() {
    const Outcome outcome = models({"pull", "gemma-3-270m-it"});
    QCOMPARE(outcome.status, 1);
    QVERIFY2(outcome.err.contains("--accept-terms") && outcome.err.contains("https://"), outcome.all());
    QVERIFY(hub_->requests().isEmpty());
}

void ModelsTest::pullOfWhatIsThereDoesNothing() {
    QCOMPARE(models({"pull", repository}).status, 0);
    const auto before = hub_->contentBytesSent();
    const Outcome outcome = models({"pull", repository, "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QVERIFY(jsonOf(outcome)["models"][0]["already_there"].toBool());
    QCOMPARE(hub_->contentBytesSent(), before);
}

void ModelsTest::pullGivesNoNameToWhatCannotBeUsed() {
    hub_->setFile(repository, name, "GGUF and then nonsense");
    const Outcome outcome = models({"pull", repository, "--json"});
    QCOMPARE(outcome.status, 1);
    QCOMPARE(jsonOf(outcome)["failed"][0]["fault"].toString(), QString("verify-failed"));
    QVERIFY2(isOneClearSentence(outcome.err), outcome.all());
    QVERIFY(!QFileInfo::exists(place(name)));
}

void ModelsTest::pullTellsOfFaults() {
    hub_->setFault([](const HubRequest& request, HubReply& reply) {
        if (!request.path.contains("/resolve/")) return;
        reply = {};
        reply.status = 403;
        reply.headers.insert("x-error-code", "GatedRepo");
    });
    const Outcome outcome = models({"pull", repository});
    QCOMPARE(outcome.status, 1);
    QVERIFY2(isOneClearSentence(outcome.err) && outcome.err.contains("may not fetch"), outcome.all());
    QVERIFY(found().isEmpty());
}

Outcome ModelsTest::interrupted(const QStringList& arguments) {
    hub_->setFault([](const HubRequest& request, HubReply& reply) {
        if (request.toContentHost) reply.stallAfter = 50'000;
    });
    QProcess process;
    process.setProcessEnvironment(conditions_.environment);
    process.setChildProcessModifier([] { signal(SIGINT, SIG_DFL); });
    process.start(cliPath(), QStringList{"models"} + arguments);
    const QString part = place(name + ".part");
    const bool begun = QTest::qWaitFor([&part] { return QFileInfo(part).size() == 50'000; }, waitMs);
    if (begun) kill(static_cast<pid_t>(process.processId()), SIGINT);
    Outcome outcome;
    if (process.waitForFinished(waitMs) && process.exitStatus() == QProcess::NormalExit)
        outcome.status = process.exitCode();
    outcome.out = process.readAllStandardOutput();
    outcome.err = process.readAllStandardError();
    hub_->setFault({});
    return outcome;
}

void ModelsTest::interruptKeepsWhatWasFetched() {
    const Outcome stopped = interrupted({"pull", repository});
    QCOMPARE(stopped.status, 130);
    QVERIFY2(stopped.err.contains("kept"), stopped.all());
    QCOMPARE(found(), QStringList(name + ".part"));
    QCOMPARE(contentOf(place(name + ".part")), model_.left(50'000));
    // Without a name it goes on with what is left.
    const Outcome outcome = models({"pull"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(contentOf(place(name)), model_);
    QCOMPARE(hub_->contentRequests().last().header("range"), QByteArray("bytes=50000-"));
    QCOMPARE(models({"pull"}).status, 0);  // and then there is nothing left
}

void ModelsTest::importCopiesOrLinks() {
    const QString file = made_.filePath("model.gguf");
    const Outcome copied = models({"import", file, "--json"});
    QVERIFY2(copied.status == 0, copied.all());
    QCOMPARE(contentOf(place("model.gguf")), model_);
    QVERIFY(!QFileInfo(place("model.gguf")).isSymLink());
    QCOMPARE(found(), QStringList("model.gguf"));
    QCOMPARE(models({"rm", "model", "--yes"}).status, 0);
    const Outcome linked = models({"import", "--link", file});
    QVERIFY2(linked.status == 0, linked.all());
    QCOMPARE(QFileInfo(place("model.gguf")).symLinkTarget(), QFileInfo(file).absoluteFilePath());
    QCOMPARE(models({"rm", "model.gguf", "--yes"}).status, 0);
    QVERIFY(QFileInfo::exists(file) && found().isEmpty());
}

void ModelsTest::importOfTheSameTwiceFindsIt() {
    const QString other = made_.filePath("other.gguf");
    QVERIFY(write(other, model_));
    QCOMPARE(models({"import", made_.filePath("model.gguf")}).status, 0);
    const Outcome again = models({"import", other, "--json"});
    QVERIFY2(again.status == 0, again.all());
    QCOMPARE(jsonOf(again)["path"].toString(), place("model.gguf"));
    QVERIFY(jsonOf(again)["already_there"].toBool());
    QCOMPARE(found(), QStringList("model.gguf"));
}

void ModelsTest::importRefusesWhatIsBroken() {
    QVERIFY(write(made_.filePath("broken.gguf"), model_.left(model_.size() / 2)));
    QVERIFY(write(made_.filePath("notes.txt"), "notes"));
    for (const char* file : {"broken.gguf", "notes.txt", "missing.gguf"}) {
        const Outcome outcome = models({"import", made_.filePath(file)});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(isOneClearSentence(outcome.err), outcome.all());
    }
    QVERIFY(found().isEmpty());
}

void ModelsTest::rmRemovesAllParts() {
    QVERIFY(split("p", 2));
    QCOMPARE(models({"import", made_.filePath("p-00002-of-00002.gguf")}).status, 0);
    QCOMPARE(found().size(), 2);
    const Outcome outcome = models({"rm", "p-00001-of-00002.gguf", "--yes", "--json"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(jsonOf(outcome)["removed"].toArray().size(), 2);
    QVERIFY(found().isEmpty());
}

void ModelsTest::rmAsks() {
    QCOMPARE(models({"import", made_.filePath("model.gguf")}).status, 0);
    const Outcome outcome = models({"rm", "model"});  // nobody at the terminal
    QCOMPARE(outcome.status, 1);
    QVERIFY2(outcome.err.contains("--yes"), outcome.all());
    QCOMPARE(models({"rm", "zebra", "--yes"}).status, 1);
    QCOMPARE(models({"rm", made_.filePath("model.gguf"), "--yes"}).status, 1);  // not in the folder
    QVERIFY(QFileInfo::exists(made_.filePath("model.gguf")));
    QCOMPARE(found(), QStringList("model.gguf"));
}

void ModelsTest::rmRemovesWhatIsUnfinished() {
    QCOMPARE(interrupted({"pull", repository}).status, 130);
    const Outcome outcome = models({"rm", name, "--yes"});
    QVERIFY2(outcome.status == 0, outcome.all());
    QVERIFY(found().isEmpty());
    const auto before = hub_->requests().size();
    QCOMPARE(models({"pull"}).status, 0);
    QCOMPARE(hub_->requests().size(), before);
}

void ModelsTest::realModelsOfSharedArrive() {
    const QString shared = sharedFolder();
    if (shared.isEmpty())
        QSKIP("There is no ../shared here; the other tests use models that they write themselves.");
    const QString file = QStringLiteral("stories260K.gguf");
    const QByteArray content = contentOf(QDir(shared).filePath("models/" + file));
    QVERIFY(!content.isEmpty());
    hub_->setFile("shared/Stories-GGUF", file, content);
    const Outcome outcome = models({"pull", "shared/Stories-GGUF/" + file});
    QVERIFY2(outcome.status == 0, outcome.all());
    QCOMPARE(contentOf(place(file)), content);
    const Outcome story =
        runCli({"run", place(file), "Once upon a time", "--raw", "--temp", "0"}, conditions_);
    QVERIFY2(story.status == 0 && story.out.contains("there was"), story.all());
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::ModelsTest)
#include "models_test.moc"
