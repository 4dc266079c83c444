#include "app/gui/code_languages.h"

#include <QHash>
#include <vector>

namespace kinglet::gui {

namespace {

QSet<QString> words(const char* list) {
    const QStringList parts = QString::fromLatin1(list).split(QLatin1Char(' '), Qt::SkipEmptyParts);
    return {parts.begin(), parts.end()};
}

struct Entry {
    const char* names;  // as fences write them, lower case
    CodeLanguage language;
};

CodeLanguage cFamily(const char* label, const char* keywords, const char* types) {
    CodeLanguage language;
    language.label = QString::fromLatin1(label);
    language.keywords = words(keywords);
    language.types = words(types);
    language.lineComments = {QStringLiteral("//")};
    language.blockOpen = QStringLiteral("/*");
    language.blockClose = QStringLiteral("*/");
    language.quotes = QStringLiteral("\"'");
    return language;
}

CodeLanguage hashFamily(const char* label, const char* keywords, const char* types) {
    CodeLanguage language;
    language.label = QString::fromLatin1(label);
    language.keywords = words(keywords);
    language.types = words(types);
    language.lineComments = {QStringLiteral("#")};
    language.quotes = QStringLiteral("\"'");
    return language;
}

void addSystemLanguages(std::vector<Entry>& table) {
    CodeLanguage c =
        cFamily("C",
                "auto break case const continue default do else enum extern for goto if inline register "
                "restrict return sizeof static struct switch typedef union volatile while NULL true false",
                "void bool char short int long float double signed unsigned size_t ssize_t int8_t int16_t "
                "int32_t int64_t uint8_t uint16_t uint32_t uint64_t FILE");
    c.hashIsDirective = true;
    table.push_back({"c h", c});
    CodeLanguage cpp = c;
    cpp.label = QStringLiteral("C++");
    cpp.keywords += words(
        "alignas alignof and asm catch class co_await co_return co_yield concept consteval constexpr "
        "constinit "
        "const_cast decltype delete dynamic_cast explicit export final friend module mutable namespace new "
        "noexcept not "
        "nullptr operator or override private protected public reinterpret_cast requires static_assert "
        "static_cast "
        "template this thread_local throw try typeid typename using virtual");
    cpp.types +=
        words("string string_view vector map set array optional unique_ptr shared_ptr wchar_t char8_t");
    cpp.scopedIsType = true;
    table.push_back({"cpp c++ cxx cc hpp hxx hh", cpp});
    CodeLanguage rust =
        cFamily("Rust",
                "as async await break const continue crate dyn else enum extern false fn for if impl in "
                "let loop match mod move mut pub ref return self Self static struct super trait true type "
                "union unsafe use where while",
                "bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize");
    rust.capitalIsType = true;
    rust.quotes = QStringLiteral("\"");  // ' begins lifetimes, too
    table.push_back({"rust rs", rust});
    CodeLanguage go =
        cFamily("Go",
                "break case chan const continue default defer else fallthrough for func go goto if import "
                "interface map package range return select struct switch type var true false nil iota",
                "bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune "
                "string uint uint8 uint16 uint32 uint64 uintptr any");
    go.longQuotes = {QStringLiteral("`")};
    table.push_back({"go golang", go});
    CodeLanguage zig =
        cFamily("Zig",
                "const var fn pub return if else while for switch break continue defer errdefer try catch "
                "orelse struct enum union error comptime inline extern export test and or true false null "
                "undefined unreachable",
                "bool u8 u16 u32 u64 i8 i16 i32 i64 usize isize f32 f64 void anytype type");
    table.push_back({"zig", zig});
}

void addManagedLanguages(std::vector<Entry>& table) {
    CodeLanguage java =
        cFamily("Java",
                "abstract assert break case catch class const continue default do else enum extends final "
                "finally for goto if implements import instanceof interface native new package private "
                "protected public record return sealed static strictfp super switch synchronized this "
                "throw throws transient try var volatile while yield true false null",
                "boolean byte char double float int long short void");
    java.capitalIsType = true;
    java.longQuotes = {QStringLiteral("\"\"\"")};
    table.push_back({"java", java});
    CodeLanguage cs =
        cFamily("C#",
                "abstract as async await base break case catch checked class const continue default delegate "
                "do else enum event explicit extern false finally fixed for foreach get goto if implicit in "
                "init interface internal is lock namespace new null operator out override params private "
                "protected public readonly record ref return sealed set sizeof stackalloc static struct "
                "switch this throw true try typeof unchecked unsafe using var virtual volatile when where "
                "while yield",
                "bool byte char decimal double dynamic float int long object sbyte short string uint ulong "
                "ushort void");
    cs.capitalIsType = true;
    table.push_back({"csharp cs c#", cs});
    CodeLanguage kotlin =
        cFamily("Kotlin",
                "as break by class companion constructor continue data do else false finally for fun get "
                "if import in init inline interface internal is lateinit null object open operator out "
                "override package private protected public return sealed set super suspend this throw "
                "true try typealias val var when where while",
                "");
    kotlin.capitalIsType = true;
    kotlin.longQuotes = {QStringLiteral("\"\"\"")};
    table.push_back({"kotlin kt kts", kotlin});
    CodeLanguage swift =
        cFamily("Swift",
                "actor as async await break case catch class continue default defer deinit do else enum "
                "extension fallthrough false fileprivate final for func guard if import in init inout "
                "internal is let nil open override private protocol public repeat required rethrows return "
                "self Self some static struct subscript super switch throw throws true try typealias var "
                "weak where while",
                "");
    swift.capitalIsType = true;
    swift.longQuotes = {QStringLiteral("\"\"\"")};
    table.push_back({"swift", swift});
    CodeLanguage php =
        cFamily("PHP",
                "abstract and array as break case catch class clone const continue declare default do echo "
                "else elseif empty enum extends final finally fn for foreach function global goto if "
                "implements include include_once instanceof interface isset list match namespace new or "
                "print private protected public readonly require require_once return static switch throw "
                "trait try unset use var while yield true false null",
                "bool float int string void mixed");
    php.lineComments.append(QStringLiteral("#"));
    table.push_back({"php", php});
    CodeLanguage dart =
        cFamily("Dart",
                "abstract as assert async await break case catch class const continue default do else enum "
                "extends extension factory false final finally for get if implements import in is late "
                "library mixin new null on operator part required rethrow return set static super switch "
                "this throw true try typedef var void while with yield",
                "bool double int num dynamic");
    dart.capitalIsType = true;
    table.push_back({"dart", dart});
}

void addScriptLanguages(std::vector<Entry>& table) {
    CodeLanguage python =
        hashFamily("Python",
                   "and as assert async await break case class continue def del elif else except False "
                   "finally for from global if import in is lambda match None nonlocal not or pass raise "
                   "return self True try while with yield",
                   "bool bytes dict float frozenset int list object set str tuple");
    python.longQuotes = {QStringLiteral("\"\"\""), QStringLiteral("'''")};
    python.capitalIsType = true;
    table.push_back({"python py python3", python});
    CodeLanguage js =
        cFamily("JavaScript",
                "async await break case catch class const continue debugger default delete do else export "
                "extends false finally for from function get if import in instanceof let new null of return "
                "set static super switch this throw true try typeof undefined var void while with yield",
                "");
    js.longQuotes = {QStringLiteral("`")};
    js.capitalIsType = true;
    table.push_back({"javascript js jsx mjs node", js});
    CodeLanguage ts = js;
    ts.label = QStringLiteral("TypeScript");
    ts.keywords += words(
        "abstract as declare enum implements interface is keyof namespace private protected public "
        "readonly satisfies type");
    ts.types = words("any bigint boolean never number object string symbol unknown void");
    table.push_back({"typescript ts tsx", ts});
    CodeLanguage ruby =
        hashFamily("Ruby",
                   "alias and begin break case class def defined? do else elsif end ensure false for if in "
                   "module next nil not or puts redo require rescue retry return self super then true "
                   "undef unless until when while yield",
                   "");
    ruby.capitalIsType = true;
    table.push_back({"ruby rb", ruby});
    table.push_back(
        {"bash sh shell zsh console shell-session",
         hashFamily("Shell",
                    "if then else elif fi for while until do done case esac in function return local export "
                    "readonly declare set unset shift break continue exit source sudo cd echo",
                    "")});
    CodeLanguage powershell =
        hashFamily("PowerShell",
                   "begin break catch class continue do else elseif end exit filter finally for foreach "
                   "function if in param process return switch throw trap try until using while",
                   "");
    powershell.ignoreCase = true;
    powershell.blockOpen = QStringLiteral("<#");
    powershell.blockClose = QStringLiteral("#>");
    powershell.dashInWords = true;
    table.push_back({"powershell ps1 pwsh", powershell});
    CodeLanguage lua = hashFamily(
        "Lua",
        "and break do else elseif end false for function goto if in local nil not or repeat return "
        "then true until while",
        "");
    lua.lineComments = {QStringLiteral("--")};
    lua.longQuotes = {};
    table.push_back({"lua", lua});
    table.push_back(
        {"r",
         hashFamily("R", "if else repeat while function for next break TRUE FALSE NULL NA Inf NaN in library",
                    "")});
    CodeLanguage haskell =
        hashFamily("Haskell",
                   "case class data deriving do else if import in infix infixl infixr instance let "
                   "module newtype of then type where qualified",
                   "");
    haskell.lineComments = {QStringLiteral("--")};
    haskell.blockOpen = QStringLiteral("{-");
    haskell.blockClose = QStringLiteral("-}");
    haskell.quotes = QStringLiteral("\"");
    haskell.capitalIsType = true;
    table.push_back({"haskell hs", haskell});
}

void addDataLanguages(std::vector<Entry>& table) {
    CodeLanguage sql =
        hashFamily("SQL",
                   "add all alter and as asc begin between by case check column commit constraint create "
                   "cross default delete desc distinct drop else end exists explain foreign from full group "
                   "having if in index inner insert into is join key left like limit not null offset on or "
                   "order outer pragma primary references returning right rollback select set table then "
                   "transaction trigger union unique update values view when where with",
                   "bigint blob boolean char date datetime decimal double float int integer interval json "
                   "numeric real smallint text time timestamp uuid varchar");
    sql.lineComments = {QStringLiteral("--")};
    sql.blockOpen = QStringLiteral("/*");
    sql.blockClose = QStringLiteral("*/");
    sql.ignoreCase = true;
    table.push_back({"sql sqlite mysql postgresql postgres plsql", sql});
    CodeLanguage json = cFamily("JSON", "true false null", "");
    json.quotes = QStringLiteral("\"");
    table.push_back({"json jsonc json5", json});
    CodeLanguage yaml = hashFamily("YAML", "true false null yes no on off", "");
    yaml.dashInWords = true;
    table.push_back({"yaml yml", yaml});
    CodeLanguage toml = hashFamily("TOML", "true false", "");
    toml.longQuotes = {QStringLiteral("\"\"\""), QStringLiteral("'''")};
    table.push_back({"toml ini conf cfg", toml});
    CodeLanguage markup;
    markup.label = QStringLiteral("HTML");
    markup.blockOpen = QStringLiteral("<!--");
    markup.blockClose = QStringLiteral("-->");
    markup.quotes = QStringLiteral("\"'");
    markup.markup = true;
    markup.dashInWords = true;
    table.push_back({"html htm xhtml vue svelte", markup});
    markup.label = QStringLiteral("XML");
    table.push_back({"xml svg xaml", markup});
    CodeLanguage css = cFamily("CSS", "important and not only media import keyframes supports root", "");
    css.lineComments.clear();
    css.dashInWords = true;
    table.push_back({"css scss less", css});
    CodeLanguage qml =
        cFamily("QML",
                "import property signal readonly required component function if else for return var let "
                "const true false null on",
                "int real bool string double color url list alias");
    qml.capitalIsType = true;
    table.push_back({"qml", qml});
    CodeLanguage cmake =
        hashFamily("CMake",
                   "if else elseif endif foreach endforeach function endfunction macro endmacro set while "
                   "endwhile return include option project message",
                   "");
    cmake.ignoreCase = true;
    cmake.quotes = QStringLiteral("\"");
    table.push_back({"cmake", cmake});
    table.push_back(
        {"dockerfile docker",
         hashFamily("Dockerfile",
                    "FROM RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG ONBUILD AS "
                    "HEALTHCHECK SHELL",
                    "")});
    table.push_back(
        {"makefile make mk",
         hashFamily("Makefile", "ifeq ifneq ifdef ifndef else endif include define endef export", "")});
    CodeLanguage diff;
    diff.label = QStringLiteral("Diff");
    diff.lineComments = {QStringLiteral("@@")};
    table.push_back({"diff patch", diff});
    CodeLanguage plain;
    plain.label = QStringLiteral("Text");
    table.push_back({"text txt plain plaintext", plain});
    CodeLanguage markdown;
    markdown.label = QStringLiteral("Markdown");
    table.push_back({"markdown md", markdown});
}

}  // namespace

const CodeLanguage* findLanguage(const QString& name) {
    static const QHash<QString, CodeLanguage> languages = [] {
        std::vector<Entry> table;
        addSystemLanguages(table);
        addManagedLanguages(table);
        addScriptLanguages(table);
        addDataLanguages(table);
        QHash<QString, CodeLanguage> result;
        for (const Entry& entry : table) {
            for (const QString& one : words(entry.names)) result.insert(one, entry.language);
        }
        return result;
    }();
    const auto found = languages.constFind(name.trimmed().toLower());
    return found == languages.constEnd() ? nullptr : &*found;
}

}  // namespace kinglet::gui
