// A window's Kinglet without a window whose models come from a hub on the loopback, with the real queue, the
// real database and kinglet-cli as the judge.
#pragma once

#include <QDir>
#include <QFile>
#include <functional>
#include <memory>
#include <optional>

#include "app/gui/token_store.h"
#include "tests/app/app_fixture.h"
#include "tests/library/test_hub.h"
#include "tests/support/model_writer.h"

namespace kinglet::gui {

using library::testing::HubReply;
using library::testing::HubRequest;
using library::testing::TestHub;

inline constexpr int kPatience = 120'000;
inline const QString kRepository = QStringLiteral("birds/Wren-GGUF");
inline const QString kFile = QStringLiteral("wren-Q8_0.gguf");

inline QByteArray contentOf(const QString& path) {
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

/// What tests on it share: a model that was written once, and a hub and an empty home for each.
class LibraryFixture : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() {
        QVERIFY(test::write_model(made_.filePath("model.gguf").toStdString(), {}).has_value());
        model_ = contentOf(made_.filePath("model.gguf"));
        QVERIFY(model_.size() > 100'000);
        qunsetenv("HF_TOKEN");
    }
    void init() {
        home_ = std::make_unique<QTemporaryDir>();
        folder_ = home_->filePath(QStringLiteral("kinglet"));
        hub_ = std::make_unique<TestHub>();
        hub_->setFile(kRepository, kFile, model_);
    }
    void cleanup() {
        hub_.reset();
        home_.reset();
    }

  protected:
    /// Lets so many bytes of a file through, and nothing after them.
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

}  // namespace kinglet::gui
