// What of an edited text is kept, what is new, and who wrote it.
#include <QtTest>

#include <QJsonArray>
#include <QRandomGenerator>

#include "app/gui/text_versions.h"

namespace kinglet::gui {

namespace {

storage::Message piece(qint64 id, qint64 parent, const char* text, bool model = false, int siblings = 1) {
    storage::Message message;
    message.id = id;
    message.parentId = parent;
    message.role = model ? storage::Role::Assistant : storage::Role::User;
    message.content = QString::fromUtf8(text);
    message.branchCount = siblings;
    return message;
}

/// One letter for who wrote each unit, e.g. "ppmm".
QString writers(qsizetype length, const QList<TextSpan>& spans) {
    QString letters(length, u'p');
    for (const TextSpan& span : spans) {
        for (qsizetype i = span.start; i < span.end(); ++i) letters[i] = u'm';
    }
    return letters;
}

}  // namespace

class TextVersionsTest : public QObject {
    Q_OBJECT
  private slots:
    void findsTheSmallestChange_data();
    void findsTheSmallestChange();
    void keepsWhatStands_data();
    void keepsWhatStands();
    void prefersThePathAndThenTheNewest();
    void countsVersions();
    void knowsWhoWroteWhat();
    void spansFollowEdits();
    void oddLineEnds();
};

void TextVersionsTest::findsTheSmallestChange_data() {
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    QTest::addColumn<QList<int>>("change");
    QTest::newRow("nothing") << "abc"
                             << "abc" << QList<int>{3, 0, 0};
    QTest::newRow("behind") << "abc"
                            << "abcd" << QList<int>{3, 0, 1};
    QTest::newRow("before") << "abc"
                            << "xabc" << QList<int>{0, 0, 1};
    QTest::newRow("within") << "abcd"
                            << "axxd" << QList<int>{1, 2, 2};
    QTest::newRow("all") << "abc"
                         << "" << QList<int>{0, 3, 0};
    QTest::newRow("from nothing") << ""
                                  << "abc" << QList<int>{0, 0, 3};
    QTest::newRow("twice the same letter") << "aa"
                                           << "aaa" << QList<int>{2, 0, 1};
}

void TextVersionsTest::findsTheSmallestChange() {
    QFETCH(QString, before);
    QFETCH(QString, after);
    QFETCH(QList<int>, change);
    const TextChange found = changeBetween(before, after);
    QCOMPARE(found.start, change[0]);
    QCOMPARE(found.removed, change[1]);
    QCOMPARE(found.added, change[2]);
}

void TextVersionsTest::keepsWhatStands_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QList<qint64>>("ids");
    QTest::addColumn<int>("length");
    using Ids = QList<qint64>;
    QTest::newRow("as it was") << "Once upon a time. The end" << Ids{1, 2, 3} << 25;
    QTest::newRow("written on") << "Once upon a time. The end?" << Ids{1, 2, 3} << 25;
    QTest::newRow("taken back") << "Once upon a time." << Ids{1, 2} << 17;
    QTest::newRow("cut within a piece") << "Once upon a time. The" << Ids{1, 2} << 17;
    QTest::newRow("changed in the middle") << "Once upon no time. The end" << Ids{1} << 5;
    QTest::newRow("changed at the beginning") << "ONCE upon a time. The end" << Ids{} << 0;
    QTest::newRow("another version") << "Once more. And again" << Ids{1, 4, 5} << 20;
    QTest::newRow("two versions mixed") << "Once more. The end" << Ids{1, 4} << 10;
    QTest::newRow("another beginning") << "Twice" << Ids{7} << 5;
    QTest::newRow("nothing") << "" << Ids{} << 0;
}

void TextVersionsTest::keepsWhatStands() {
    QFETCH(QString, text);
    QFETCH(QList<qint64>, ids);
    QFETCH(int, length);
    TextVersions versions;
    versions.add(piece(1, 0, "Once "));
    versions.add(piece(2, 1, "upon a time.", true));
    versions.add(piece(3, 2, " The end"));
    versions.add(piece(4, 1, "more.", true));
    versions.add(piece(5, 4, " And again", true));
    versions.add(piece(6, 4, "", true));  // an answer of nothing
    versions.add(piece(7, 0, "Twice"));
    const TextVersions::Match match = versions.match(text);
    QCOMPARE(match.ids, ids);
    QCOMPARE(match.length, length);
    QString whole;
    for (const storage::Message& message : versions.path(match.ids)) whole += message.content;
    QCOMPARE(whole, text.left(length));
}

void TextVersionsTest::prefersThePathAndThenTheNewest() {
    TextVersions versions;
    versions.add(piece(1, 0, "a"));
    versions.add(piece(2, 1, "b", true));
    versions.add(piece(3, 1, "b", true));
    versions.add(piece(4, 1, "bc", true));
    versions.add(piece(5, 3, "c"));
    QCOMPARE(versions.match(QStringLiteral("ab")).ids, (QList<qint64>{1, 3}));
    QCOMPARE(versions.match(QStringLiteral("ab"), {1, 2}).ids, (QList<qint64>{1, 2}));
    // As long by two pieces as by three: the way that is shown counts.
    QCOMPARE(versions.match(QStringLiteral("abcd"), {1, 4}).ids, (QList<qint64>{1, 4}));
    QCOMPARE(versions.match(QStringLiteral("abcd"), {1, 3, 5}).ids, (QList<qint64>{1, 3, 5}));
    // A long way is found in time that grows with the pieces only.
    QString text;
    for (int i = 0; i < 4000; ++i) {
        versions.add(piece(100 + i, i == 0 ? 0 : 99 + i, "x"));
        text += u'x';
    }
    QCOMPARE(versions.match(text).ids.size(), 4000);
}

void TextVersionsTest::countsVersions() {
    TextVersions versions;
    versions.add(piece(1, 0, "a"));
    versions.add(piece(2, 1, "b", true));
    versions.add(piece(3, 1, "c", true, 2));
    QCOMPARE(versions.find(2)->branchCount, 2);
    versions.add(piece(4, 1, "d", true, 3));
    QCOMPARE(versions.find(2)->branchCount, 3);
    QCOMPARE(versions.find(3)->branchCount, 3);
    QCOMPARE(versions.find(1)->branchCount, 1);
    // The same piece again, further written: still three.
    versions.add(piece(4, 1, "dd", true, 3));
    QCOMPARE(versions.find(4)->content, QStringLiteral("dd"));
    QCOMPARE(versions.find(4)->branchCount, 3);
    QCOMPARE(versions.find(9), nullptr);
}

void TextVersionsTest::knowsWhoWroteWhat() {
    TextVersions versions;
    versions.add(piece(1, 0, "ab"));
    versions.add(piece(2, 1, "cd", true));
    versions.add(piece(3, 2, "ef", true));
    storage::Message edited = piece(4, 3, "ghij");
    edited.settings = keptSpans({{0, 5}, {7, 1}, {9, 5}}, 6);
    versions.add(edited);
    QCOMPARE(writers(10, versions.spans({1, 2, 3, 4})), QStringLiteral("ppmmmmpmpm"));
    QCOMPARE(versions.spans({1, 2, 3}).size(), 1);
    QVERIFY(keptSpans({{0, 5}}, 6).isEmpty());
    // What a file claims is bounded.
    for (const QJsonArray& bad :
         {QJsonArray{-5, 99}, QJsonArray{3, -1}, QJsonArray{1e300, 1e300}, QJsonArray{QStringLiteral("x"), 1},
          QJsonArray{2, 2, 0, 4}, QJsonArray{1}}) {
        edited.settings = {{QStringLiteral("from_model"), bad}};
        versions.add(edited);
        qsizetype last = 0;
        for (const TextSpan& span : versions.spans({1, 2, 3, 4})) {
            QVERIFY(span.start >= last && span.length > 0 && span.end() <= 10);
            last = span.end();
        }
    }
}

void TextVersionsTest::spansFollowEdits() {
    const int given = qEnvironmentVariableIntValue("KINGLET_TEST_SEED");
    const quint32 seed = given ? quint32(given) : QRandomGenerator::global()->generate() & 0x7fffffff;
    qInfo("seed %u (KINGLET_TEST_SEED=%u repeats it)", seed, seed);
    QRandomGenerator random(seed);
    // Letters of the person's are small, those of the model capital: they tell afterwards who wrote what.
    QString text = QStringLiteral("abCDEFghIJ");
    QList<TextSpan> spans{{2, 4}, {8, 2}};
    for (int round = 0; round < 500; ++round) {
        const qsizetype start = random.bounded(int(text.size()) + 1);
        const qsizetype removed = random.bounded(int(std::min<qsizetype>(6, text.size() - start)) + 1);
        QString after = text;
        const QString typed(random.bounded(6), QChar(u'a' + random.bounded(26)));
        after.replace(start, removed, typed);
        spans = afterChange(spans, {start, removed, typed.size()});
        text = after;
        const QString who = writers(text.size(), spans);
        for (qsizetype i = 0; i < text.size(); ++i) QCOMPARE(who[i] == u'm', text[i].isUpper());
        const bool touches = !spans.isEmpty() && spans.last().end() == text.size();
        if (!touches && (text.size() < 4 || random.bounded(4) == 0)) {
            spans.append({text.size(), 3});
            text += QStringLiteral("XYZ");
        }
    }
}

void TextVersionsTest::oddLineEnds() {
    QCOMPARE(asShown(QStringLiteral("a\r\nb\n\rc")), QStringLiteral("a\nb\nc"));
    QCOMPARE(asShown(QString(u'a') + QChar::ParagraphSeparator + QChar::LineSeparator + QChar(0xfdd0)),
             QStringLiteral("a\n\n\n"));
    TextVersions versions;
    versions.add(piece(1, 0, "a\r\nb"));
    QCOMPARE(versions.match(QStringLiteral("a\nbc")).length, 3);
}

}  // namespace kinglet::gui

QTEST_GUILESS_MAIN(kinglet::gui::TextVersionsTest)
#include "test_text_versions.moc"
