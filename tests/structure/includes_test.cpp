// The module graph of docs/architecture.md, kept by looking at every #include and every QML import.
#include <QHash>
#include <QRegularExpression>
#include <QSet>
#include <QtTest>

#include "tests/structure/project_files.h"

namespace kinglet::structure {
namespace {

/// Nodes of the engine by height: an include may only go down.
const QHash<QString, int>& heights() {
    static const QHash<QString, int> table = {
        {"base", 0},    {"gguf", 1},    {"tensor", 1}, {"tokenizer", 2}, {"chat", 2},    {"arch", 2},
        {"grammar", 2}, {"kernels", 2}, {"vulkan", 3}, {"quantize", 3},  {"convert", 3}, {"engine", 4},
    };
    return table;
}

/// Includes between nodes of one height that are wanted: what a tensor holds is in the dtype table, and
/// architectures say which tokenizer and kernels they run on.
const QSet<QString>& sideways() {
    static const QSet<QString> pairs = {"gguf>tensor", "arch>kernels"};
    return pairs;
}

/// What the window sees of the engine: engine.h and the headers that it shows.
const QSet<QString>& engineFace() {
    static const QSet<QString> files = {"inference/engine/engine.h", "inference/base/result.h",
                                        "inference/chat/message.h", "inference/tokenizer/token.h"};
    return files;
}

/// Why `file` may not include `header`; empty where it may.
QString objection(const QString& file, const QString& header) {
    const QString node = file.section('/', 1, 1);
    const QString other = header.section('/', 1, 1);
    if (file.startsWith("inference/")) {
        if (!header.startsWith("inference/")) return "the engine includes nothing outside inference/";
        if (!heights().contains(node)) return "inference/" + node + " has no place in the module graph";
        if (!heights().contains(other)) return "inference/" + other + " has no place in the module graph";
        if (node == other || sideways().contains(node + ">" + other)) return {};
        return heights()[other] < heights()[node] ? QString() : node + " may not know " + other;
    }
    if (file.startsWith("storage/")) {
        return header.startsWith("storage/") ? QString() : "storage includes nothing outside storage/";
    }
    if (file.startsWith("library/")) {
        const bool allowed = header.startsWith("library/") || header.startsWith("storage/");
        return allowed ? QString() : "library includes nothing but storage and itself";
    }
    if (file.startsWith("app/starter/")) {
        return header.startsWith("app/starter/") ? QString() : "the starter model's place knows itself only";
    }
    if (file.startsWith("app/machine/")) {
        const bool allowed = header.startsWith("app/machine/") || header.startsWith("inference/base/");
        return allowed ? QString() : "what is known of the machine knows the engine's base only";
    }
    if (file.startsWith("app/gui/")) {
        const bool allowed = header.startsWith("app/gui/") || header.startsWith("app/starter/") ||
                             header.startsWith("app/machine/") || header.startsWith("storage/") ||
                             header.startsWith("library/") || engineFace().contains(header);
        return allowed ? QString()
                       : "the window knows engine.h, storage, library, the starter model and itself only";
    }
    if (file.startsWith("app/cli/")) {
        if (header.startsWith("app/cli/") || header.startsWith("app/starter/") ||
            header.startsWith("app/machine/"))
            return {};
        const bool fetches = file.startsWith("app/cli/library/");
        if (fetches && (header.startsWith("library/") || header.startsWith("storage/"))) return {};
        const bool allowed = header.startsWith("inference/") && other != "vulkan" && other != "arch";
        return allowed ? QString() : "kinglet-cli knows the engine's faces and itself only";
    }
    return {};
}

}  // namespace

class IncludesTest : public QObject {
    Q_OBJECT

  private slots:
    void everyIncludeGoesDown();
    void objectionsAreFound();
    void engineAndCommandLineAreFreeOfQt();
    void storageKnowsCoreAndSqlOnly();
    void fetchingKnowsNoWindow();
    void qmlImportsOnlyQtAndTheApp();
};

void IncludesTest::everyIncludeGoesDown() {
    static const QRegularExpression include(R"(^\s*#\s*include\s+"([^"]+)\")",
                                            QRegularExpression::MultilineOption);
    QStringList problems;
    int seen = 0;
    for (const QString& file : projectFiles({".h", ".cpp"})) {
        const QString text = QString::fromUtf8(contentOf(file));
        auto matches = include.globalMatch(text);
        while (matches.hasNext()) {
            const QString header = matches.next().captured(1);
            if (!header.contains('/')) continue;  // made by moc
            ++seen;
            const QString why = objection(file, header);
            if (!why.isEmpty()) problems << QString("%1 includes %2: %3").arg(file, header, why);
        }
    }
    QVERIFY(seen > 50);
    QVERIFY2(problems.isEmpty(), qPrintable("\n" + problems.join('\n')));
}

void IncludesTest::objectionsAreFound() {
    QVERIFY(!objection("inference/gguf/reader.cpp", "inference/engine/engine.h").isEmpty());
    QVERIFY(!objection("inference/base/result.h", "storage/database.h").isEmpty());
    QVERIFY(!objection("inference/unheard_of/a.cpp", "inference/base/result.h").isEmpty());
    QVERIFY(!objection("storage/database.cpp", "inference/base/result.h").isEmpty());
    QVERIFY(!objection("app/gui/settings.cpp", "inference/gguf/reader.h").isEmpty());
    QVERIFY(!objection("app/cli/main.cpp", "storage/database.h").isEmpty());
    QVERIFY(!objection("library/hub.cpp", "inference/base/result.h").isEmpty());
    QVERIFY(!objection("storage/database.cpp", "library/hub.h").isEmpty());
    QVERIFY(objection("app/cli/library/command_pull.cpp", "library/hub.h").isEmpty());
    QVERIFY(!objection("app/starter/starter_model.cpp", "inference/base/result.h").isEmpty());
    QVERIFY(objection("app/cli/command_chat.cpp", "app/starter/starter_model.h").isEmpty());
    QVERIFY(objection("inference/engine/session.cpp", "inference/kernels/select.h").isEmpty());
    QVERIFY(objection("app/gui/engine_worker.cpp", "inference/engine/engine.h").isEmpty());
}

void IncludesTest::engineAndCommandLineAreFreeOfQt() {
    static const QRegularExpression qt(R"(^\s*#\s*include\s+[<"]Q[A-Z])",
                                       QRegularExpression::MultilineOption);
    for (const QString& file : projectFiles({".h", ".cpp"})) {
        if (!file.startsWith("inference/") && !file.startsWith("app/cli/") &&
            !file.startsWith("app/starter/") && !file.startsWith("app/machine/"))
            continue;
        if (file.startsWith("app/cli/library/")) continue;
        QVERIFY2(!qt.match(QString::fromUtf8(contentOf(file))).hasMatch(), qPrintable(file + " includes Qt"));
    }
}

void IncludesTest::storageKnowsCoreAndSqlOnly() {
    static const QRegularExpression other(
        R"(^\s*#\s*include\s+<Q(tGui|tQuick|tQml|tNetwork|tWidgets|Quick|Qml|Network|Widget|GuiApplication|Image|Color|Font|Icon|Pixmap|DesktopServices|Clipboard))",
        QRegularExpression::MultilineOption);
    for (const QString& file : projectFiles({".h", ".cpp"})) {
        if (!file.startsWith("storage/")) continue;
        const auto match = other.match(QString::fromUtf8(contentOf(file)));
        QVERIFY2(!match.hasMatch(), qPrintable(file + ":" + match.captured()));
    }
}

void IncludesTest::fetchingKnowsNoWindow() {
    static const QRegularExpression window(
        R"(^\s*#\s*include\s+<Q(tGui|tQuick|tQml|tWidgets|Quick|Qml|Widget|GuiApplication|Image|Color|Font|Icon|Pixmap|DesktopServices|Clipboard))",
        QRegularExpression::MultilineOption);
    for (const QString& file : projectFiles({".h", ".cpp"})) {
        if (!file.startsWith("library/") && !file.startsWith("app/cli/library/")) continue;
        const auto match = window.match(QString::fromUtf8(contentOf(file)));
        QVERIFY2(!match.hasMatch(), qPrintable(file + ":" + match.captured()));
    }
}

void IncludesTest::qmlImportsOnlyQtAndTheApp() {
    static const QRegularExpression import(R"(^\s*import\s+(\S+))", QRegularExpression::MultilineOption);
    static const QRegularExpression allowed(R"(^(Qt|Qt[A-Z]\w*|Qt\.labs|Kinglet)(\.|$)|^")");
    for (const QString& file : projectFiles({".qml"})) {
        if (!file.startsWith("ui/")) continue;
        auto matches = import.globalMatch(QString::fromUtf8(contentOf(file)));
        while (matches.hasNext()) {
            const QString module = matches.next().captured(1);
            QVERIFY2(allowed.match(module).hasMatch(), qPrintable(file + " imports " + module));
        }
    }
}

}  // namespace kinglet::structure

QTEST_GUILESS_MAIN(kinglet::structure::IncludesTest)
#include "includes_test.moc"
