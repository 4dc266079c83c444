// The window's program: options, the context, the QML, and nothing that waits before the first frame.
#include <QCommandLineParser>
#include <QDir>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QGuiApplication>
#include <QIcon>
#include <QLoggingCategory>
#include <QQmlApplicationEngine>
#include <QQuickStyle>
#include <QQuickWindow>
#include <cstdio>
#include <memory>

#include "app/gui/app_context.h"
#include "app/gui/bundled_fonts.h"
#include "app/gui/demo_data.h"
#include "app/gui/graphics_fallback.h"
#include "app/gui/shot.h"
#include "app/gui/single_instance.h"
#include "app/gui/token_store.h"
#include "app/machine/data_folder.h"
#include "app/starter/starter_model.h"

Q_LOGGING_CATEGORY(startLog, "kinglet.start", QtWarningMsg)

namespace {

using kinglet::gui::AppContext;
using kinglet::gui::AppOptions;
using kinglet::gui::SingleInstance;

struct Options {
    QString dataDir;
    QString modelsDir;
    QString model;
    QStringList files;
    bool demo = false;
    QString shot;
    QString scene = QStringLiteral("chat");
    QString theme;
    QSize size;
    QString scale;
    bool rightToLeft = false;
};

void addOptions(QCommandLineParser& parser) {
    parser.addOptions({
        {QStringLiteral("data-dir"), QStringLiteral("Keep chats and settings in DIR."),
         QStringLiteral("DIR")},
        {QStringLiteral("models-dir"), QStringLiteral("Look for models in DIR, for this run."),
         QStringLiteral("DIR")},
        {QStringLiteral("model"), QStringLiteral("Load this model file at the start."),
         QStringLiteral("FILE")},
        {QStringLiteral("demo"), QStringLiteral("Show made-up chats; no model is run and nothing is saved.")},
        {QStringLiteral("shot"), QStringLiteral("Save a picture of the window on demo data and end."),
         QStringLiteral("OUT.png")},
        {QStringLiteral("scene"),
         QStringLiteral("What the picture shows: %1.")
             .arg(kinglet::gui::sceneNames().join(QStringLiteral(", "))),
         QStringLiteral("NAME")},
        {QStringLiteral("theme"), QStringLiteral("light or dark, for pictures."), QStringLiteral("THEME")},
        {QStringLiteral("size"), QStringLiteral("Size of the window in pixels, such as 1100x720."),
         QStringLiteral("WxH")},
        {QStringLiteral("scale"), QStringLiteral("Scale of everything, such as 1.5."), QStringLiteral("F")},
        {QStringLiteral("rtl"),
         QStringLiteral("Mirror the window, as languages read from the right need it.")},
    });
    parser.addPositionalArgument(QStringLiteral("FILE"),
                                 QStringLiteral("Model files and archives of chats to open."),
                                 QStringLiteral("[FILE...]"));
}

const char* const kExamples =
    "\nExamples:\n"
    "  kinglet                                  start with the model used last\n"
    "  kinglet ~/models/some-model.gguf         open a model file\n"
    "  kinglet --data-dir /tmp/try              try it without touching your chats\n"
    "  kinglet --shot chat.png --theme dark     save a picture of the window\n";

[[noreturn]] void misuse(const QString& message) {
    std::fprintf(stderr, "kinglet: %s\n  kinglet --help lists the options.\n", qPrintable(message));
    std::exit(2);
}

/// Reads the command line. Help, version and mistakes end the program here, before anything needs a display.
Options readOptions(int argc, char** argv) {
    QCoreApplication early(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("kinglet"));
    QCoreApplication::setApplicationVersion(QStringLiteral(KINGLET_VERSION));
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Chat with a language model on your own computer."));
    const QCommandLineOption help = parser.addHelpOption();
    const QCommandLineOption version = parser.addVersionOption();
    addOptions(parser);
    if (!parser.parse(QCoreApplication::arguments())) misuse(parser.errorText());
    if (parser.isSet(help)) {
        std::printf("%s%s", qPrintable(parser.helpText()), kExamples);
        std::exit(0);
    }
    if (parser.isSet(version)) {
        std::printf("kinglet %s\n", KINGLET_VERSION);
        std::exit(0);
    }
    Options options;
    options.dataDir = parser.value(QStringLiteral("data-dir"));
    options.modelsDir = parser.value(QStringLiteral("models-dir"));
    options.model = parser.value(QStringLiteral("model"));
    options.files = parser.positionalArguments();
    options.demo = parser.isSet(QStringLiteral("demo"));
    options.shot = parser.value(QStringLiteral("shot"));
    if (parser.isSet(QStringLiteral("scene"))) options.scene = parser.value(QStringLiteral("scene"));
    if (!kinglet::gui::sceneNames().contains(options.scene)) {
        misuse(QStringLiteral("there is no scene named '%1'.").arg(options.scene));
    }
    options.theme = parser.value(QStringLiteral("theme"));
    if (!options.theme.isEmpty() && options.theme != QLatin1String("light") &&
        options.theme != QLatin1String("dark")) {
        misuse(QStringLiteral("--theme is light or dark, not '%1'.").arg(options.theme));
    }
    options.rightToLeft = parser.isSet(QStringLiteral("rtl"));
    options.scale = parser.value(QStringLiteral("scale"));
    if (!options.scale.isEmpty() && !(options.scale.toDouble() >= 0.5 && options.scale.toDouble() <= 4)) {
        misuse(QStringLiteral("--scale is a number from 0.5 to 4, not '%1'.").arg(options.scale));
    }
    if (parser.isSet(QStringLiteral("size"))) {
        const QStringList parts = parser.value(QStringLiteral("size")).split(QLatin1Char('x'));
        options.size = QSize(parts.value(0).toInt(), parts.value(1).toInt());
        if (parts.size() != 2 || options.size.width() < 200 || options.size.height() < 200 ||
            options.size.width() > 8192 || options.size.height() > 8192) {
            misuse(QStringLiteral("--size is two numbers from 200 to 8192, such as 1100x720."));
        }
    }
    return options;
}

/// kinglet-cli, which lies beside this program where both are installed.
QString verifierProgram() {
    const QDir here(QCoreApplication::applicationDirPath());
#ifdef Q_OS_WIN
    const QString name = QStringLiteral("kinglet-cli.exe");
#else
    const QString name = QStringLiteral("kinglet-cli");
#endif
    for (const QString& place : {name, QStringLiteral("../cli/") + name}) {
        if (QFileInfo(here.filePath(place)).isExecutable()) return QDir::cleanPath(here.filePath(place));
    }
    return here.filePath(name);
}

QString absolute(const QString& path) {
    return path.isEmpty() ? path : QDir::cleanPath(QFileInfo(path).absoluteFilePath());
}

QString dataFolderOf(const Options& options) {
    if (!options.dataDir.isEmpty()) return absolute(options.dataDir);
    return QString::fromStdU16String(kinglet::machine::data_folder().u16string());
}

AppOptions appOptions(const Options& options) {
    if (!options.shot.isEmpty()) return kinglet::gui::sceneOptions(options.scene);
    if (options.demo) return kinglet::gui::demoOptions();
    AppOptions result;
    result.dataFolder = dataFolderOf(options);
    result.modelsFolder = absolute(options.modelsDir);
    result.modelFile = absolute(options.model);
    result.verifier = verifierProgram();
    result.tokens = kinglet::gui::desktopTokenStore();
    if (const auto starter = kinglet::starter::find_model())
        result.starterModel = QString::fromStdU16String(starter->u16string());
    return result;
}

/// Whether a window with the same chats is already there, which has now been asked to open the files instead.
bool openedElsewhere(const Options& options, int argc, char** argv) {
    if (options.demo || !options.shot.isEmpty()) return false;
    QCoreApplication early(argc, argv);
    QStringList files;
    for (const QString& file : options.files) files << absolute(file);
    if (!options.model.isEmpty()) files.prepend(absolute(options.model));
    const SingleInstance instance(dataFolderOf(options));
    return instance.handOver(files, qgetenv("XDG_ACTIVATION_TOKEN"));
}

/// Files of the command line or of a later start, once there is something to open them with.
void openFiles(AppContext& app, const QStringList& files) {
    if (files.isEmpty()) return;
    QList<QUrl> urls;
    for (const QString& file : files) urls.append(QUrl::fromLocalFile(absolute(file)));
    const auto open = [&app, urls] {
        if (!app.databaseProblem()) app.openDroppedFiles(urls);
    };
    if (app.ready()) return open();
    QObject::connect(&app, &AppContext::readyChanged, &app, open, Qt::SingleShotConnection);
}

/// A later start shows this window instead of one of its own.
void listenForLaterStarts(SingleInstance& instance, AppContext& app, QQuickWindow& window) {
    const auto show = [&app, &window](const QStringList& files, const QByteArray& activationToken) {
        openFiles(app, files);
        window.setWindowStates(window.windowStates() & ~Qt::WindowMinimized);
        window.show();
        window.raise();
        // With it Wayland lets a window come to the front.
        if (!activationToken.isEmpty()) qputenv("XDG_ACTIVATION_TOKEN", activationToken);
        window.requestActivate();
    };
    QObject::connect(&instance, &SingleInstance::startedAgain, &window, show);
    if (!instance.listen()) qCWarning(startLog, "later starts will open windows of their own");
}

void applyShotLook(AppContext& app, QQuickWindow& window, const Options& options) {
    const QSize size = options.size.isValid() ? options.size : kinglet::gui::sceneSize(options.scene);
    if (options.size.isValid() || !options.shot.isEmpty()) window.resize(size);
    if (!options.theme.isEmpty()) {
        app.settings()->setTheme(options.theme == QLatin1String("dark") ? kinglet::gui::Settings::Dark
                                                                        : kinglet::gui::Settings::Light);
    }
}

}  // namespace

int main(int argc, char** argv) {
    QElapsedTimer sinceStart;
    sinceStart.start();
    const Options options = readOptions(argc, argv);
    if (!options.shot.isEmpty()) {
        // Pictures are the same with and without a display, and never flash on one.
        if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
        if (!qEnvironmentVariableIsSet("QT_QUICK_BACKEND")) qputenv("QT_QUICK_BACKEND", "software");
    }
    if (!options.scale.isEmpty()) qputenv("QT_SCALE_FACTOR", options.scale.toUtf8());

    if (openedElsewhere(options, argc, argv)) return 0;

    QGuiApplication application(argc, argv);
    kinglet::gui::fallBackToSoftwareRenderer(argv);
    kinglet::gui::useBundledFonts();
    QGuiApplication::setApplicationName(QStringLiteral("kinglet"));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Kinglet"));
    QGuiApplication::setApplicationVersion(QStringLiteral(KINGLET_VERSION));
    QGuiApplication::setDesktopFileName(QStringLiteral("kinglet"));
    if (options.rightToLeft) QGuiApplication::setLayoutDirection(Qt::RightToLeft);
    QQuickStyle::setStyle(QStringLiteral("Basic"));
    // Letters are sharper so where a pixel is a pixel.
    if (qFuzzyCompare(application.devicePixelRatio(), 1.0))
        QQuickWindow::setTextRenderType(QQuickWindow::NativeTextRendering);
    QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/qt/qml/Kinglet/Ui/icons/kinglet.svg")));

    AppContext app(appOptions(options));
    openFiles(app, options.files);
    app.start();

    QQmlApplicationEngine engine;
    engine.addImportPath(QStringLiteral("qrc:/qt/qml"));
    QVariantMap properties{{QStringLiteral("app"), QVariant::fromValue(&app)}};
    if (!options.shot.isEmpty() || options.size.isValid())
        properties.insert(QStringLiteral("restoreGeometry"), false);
    engine.setInitialProperties(properties);
    engine.load(QUrl(QStringLiteral("qrc:/qt/qml/Kinglet/Ui/Main.qml")));
    auto* window =
        engine.rootObjects().isEmpty() ? nullptr : qobject_cast<QQuickWindow*>(engine.rootObjects().first());
    if (!window) {
        std::fprintf(stderr, "kinglet: the window could not be built; the installation is incomplete.\n");
        return 1;
    }
    QObject::connect(
        window, &QQuickWindow::frameSwapped, window,
        [&sinceStart] {
            kinglet::gui::firstFrameIsDrawn();
            qCDebug(startLog, "first frame after %lld ms", static_cast<long long>(sinceStart.elapsed()));
        },
        static_cast<Qt::ConnectionType>(Qt::QueuedConnection | Qt::SingleShotConnection));
    applyShotLook(app, *window, options);
    SingleInstance instance(dataFolderOf(options));
    if (!options.demo && options.shot.isEmpty()) listenForLaterStarts(instance, app, *window);

    std::unique_ptr<kinglet::gui::Director> director;
    std::unique_ptr<kinglet::gui::Photographer> photographer;
    if (!options.shot.isEmpty()) {
        director = std::make_unique<kinglet::gui::Director>(app, options.scene);
        photographer = std::make_unique<kinglet::gui::Photographer>(window, options.shot);
        QObject::connect(director.get(), &kinglet::gui::Director::finished, photographer.get(),
                         &kinglet::gui::Photographer::shoot);
        director->play();
    }
    return QGuiApplication::exec();
}
