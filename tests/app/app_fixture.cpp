#include "tests/app/app_fixture.h"

namespace kinglet::gui {

namespace {

std::unique_ptr<AppContext> makeContext(const QString& folder, const QString& model, FakeEngine*& engine,
                                        const std::function<void(FakeEngine&)>& script) {
    auto fake = std::make_unique<FakeEngine>();
    engine = fake.get();
    fake->setPace(0, 4000);
    if (script) script(*fake);
    AppOptions options;
    options.dataFolder = folder;
    options.modelsFolder = folder + QStringLiteral("/models");
    options.modelFile = model;
    options.preloadModel = false;
    options.engine = std::move(fake);
    // Paths of the scripted engine are no files.
    options.fixedModels = QList<ModelEntry>();
    return std::make_unique<AppContext>(std::move(options));
}

}  // namespace

AppRun::AppRun(const QString& dataFolder, const QString& model,
               const std::function<void(FakeEngine&)>& script)
    : app_(makeContext(dataFolder, model, engine_, script)), notices_(app_.get(), &AppContext::notice) {
    app_->start();
    if (!waitReady()) qFatal("the context did not become ready");
}

AppRun::~AppRun() = default;

bool AppRun::waitReady() {
    return QTest::qWaitFor(
        [&] {
            return app_->ready() && !app_->chats()->loading() &&
                   app_->model()->state() != ModelStatus::Loading && !app_->conversation()->loading();
        },
        20000);
}

bool AppRun::waitIdle() {
    return QTest::qWaitFor([&] { return !chat().generating() && !chat().loading(); }, 20000);
}

bool AppRun::ask(const QString& text) {
    return chat().send(text) && waitIdle();
}

QStringList AppRun::texts() {
    QStringList result;
    for (int row = 0; row < messages().count(); ++row) result.append(text(row));
    return result;
}

}  // namespace kinglet::gui
