// Runs tests as Qt Test does: see QtTest in this folder.
#include <QtTest>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <list>

namespace qtest_shim {
namespace {

/// What a _data function makes.
struct Table {
    std::vector<std::string> columns;
    std::list<QTestData> rows;
};

/// What is going on. One test runs at a time, in one thread, as with Qt.
struct State {
    Table* filling = nullptr;
    const Table* table[2] = {nullptr, nullptr};    // of the function, of the whole class
    const QTestData* row[2] = {nullptr, nullptr};  // likewise
    std::string title;
    bool failed = false;
    bool skipped = false;
    int passes = 0;
    int failures = 0;
    int skips = 0;
} state;

constexpr std::string_view data_suffix = "_data";

bool is_test(const std::string& name) {
    return name != "init" && name != "cleanup" && name != "initTestCase" && name != "cleanupTestCase" &&
           !name.ends_with(data_suffix);
}

Table table_of(const Functions& functions, const std::string& name) {
    Table table;
    const auto* fill = functions.find(name + std::string(data_suffix));
    if (fill == nullptr) return table;
    state.filling = &table;
    (*fill)();
    state.filling = nullptr;
    return table;
}

void call(const std::function<void()>* function) {
    if (function == nullptr) return;
    try {
        (*function)();
    } catch (const std::exception& problem) {
        fail(std::string("an exception left the test: ") + problem.what(), "", 0);
    }
}

/// A line on the console, at once: what comes after may crash.
void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

/// One function with one row of data. False where it failed or was skipped.
bool run_once(const Functions& functions, const std::string& name, bool with_init) {
    state.failed = state.skipped = false;
    state.title = functions.class_name + "::" + name + "(";
    for (const int place : {1, 0}) {
        if (state.row[place] == nullptr) continue;
        if (state.title.back() != '(') state.title += ':';
        state.title += state.row[place]->name();
    }
    state.title += ')';
    if (with_init) call(functions.find("init"));
    if (!state.failed && !state.skipped) call(functions.find(name));
    if (with_init) call(functions.find("cleanup"));
    if (state.failed) {
        ++state.failures;
    } else if (state.skipped) {
        ++state.skips;
    } else {
        ++state.passes;
        say("PASS   : " + state.title);
    }
    return !state.failed && !state.skipped;
}

void run_function(const Functions& functions, const std::string& name) {
    const Table table = table_of(functions, name);
    state.table[0] = &table;
    if (table.columns.empty()) {
        run_once(functions, name, true);
    } else {
        for (const QTestData& row : table.rows) {
            state.row[0] = &row;
            run_once(functions, name, true);
        }
    }
    state.row[0] = nullptr;
    state.table[0] = nullptr;
}

std::string formatted(const char* format, std::va_list arguments) {
    std::va_list again;
    va_copy(again, arguments);
    const int size = std::vsnprintf(nullptr, 0, format, again);
    va_end(again);
    std::string text(static_cast<std::size_t>(std::max(size, 0)) + 1, '\0');
    std::vsnprintf(text.data(), text.size(), format, arguments);
    text.pop_back();
    return text;
}

[[noreturn]] void misuse(const std::string& what) {
    say("FATAL  : " + what);
    std::abort();
}

}  // namespace

const std::function<void()>* Functions::find(const std::string& name) const {
    for (const auto& [known, function] : all) {
        if (known == name) return &function;
    }
    return nullptr;
}

int run(const Functions& functions, const std::vector<std::string>& wanted) {
    for (const std::string& name : wanted) {
        if (!is_test(name) || functions.find(name) == nullptr) misuse("there is no test " + name);
    }
    say("********* Start testing of " + functions.class_name + " (without Qt) *********");
    // A class without global rows runs once, with none.
    const Table global = table_of(functions, "initTestCase");
    std::vector<const QTestData*> rows;
    for (const QTestData& row : global.rows) rows.push_back(&row);
    if (global.columns.empty()) rows.push_back(nullptr);
    state.table[1] = &global;
    bool ready = true;
    for (std::size_t i = 0; i < rows.size() && ready; ++i) {
        state.row[1] = rows[i];
        if (i == 0) ready = run_once(functions, "initTestCase", false);
        for (const auto& [name, function] : functions.all) {
            if (!ready || !is_test(name)) continue;
            if (wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end())
                run_function(functions, name);
        }
    }
    state.row[1] = nullptr;
    run_once(functions, "cleanupTestCase", false);
    say("Totals: " + std::to_string(state.passes) + " passed, " + std::to_string(state.failures) +
        " failed, " + std::to_string(state.skips) + " skipped");
    return state.failures;
}

void add_column(const char* name) {
    if (state.filling == nullptr) misuse("a column was added outside of a _data function");
    state.filling->columns.emplace_back(name);
}

const std::any& value(const char* column, bool global) {
    const Table* table = state.table[global ? 1 : 0];
    const QTestData* row = state.row[global ? 1 : 0];
    if (table == nullptr || row == nullptr)
        misuse(std::string("there is no data to fetch ") + column + " from");
    for (std::size_t i = 0; i < table->columns.size() && i < row->values().size(); ++i) {
        if (table->columns[i] == column) return row->values()[i];
    }
    misuse(std::string("there is no column ") + column);
}

void wrong_type(const char* column) {
    misuse(std::string("the column ") + column + " has another type");
}

void fail(const std::string& what, const char* file, int line) {
    state.failed = true;
    say("FAIL!  : " + state.title + " " + what + "\n   Loc: [" + file + "(" + std::to_string(line) + ")]");
}

void skip(const std::string& why, const char* file, int line) {
    state.skipped = true;
    say("SKIP   : " + state.title + " " + why + "\n   Loc: [" + file + "(" + std::to_string(line) + ")]");
}

}  // namespace qtest_shim

namespace QTest {

QTestData& newRow(const char* name) {
    if (qtest_shim::state.filling == nullptr)
        qtest_shim::misuse("a row was added outside of a _data function");
    return qtest_shim::state.filling->rows.emplace_back(name);
}

QTestData& addRow(const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    const std::string name = qtest_shim::formatted(format, arguments);
    va_end(arguments);
    return newRow(name.c_str());
}

const char* currentDataTag() {
    const QTestData* row = qtest_shim::state.row[0];
    return row == nullptr ? nullptr : row->name().c_str();
}

void qFail(const char* what, const char* file, int line) {
    qtest_shim::fail(what, file, line);
}

}  // namespace QTest

void qInfo(const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    qtest_shim::say("INFO   : " + qtest_shim::formatted(format, arguments));
    va_end(arguments);
}

void qWarning(const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    qtest_shim::say("WARNING: " + qtest_shim::formatted(format, arguments));
    va_end(arguments);
}

void qFatal(const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    qtest_shim::misuse(qtest_shim::formatted(format, arguments));
}

QString qEnvironmentVariable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? QString() : QString(value);
}

#ifdef _WIN32
bool qputenv(const char* name, const QByteArray& value) {
    return _putenv_s(name, value.constData()) == 0;
}

bool qunsetenv(const char* name) {
    return _putenv_s(name, "") == 0;
}
#else
bool qputenv(const char* name, const QByteArray& value) {
    return setenv(name, value.constData(), 1) == 0;
}

bool qunsetenv(const char* name) {
    return unsetenv(name) == 0;
}
#endif
