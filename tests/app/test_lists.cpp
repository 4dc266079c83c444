// The smaller models: lists of chats and models, settings, thoughts, words, languages.
#include <QAbstractItemModelTester>
#include <QDir>
#include <QFile>
#include <QQmlComponent>
#include <QQmlEngine>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextLayout>
#include <cmath>

#include "app/gui/chat_list_model.h"
#include "app/gui/code_highlighter.h"
#include "app/gui/code_languages.h"
#include "app/gui/settings.h"
#include "app/gui/thinking.h"
#include "app/gui/words.h"
#include "storage/database.h"
#include "storage/settings_store.h"
#include "tests/app/app_fixture.h"

namespace kinglet::gui {

namespace {

class RecordedSettings : public SettingsBackend {
  public:
    void save(const QString& key, const QVariant& value) override { saved.insert(key, value); }
    void forget(const QString& key) override {
        saved.remove(key);
        forgotten.append(key);
    }
    QHash<QString, QVariant> saved;
    QStringList forgotten;
};

ChatEntry chat(qint64 id, const char* title, const QDateTime& updated) {
    return {id, QString::fromUtf8(title), {}, updated};
}

QStringList shownTitles(const ChatListModel& model) {
    QStringList result;
    for (int row = 0; row < model.count(); ++row)
        result.append(model.index(row).data(ChatListModel::TitleRole).toString());
    return result;
}

/// An application of models on real files: nothing is scripted but the engine.
std::unique_ptr<AppContext> contextOnFolder(const QString& data, const QString& models) {
    AppOptions options;
    options.dataFolder = data;
    options.modelsFolder = models;
    options.preloadModel = false;
    auto engine = std::make_unique<FakeEngine>();
    engine->setPace(0, 1000);
    options.engine = std::move(engine);
    return std::make_unique<AppContext>(std::move(options));
}

}  // namespace

class ListsTest : public QObject {
    Q_OBJECT
  private slots:
    void sections_data();
    void sections();
    void chatList();
    void chatListSteps();
    void settingsApplyAndReset();
    void settingsIgnoreNonsense();
    void thinkingInEveryCut();
    void titles_data();
    void titles();
    void numbers();
    void languages();
    void highlighter();
    void aLoadingModelHasItsName();
    void modelFiles();
    void firstModel_data();
    void firstModel();
};

void ListsTest::sections_data() {
    QTest::addColumn<QDate>("day");
    QTest::addColumn<QString>("section");
    QTest::newRow("today") << QDate(2026, 11, 22) << "Today";
    QTest::newRow("tomorrow, by a wrong clock") << QDate(2026, 11, 23) << "Today";
    QTest::newRow("yesterday") << QDate(2026, 11, 21) << "Yesterday";
    QTest::newRow("two days") << QDate(2026, 11, 20) << "Last week";
    QTest::newRow("seven days") << QDate(2026, 11, 15) << "Last week";
    QTest::newRow("eight days") << QDate(2026, 11, 14) << "November";
    QTest::newRow("October") << QDate(2026, 10, 31) << "October";
    QTest::newRow("last year") << QDate(2025, 12, 31) << "December 2025";
}

void ListsTest::sections() {
    QFETCH(QDate, day);
    QFETCH(QString, section);
    QCOMPARE(sectionForDay(day, QDate(2026, 11, 22), QLocale(QLocale::English)), section);
    QCOMPARE(sectionForDay(QDate(2026, 10, 3), QDate(2026, 11, 22), QLocale(QLocale::German)),
             QStringLiteral("Oktober"));
}

void ListsTest::chatList() {
    ChatListModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QDateTime now = QDateTime::currentDateTime();
    model.setEntries({chat(1, "Alpha beta", now.addDays(-1)), chat(2, "Gamma", now),
                      chat(3, "beta two", now.addDays(-9))});
    QCOMPARE(shownTitles(model), (QStringList{"Gamma", "Alpha beta", "beta two"}));
    model.setFilter(QStringLiteral("BETA"));
    QCOMPARE(shownTitles(model), (QStringList{"Alpha beta", "beta two"}));
    QCOMPARE(model.totalCount(), 3);
    model.put(chat(3, "beta two", now.addSecs(5)));
    QCOMPARE(shownTitles(model), (QStringList{"beta two", "Alpha beta"}));
    model.setFilter(QStringLiteral("two beta"));
    QCOMPARE(shownTitles(model), (QStringList{"beta two"}));
    model.setFilter({});
    QCOMPARE(shownTitles(model), (QStringList{"beta two", "Gamma", "Alpha beta"}));
    model.take(2);
    QCOMPARE(shownTitles(model), (QStringList{"beta two", "Alpha beta"}));
    QSignalSpy renamed(&model, &ChatListModel::renameRequested);
    model.rename(QStringLiteral("1"), QStringLiteral("  "));
    QCOMPARE(renamed.count(), 0);
    model.rename(QStringLiteral("1"), QStringLiteral("New\nname"));
    QCOMPARE(renamed.count(), 1);
    QCOMPARE(renamed.first().at(1).toString(), QStringLiteral("New name"));
    model.rename(QStringLiteral("77"), QStringLiteral("nobody"));
    QCOMPARE(renamed.count(), 1);
}

void ListsTest::chatListSteps() {
    ChatListModel model;
    const QDateTime now = QDateTime::currentDateTime();
    model.setEntries({chat(1, "old", now.addDays(-1)), chat(2, "new", now)});
    QList<qint64> opened;
    connect(&model, &ChatListModel::openRequested, &model, [&](qint64 id) {
        opened.append(id);
        model.setCurrent(id);
    });
    model.openPrevious();
    QVERIFY(opened.isEmpty());
    model.openNext();
    model.openNext();
    model.openNext();
    model.openPrevious();
    QCOMPARE(opened, (QList<qint64>{2, 1, 2}));
}

void ListsTest::settingsApplyAndReset() {
    RecordedSettings backend;
    Settings settings(QStringLiteral("/data"), &backend);
    QSignalSpy scale(&settings, &Settings::textScaleChanged);
    settings.setTextScale(1.2);
    settings.setTextScale(1.2);
    QCOMPARE(scale.count(), 1);
    QCOMPARE(backend.saved.value(QStringLiteral("text_scale")).toDouble(), 1.2);
    settings.setTextScale(9);
    QCOMPARE(settings.textScale(), 1.6);
    settings.setDefaultTemperature(0.2);
    settings.setTheme(Settings::Dark);
    settings.resetPage(QStringLiteral("appearance"));
    QCOMPARE(settings.textScale(), 1.0);
    QCOMPARE(settings.theme(), Settings::System);
    QCOMPARE(settings.defaultTemperature(), 0.2);
    QVERIFY(backend.forgotten.contains(QStringLiteral("text_scale")));
    settings.setLastModel(QStringLiteral("/m.gguf"));
    settings.resetAll();
    QCOMPARE(settings.defaultTemperature(), 0.7);
    QCOMPARE(settings.lastModel(), QStringLiteral("/m.gguf"));
    QCOMPARE(settings.modelsFolder(), QUrl::fromLocalFile(QStringLiteral("/data/models")));
    settings.setModelsFolderOverride(QStringLiteral("/elsewhere"));
    QCOMPARE(settings.modelsFolder(), QUrl::fromLocalFile(QStringLiteral("/elsewhere")));
    settings.setModelsFolder(QUrl(QStringLiteral("https://example.org")));
    QCOMPARE(settings.modelsFolder(), QUrl::fromLocalFile(QStringLiteral("/elsewhere")));
}

void ListsTest::settingsIgnoreNonsense() {
    Settings settings(QStringLiteral("/data"));
    settings.restore({{QStringLiteral("text_scale"), QStringLiteral("big")},
                      {QStringLiteral("temperature"), std::nan("")},
                      {QStringLiteral("top_k"), 1e300},
                      {QStringLiteral("theme"), 77},
                      {QStringLiteral("no such key"), 1},
                      {QStringLiteral("sidebar_width"), 300}});
    QCOMPARE(settings.textScale(), 1.0);
    QCOMPARE(settings.defaultTemperature(), 0.7);
    QVERIFY(settings.defaultTopK() >= 0 && settings.defaultTopK() <= 1000);
    QCOMPARE(settings.theme(), Settings::Dark);
    QCOMPARE(settings.sidebarWidth(), 300);
}

void ListsTest::thinkingInEveryCut() {
    struct Case {
        QString text;
        QString thinking;
        QString answer;
    };
    const QList<Case> cases = {
        {QStringLiteral("<think>a < b</think>c"), QStringLiteral("a < b"), QStringLiteral("c")},
        {QStringLiteral("\n <think>\nx\n</think>\n\nanswer"), QStringLiteral("\nx\n"),
         QStringLiteral("answer")},
        {QStringLiteral("no thoughts <think>x</think>"), QString(),
         QStringLiteral("no thoughts <think>x</think>")},
        {QStringLiteral("<thin air"), QString(), QStringLiteral("<thin air")},
        {QStringLiteral("<think>never ends </thin"), QStringLiteral("never ends </thin"), QString()},
        {QStringLiteral("<think>\n\n</think>\n\nhi"), QString(), QStringLiteral("hi")},
    };
    for (const Case& one : cases) {
        for (int step = 1; step <= one.text.size(); ++step) {
            ThinkingSplitter splitter;
            for (qsizetype at = 0; at < one.text.size(); at += step) splitter.append(one.text.mid(at, step));
            splitter.finish();
            QCOMPARE(splitter.thinking().trimmed(), one.thinking.trimmed());
            QCOMPARE(splitter.answer(), one.answer);
        }
    }
}

void ListsTest::titles_data() {
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("title");
    QTest::newRow("short") << "Hello there"
                           << "Hello there";
    QTest::newRow("first line with words") << "\n# \n## A *heading*\nmore"
                                           << "A heading";
    QTest::newRow("cut at a word")
        << "This is a rather long first message that does not fit into the sidebar at all"
        << QString::fromUtf8("This is a rather long first message that does…");
    QTest::newRow("nothing to say") << "***"
                                    << "New chat";
}

void ListsTest::titles() {
    QFETCH(QString, message);
    QFETCH(QString, title);
    QCOMPARE(titleFromMessage(message), title);
    const QString emoji = QStringLiteral("\U0001F600").repeated(60);
    QVERIFY(!titleFromMessage(emoji).contains(QChar(QChar::ReplacementCharacter)));
    QVERIFY(titleFromMessage(emoji).toUtf8().size() > 0);
}

void ListsTest::numbers() {
    QLocale::setDefault(QLocale::c());
    QCOMPARE(sizeText(669'000'000), QStringLiteral("669 MB"));
    QCOMPARE(sizeText(3'200'000), QStringLiteral("3.2 MB"));
    QCOMPARE(sizeText(1'790'000'000), QStringLiteral("1.8 GB"));
    QCOMPARE(sizeText(12), QStringLiteral("12 bytes"));
    QCOMPARE(speedText(28.4), QStringLiteral("28 tokens/s"));
    QCOMPARE(speedText(0), QString());
    QCOMPARE(sentence(QStringLiteral("/a b/m.gguf: it is cut short"), QStringLiteral("/a b/m.gguf")),
             QStringLiteral("m.gguf: it is cut short."));
    QCOMPARE(sentence(QStringLiteral("Done.")), QStringLiteral("Done."));
}

void ListsTest::languages() {
    QCOMPARE(findLanguage(QStringLiteral("CPP"))->label, QStringLiteral("C++"));
    QVERIFY(!findLanguage(QStringLiteral("klingon")));
    CodeHighlighter highlighter;
    highlighter.setLanguage(QStringLiteral("py"));
    QCOMPARE(highlighter.label(), QStringLiteral("Python"));
    highlighter.setLanguage(QStringLiteral("klingon"));
    QCOMPARE(highlighter.label(), QStringLiteral("klingon"));
    QVERIFY(!highlighter.known());
}

void ListsTest::highlighter() {
    QQmlEngine engine;
    engine.addImportPath(QStringLiteral("qrc:/qt/qml"));
    QQmlComponent component(&engine);
    component.setData(
        "import QtQuick\nimport Kinglet.App\n"
        "TextEdit { id: edit; textFormat: TextEdit.PlainText\n"
        "  text: 'int main() { // x\\n  /* a\\n b */ return \"s\\\\\"t\" + 0x1f;\\n}'\n"
        "  property CodeHighlighter h: CodeHighlighter { document: edit.textDocument; language: 'cpp'; "
        "keywordColor: '#010000';\n"
        "    typeColor: '#020000'; stringColor: '#030000'; commentColor: '#040000'; numberColor: '#050000' } "
        "}",
        QUrl());
    std::unique_ptr<QObject> edit(component.create());
    QVERIFY2(edit, qPrintable(component.errorString()));
    auto* document = qvariant_cast<QQuickTextDocument*>(edit->property("textDocument"));
    const auto colorAt = [&](int line, int column) {
        const QTextBlock block = document->textDocument()->findBlockByNumber(line);
        for (const QTextLayout::FormatRange& range : block.layout()->formats()) {
            if (column >= range.start && column < range.start + range.length)
                return range.format.foreground().color().red();
        }
        return 0;
    };
    QCOMPARE(colorAt(0, 0), 2);   // int
    QCOMPARE(colorAt(0, 4), 0);   // main
    QCOMPARE(colorAt(0, 14), 4);  // comment
    QCOMPARE(colorAt(1, 4), 4);
    QCOMPARE(colorAt(2, 1), 4);   // still the comment
    QCOMPARE(colorAt(2, 7), 1);   // return
    QCOMPARE(colorAt(2, 16), 3);  // in the string, behind the escaped quote
    QCOMPARE(colorAt(2, 22), 5);  // 0x1f
}

void ListsTest::firstModel_data() {
    QTest::addColumn<QStringList>("files");  // NAME SIZE CONTEXT [problem]
    QTest::addColumn<QString>("lastUsed");
    QTest::addColumn<QString>("chosen");
    const QStringList three = {QStringLiteral("large 900 4096"), QStringLiteral("small 100 2048"),
                               QStringLiteral("tiny 1 128")};
    QTest::newRow("none") << QStringList() << QString() << QString();
    QTest::newRow("the only one") << QStringList{QStringLiteral("tiny 1 128")} << QString()
                                  << QStringLiteral("/tiny");
    QTest::newRow("the smallest with room") << three << QString() << QStringLiteral("/small");
    QTest::newRow("the last used") << three << QStringLiteral("/large") << QStringLiteral("/large");
    QTest::newRow("none that is sound")
        << QStringList{QStringLiteral("half 3 2048 cut")} << QString() << QString();
    QTest::newRow("sound before small")
        << QStringList{QStringLiteral("half 3 2048 cut"), QStringLiteral("whole 9 2048")} << QString()
        << QStringLiteral("/whole");
}

/// The first message can be sent wherever there is a model that can answer it.
void ListsTest::firstModel() {
    QFETCH(QStringList, files);
    QFETCH(QString, lastUsed);
    QFETCH(QString, chosen);
    QTemporaryDir data;
    AppOptions options;
    options.dataFolder = data.path();
    options.modelsFolder = data.path();
    options.fixedModels = QList<ModelEntry>();
    auto engine = std::make_unique<FakeEngine>();
    for (const QString& file : std::as_const(files)) {
        const QStringList parts = file.split(QLatin1Char(' '));
        ModelEntry entry;
        entry.path = QLatin1Char('/') + parts[0];
        entry.name = parts[0];
        entry.sizeBytes = parts[1].toLongLong() * 1'000'000;
        entry.contextLength = parts[2].toInt();
        if (parts.size() > 3) entry.problem = QStringLiteral("It ends too soon.");
        options.fixedModels->append(entry);
        ModelFacts facts;
        facts.path = entry.path;
        facts.name = entry.name;
        engine->setModel(facts);
    }
    options.engine = std::move(engine);
    if (!lastUsed.isEmpty()) {
        options.seed = [lastUsed](storage::Database& database) {
            storage::SettingsStore(database)
                .setAll({{QStringLiteral("last_model"), lastUsed}})
                .waitForFinished();
        };
    }
    AppContext app(std::move(options));
    QSignalSpy scanned(app.models(), &ModelListModel::scanFinished);
    app.start();
    QTRY_VERIFY_WITH_TIMEOUT(app.ready() && scanned.count() > 0, 20000);
    QTRY_VERIFY(app.model()->state() != ModelStatus::Loading);
    QCOMPARE(app.model()->path(), chosen);
    QCOMPARE(app.model()->state(), chosen.isEmpty() ? ModelStatus::None : ModelStatus::Ready);
    QCOMPARE(app.conversation()->canSend(), !chosen.isEmpty());
}

/// While it loads, a model is called what the list calls it, not what its file is called.
void ListsTest::aLoadingModelHasItsName() {
    QTemporaryDir data;
    AppOptions options;
    options.dataFolder = data.path();
    options.modelsFolder = data.path();
    ModelEntry entry;
    entry.path = QStringLiteral("/models/sparrow-1b.Q4_0.gguf");
    entry.name = QStringLiteral("Sparrow 1B");
    options.fixedModels = QList<ModelEntry>{entry};
    auto engine = std::make_unique<FakeEngine>();
    engine->holdLoads(true);
    options.engine = std::move(engine);
    options.preloadModel = false;
    AppContext app(std::move(options));
    app.start();
    QTRY_VERIFY(app.ready() && app.models()->find(entry.path));
    app.models()->load(entry.path);
    QTRY_COMPARE(app.model()->state(), ModelStatus::Loading);
    QCOMPARE(app.model()->name(), entry.name);
    app.models()->load(QStringLiteral("/models/elsewhere.gguf"));
    QTRY_COMPARE(app.model()->name(), QStringLiteral("elsewhere"));
}

void ListsTest::modelFiles() {
    QTemporaryDir data;
    QTemporaryDir folder;
    const auto write = [&](const QString& name, const QByteArray& bytes) {
        QFile file(folder.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    };
    write(QStringLiteral("broken.gguf"), "GGUF but not much of it");
    write(QStringLiteral("empty.gguf"), {});
    write(QStringLiteral("readme.txt"), "no model");
    QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("folder.gguf")));
    QDir(folder.path()).mkpath(QStringLiteral("maker/model"));
    write(QStringLiteral("maker/model/deep.gguf"), "x");
    auto app = contextOnFolder(data.path(), folder.path());
    ModelListModel& models = *app->models();
    QAbstractItemModelTester tester(&models, QAbstractItemModelTester::FailureReportingMode::QtTest);
    app->start();
    QTRY_COMPARE(models.count(), 3);
    for (int row = 0; row < models.count(); ++row) {
        const QString problem = models.index(row).data(ModelListModel::ProblemRole).toString();
        const QString file =
            QFileInfo(models.index(row).data(ModelListModel::PathRole).toString()).fileName();
        QVERIFY2(problem.contains(file), qPrintable(problem));
    }
    // A new file is noticed; one that goes is gone.
    write(QStringLiteral("later.gguf"), "y");
    QTRY_COMPARE_WITH_TIMEOUT(models.count(), 4, 15000);
    QVERIFY(QFile::remove(folder.filePath(QStringLiteral("later.gguf"))));
    QTRY_COMPARE_WITH_TIMEOUT(models.count(), 3, 15000);
    models.setFilter(QStringLiteral("deep"));
    QCOMPARE(models.count(), 1);
    models.setFilter({});
    QSignalSpy notices(app.get(), &AppContext::notice);
    models.remove(folder.filePath(QStringLiteral("empty.gguf")));
    QCOMPARE(models.count(), 2);
    models.refresh();
    QTRY_VERIFY(!models.scanning());
    QCOMPARE(models.count(), 2);
    QVERIFY(QFile::exists(folder.filePath(QStringLiteral("empty.gguf"))));
    app->runNoticeAction(notices.last().at(2).toInt());
    QTRY_COMPARE(models.count(), 3);
    // A file from elsewhere stays on the list.
    QTemporaryDir elsewhere;
    QFile other(elsewhere.filePath(QStringLiteral("other.gguf")));
    QVERIFY(other.open(QIODevice::WriteOnly));
    other.close();
    models.addFile(QUrl::fromLocalFile(other.fileName()));
    QTRY_COMPARE(models.count(), 4);
    app.reset();
    app = contextOnFolder(data.path(), folder.path());
    app->start();
    const auto present = [&](const QString& path) { return app->models()->find(path) != nullptr; };
    QTRY_VERIFY(present(folder.filePath(QStringLiteral("broken.gguf"))));
    QVERIFY(present(folder.filePath(QStringLiteral("empty.gguf"))));
    QVERIFY(present(folder.filePath(QStringLiteral("maker/model/deep.gguf"))));
    QVERIFY(present(other.fileName()));
    QVERIFY(other.remove());
    app->models()->refresh();
    QTRY_VERIFY(app->models()->find(other.fileName()) && app->models()->find(other.fileName())->missing);
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::ListsTest)
#include "test_lists.moc"
