// Markdown of answers: what blocks come out, that nothing of the model's becomes markup, and that a text that
// grows gives the same as the whole, at linear cost.
#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTextDocument>
#include <QtTest>

#include "app/gui/markdown_blocks.h"
#include "tests/app/markdown_samples.h"

namespace kinglet::gui {

namespace {

std::vector<MarkdownBlock> whole(const QString& text) {
    MarkdownBlocks blocks;
    blocks.setText(text);
    blocks.flush();
    return blocks.blocks();
}

QString describe(const std::vector<MarkdownBlock>& blocks) {
    static const char* const names[] = {"p", "h", "code", "table", "quote", "rule", "li"};
    QStringList lines;
    for (const MarkdownBlock& block : blocks) {
        QString line = QLatin1String(names[block.kind]);
        if (block.kind == MarkdownBlocks::Heading || block.kind == MarkdownBlocks::ListItem)
            line += QString::number(block.level);
        if (!block.marker.isEmpty()) line += QLatin1Char(' ') + block.marker;
        if (!block.language.isEmpty()) line += QLatin1Char(' ') + block.language;
        line += QLatin1Char('|') + (block.kind == MarkdownBlocks::Code ? block.text : block.html);
        lines.append(line);
    }
    return lines.join(QLatin1String("\n"));
}

/// Rich text may hold these tags, written exactly so, and nothing else that begins with <.
bool onlyOurTags(const QString& html) {
    static const QRegularExpression tag(
        QStringLiteral("</?(?:b|i|s|code|br/|a|a href=\"(?:https?://|mailto:)[^\"<>]*\")>"),
        QRegularExpression::CaseInsensitiveOption);
    QString rest = html;
    rest.remove(tag);
    return !rest.contains(QLatin1Char('<')) && !rest.contains(QLatin1Char('>'));
}

QStringList allHtml(const std::vector<MarkdownBlock>& blocks) {
    QStringList html;
    for (const MarkdownBlock& block : blocks) {
        html.append(block.html);
        for (const QVariant& row : block.cells) {
            for (const QVariant& cell : row.toList()) html.append(cell.toString());
        }
    }
    return html;
}

}  // namespace

class MarkdownTest : public QObject {
    Q_OBJECT
  private slots:
    void blocks_data();
    void blocks();
    void tables();
    void hostileInputStaysText();
    void growingEqualsWhole_data();
    void growingEqualsWhole();
    void randomSoupEqualsWhole();
    void onlyTheEndChanges();
    void longAnswersStayLinear_data();
    void longAnswersStayLinear();
    void absurdInputIsBounded();
    void replacingStartsAgain();
};

void MarkdownTest::blocks_data() {
    QTest::addColumn<QString>("markdown");
    QTest::addColumn<QString>("expected");
    QTest::newRow("inline") << "A *b* **c** `d<e` ~~f~~"
                            << "p|A <i>b</i> <b>c</b> <code>d&lt;e</code> <s>f</s>";
    QTest::newRow("heading") << "## Two"
                             << "h2|Two";
    QTest::newRow("soft break is kept") << "a\nb"
                                        << "p|a<br/>b";
    QTest::newRow("fence") << "```c++\nint a;\n\nint b;\n```"
                           << "code c++|int a;\n\nint b;";
    QTest::newRow("open fence") << "```\nx"
                                << "code|x";
    QTest::newRow("indented fence loses its indent") << "  ```\n  x\n    y\n  ```"
                                                     << "code|x\n  y";
    QTest::newRow("numbers go on") << "1. a\n1. b\n\n1. c"
                                   << "li1 1.|a\nli1 2.|b\nli1 3.|c";
    QTest::newRow("numbers start where they start") << "7) a\n8) b"
                                                    << "li1 7)|a\nli1 8)|b";
    QTest::newRow("nested") << "- a\n  - b\n- c" << QString::fromUtf8("li1 •|a\nli2 •|b\nli1 •|c");
    QTest::newRow("further paragraph") << "- a\n\n  b" << QString::fromUtf8("li1 •|a\nli1|b");
    QTest::newRow("tasks") << "- [ ] a\n- [x] b" << QString::fromUtf8("li1 ☐|a\nli1 ☑|b");
    QTest::newRow("empty item") << "-\n- b" << QString::fromUtf8("li1 •|\nli1 •|b");
    QTest::newRow("quote") << "> a"
                           << "quote|a";
    QTest::newRow("rule") << "a\n\n***\n\nb"
                          << "p|a\nrule|\np|b";
    QTest::newRow("link") << "[a](https://e.org/?x=1&y=\"2\")"
                          << "p|<a href=\"https://e.org/?x=1&amp;y=&quot;2&quot;\">a</a>";
    QTest::newRow("autolink") << "see https://e.org."
                              << "p|see <a href=\"https://e.org\">https://e.org</a>.";
    QTest::newRow("other schemes are text") << "[a](javascript:b)"
                                            << "p|a (javascript:b)";
    QTest::newRow("image is text") << "![a](http://e.org/i.png)"
                                   << "p|a (http://e.org/i.png)";
    QTest::newRow("html is text") << "<b>x</b>"
                                  << "p|&lt;b&gt;x&lt;/b&gt;";
    QTest::newRow("entity") << "&lt;b&gt; &#x41; &hellip;" << QString::fromUtf8("p|&lt;b&gt; A …");
    QTest::newRow("reference is shown") << "[a]: https://e.org"
                                        << "p|[a]: <a href=\"https://e.org\">https://e.org</a>";
}

void MarkdownTest::blocks() {
    QFETCH(QString, markdown);
    QFETCH(QString, expected);
    QCOMPARE(describe(whole(markdown)), expected);
}

void MarkdownTest::tables() {
    const auto blocks = whole(QStringLiteral("| a | b |\n| :-: | --: |\n| <u> | `x` |"));
    QCOMPARE(blocks.size(), std::size_t(1));
    QCOMPARE(blocks[0].kind, int(MarkdownBlocks::Table));
    QCOMPARE(blocks[0].columns, 2);
    QCOMPARE(blocks[0].alignments, (QVariantList{1, 2}));
    QCOMPARE(blocks[0].cells.size(), 2);
    QCOMPARE(blocks[0].cells[1].toList(),
             (QVariantList{QStringLiteral("&lt;u&gt;"), QStringLiteral("<code>x</code>")}));
}

void MarkdownTest::hostileInputStaysText() {
    QStringList hostile = markdownSamples();
    hostile << QStringLiteral("<img src=x onerror=alert(1)>")
            << QStringLiteral("[x](https://e.org/\"><img src=http://evil>)")
            << QStringLiteral("`</code><img src='http://evil/'>`")
            << QStringLiteral("| <img src=a> |\n| --- |\n| ![x](http://evil) |")
            << QStringLiteral("[![x](http://evil/i.png)](https://e.org)")
            << QStringLiteral("# <h1 style='x'>") << QStringLiteral("[a](  https://e.org/<b>)")
            << QStringLiteral("<https://e.org/\"onclick=\"x>")
            << QStringLiteral("&#60;img src=http://evil&#62;")
            << QStringLiteral("[x](data:text/html,<script>)") << QStringLiteral("[x](HTTPS://E.org/a'b)")
            << QStringLiteral("<!-- x --> <?php ?> <![CDATA[ <b> ]]>");
    for (const QString& text : hostile) {
        for (const QString& html : allHtml(whole(text))) {
            QVERIFY2(onlyOurTags(html), qPrintable(text + QStringLiteral(" -> ") + html));
            // What Qt makes of it names no resource.
            QTextDocument document;
            document.setHtml(html);
            QVERIFY(!document.toPlainText().contains(QChar::ObjectReplacementCharacter));
        }
    }
}

void MarkdownTest::growingEqualsWhole_data() {
    QTest::addColumn<QString>("text");
    const QStringList samples = markdownSamples();
    for (int i = 0; i < samples.size(); ++i) QTest::addRow("%d", i) << samples[i];
    QTest::newRow("all") << samples.join(QLatin1String("\n\n"));
}

void MarkdownTest::growingEqualsWhole() {
    QFETCH(QString, text);
    for (const int step : {1, 3, 7}) {
        MarkdownBlocks growing;
        QAbstractItemModelTester tester(&growing, QAbstractItemModelTester::FailureReportingMode::QtTest);
        for (qsizetype at = 0; at < text.size(); at += step) {
            growing.append(text.mid(at, step));
            if (step > 1 || text.size() < 400)
                QCOMPARE(describe(growing.blocks()), describe(whole(text.left(at + step))));
        }
        QVERIFY(growing.blocks() == whole(text));
    }
}

void MarkdownTest::randomSoupEqualsWhole() {
    const quint32 seed = QRandomGenerator::global()->generate();
    qInfo("seed %u", seed);
    QRandomGenerator random(seed);
    static const QStringList bits = {"\n",   "\n\n", "- ",  "1. ", "2) ",   "  ",        "    ",
                                     "\t",   "```",  "~~~", "> ",  "# ",    "| a | b |", "|---|---|",
                                     "word", "*",    "**",  "`",   "[x]",   "[x]: ",     "(http://e.org)",
                                     "---",  "===",  "<b>", "\\",  "&amp;", "!",         "[ ] "};
    for (int round = 0; round < 300; ++round) {
        QString text;
        const int length = random.bounded(1, 60);
        for (int i = 0; i < length; ++i) text += bits[random.bounded(bits.size())];
        MarkdownBlocks growing;
        for (qsizetype at = 0; at < text.size();) {
            const int step = random.bounded(1, 9);
            growing.append(text.mid(at, step));
            at += step;
        }
        QVERIFY2(growing.blocks() == whole(text),
                 qPrintable(QStringLiteral("seed %1: %2").arg(seed).arg(text)));
        for (const QString& html : allHtml(growing.blocks())) QVERIFY2(onlyOurTags(html), qPrintable(text));
    }
}

void MarkdownTest::onlyTheEndChanges() {
    MarkdownBlocks blocks;
    blocks.append(QStringLiteral("First.\n\nSecond.\n\n```c\nint a;\n```\n\nThird"));
    QCOMPARE(blocks.count(), 4);
    QSignalSpy changed(&blocks, &MarkdownBlocks::dataChanged);
    QSignalSpy removed(&blocks, &MarkdownBlocks::rowsRemoved);
    QSignalSpy reset(&blocks, &MarkdownBlocks::modelReset);
    blocks.append(QStringLiteral(" goes on"));
    blocks.append(QStringLiteral(" and on.\n\nFourth"));
    QCOMPARE(blocks.count(), 5);
    QCOMPARE(removed.count(), 0);
    QCOMPARE(reset.count(), 0);
    QVERIFY(changed.count() > 0);
    for (const auto& arguments : changed) QVERIFY(arguments.at(0).toModelIndex().row() >= 3);
}

void MarkdownTest::longAnswersStayLinear_data() {
    QTest::addColumn<QString>("piece");
    QTest::newRow("paragraphs") << "A sentence of an answer that is long, with **bold** words.\n\n";
    QTest::newRow("tight list") << "- an item of a very long list\n";
    QTest::newRow("numbered list") << "1. an item of a very long list\n\n";
    QTest::newRow("code") << "```\nline\n```\n";
    QTest::newRow("one code block") << "    line of code without an end\n";
    QTest::newRow("one paragraph") << "words without any blank line ";
}

void MarkdownTest::longAnswersStayLinear() {
    QFETCH(QString, piece);
    const auto work = [&](int pieces) {
        MarkdownBlocks blocks;
        for (int i = 0; i < pieces; ++i) blocks.append(piece);
        blocks.flush();
        return double(blocks.parsedCharacters()) / double(blocks.text().size());
    };
    const double small = work(1000);
    const double large = work(8000);
    // Quadratic work would make the ratio eight times as large.
    QVERIFY2(large < small * 3 + 1,
             qPrintable(QStringLiteral("%1 and %2 parses a character").arg(small).arg(large)));
}

void MarkdownTest::absurdInputIsBounded() {
    QString table = QStringLiteral("|") + QStringLiteral("a|").repeated(3000) + QLatin1Char('\n') +
                    QLatin1Char('|') + QStringLiteral("-|").repeated(3000) + QLatin1Char('\n') +
                    QStringLiteral("|x\n").repeated(3000);
    const auto blocks = whole(table);
    qsizetype cells = 0;
    for (const MarkdownBlock& block : blocks) {
        for (const QVariant& row : block.cells) cells += row.toList().size();
    }
    QVERIFY(cells <= 20000);
    QVERIFY(whole(QString(50000, QLatin1Char('>'))).size() <= 50001);
    for (const MarkdownBlock& block : whole(QStringLiteral("> ").repeated(3000) + QStringLiteral("deep")))
        QVERIFY(block.quoteDepth <= 8);
    QVERIFY(!whole(QStringLiteral("[").repeated(20000)).empty());
    QVERIFY(!whole(QStringLiteral("*a_ ").repeated(20000)).empty());
    QVERIFY(!whole(QString(2'000'000, QLatin1Char('a'))).empty());
}

void MarkdownTest::replacingStartsAgain() {
    MarkdownBlocks blocks;
    blocks.setText(QStringLiteral("# A\n\nb"));
    blocks.setText(QStringLiteral("other"));
    QCOMPARE(describe(blocks.blocks()), QStringLiteral("p|other"));
    blocks.setText(QString());
    QCOMPARE(blocks.count(), 0);
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::MarkdownTest)
#include "test_markdown.moc"
