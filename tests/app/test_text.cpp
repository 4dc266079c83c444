// A text that a person and a completion model write: with a scripted engine, and a real database that is
// there again after a restart.
#include "app/gui/fitting_text.h"
#include "app/gui/text_page.h"
#include "tests/app/app_fixture.h"

namespace kinglet::gui {

namespace {

const QString kTale = QStringLiteral("/models/tale.gguf");
const QString kTalker = QStringLiteral("/models/talker.gguf");

/// A completion model and one that chats; the former is loaded at the start.
void bothModels(FakeEngine& engine) {
    ModelFacts facts;
    facts.path = kTale;
    facts.name = QStringLiteral("Tale");
    facts.chatTemplate = QStringLiteral("none");
    facts.contextLength = 512;
    engine.setModel(facts);
    facts.path = kTalker;
    facts.name = QStringLiteral("Talker");
    facts.chatTemplate = QStringLiteral("file");
    engine.setModel(facts);
}

/// One letter for who wrote each unit.
QString writers(const TextPage& page) {
    QString letters(page.text().size(), u'p');
    for (const TextSpan& span : page.modelSpans()) {
        for (qsizetype i = span.start; i < span.end(); ++i) letters[i] = u'm';
    }
    return letters;
}

}  // namespace

class TextTest : public QObject {
    Q_OBJECT
  private slots:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }
    void goesOn();
    void editsBranch();
    void anotherContinuation();
    void takenBackIsShownNoMore();
    void draftsAreKept();
    void followsTheModelUntilItBegins();
    void staysWhatItIs();
    void stopKeepsThePart();
    void comesBackWhileAnotherIsWritten();
    void nothingMoreToSay();
    void failuresLeaveTheText();
    void theBeginningIsLeftOutKnowingly();
    void deletedAndBroughtBack();
    void cutsAtAGoodPlace();

  private:
    AppRun open() { return AppRun(folder_->path(), kTale, bothModels); }
    std::unique_ptr<QTemporaryDir> folder_;
};

/// Waits until the page can be worked with.
static bool ready(AppRun& run) {
    return run.waitReady() && QTest::qWaitFor([&] {
               return run.app().model()->state() == ModelStatus::Ready && !run.chat().generating() &&
                      !run.chat().loading();
           });
}

static bool goOn(AppRun& run, const char* text, const char* more) {
    run.engine().enqueue({QString::fromUtf8(more)});
    run.chat().textPage()->setText(QString::fromUtf8(text));
    return run.chat().textPage()->goOn() && run.waitIdle();
}

void TextTest::goesOn() {
    QString text;
    QString marks;
    {
        AppRun run = open();
        QVERIFY(ready(run));
        QVERIFY(run.chat().isText());
        TextPage& page = *run.chat().textPage();
        QVERIFY(run.chat().isEmpty());
        QVERIFY(!page.canGoOn());
        QVERIFY(!page.goOn());
        QVERIFY(goOn(run, "Once upon", "\n a time <think>"));
        QCOMPARE(page.text(), QStringLiteral("Once upon\n a time <think>"));
        QCOMPARE(writers(page), QString(9, u'p') + QString(16, u'm'));
        QCOMPARE(run.chat().title(), QStringLiteral("Once upon"));
        QCOMPARE(run.messages().count(), 0);
        QVERIFY(run.engine().generateRequests.last().turns.isEmpty());
        QCOMPARE(*run.engine().generateRequests.last().text, QStringLiteral("Once upon"));

        // Nothing new: the model goes on from what it wrote.
        run.engine().enqueue({QStringLiteral(" there was")});
        QVERIFY(page.goOn());
        QVERIFY(run.waitIdle());
        QCOMPARE(*run.engine().generateRequests.last().text, QStringLiteral("Once upon\n a time <think>"));
        QVERIFY(goOn(run, "Once upon\n a time <think> there was a wren.", " It sang."));
        QCOMPARE(page.text(), QStringLiteral("Once upon\n a time <think> there was a wren. It sang."));
        QCOMPARE(writers(page), QString(9, u'p') + QString(26, u'm') + QString(8, u'p') + QString(9, u'm'));
        QCOMPARE(page.versionCount(), 1);

        text = page.text();
        marks = writers(page);
    }
    AppRun again = open();
    QVERIFY(ready(again));
    again.chats().openChat(again.chats().index(0).data(ChatListModel::ChatIdRole).toString());
    QTRY_COMPARE(again.chat().textPage()->text(), text);
    QVERIFY(again.chat().isText());
    QCOMPARE(writers(*again.chat().textPage()), marks);
}

void TextTest::editsBranch() {
    AppRun run = open();
    QVERIFY(ready(run));
    TextPage& page = *run.chat().textPage();
    QVERIFY(goOn(run, "Once", " upon a time"));
    QVERIFY(goOn(run, "Once upon a time, a wren", " sang."));
    // A word of the model's is changed: what the model wrote around it is still told apart.
    QVERIFY(goOn(run, "Once upon a TIME, a wren sang.", " And slept."));
    QCOMPARE(*run.engine().generateRequests.last().text, QStringLiteral("Once upon a TIME, a wren sang."));
    const QString marks = QStringLiteral("ppppmmmmmmmmppppppppppppmmmmmmmmmmmmmmmmm");
    QCOMPARE(writers(page), marks);
    QCOMPARE(page.versionCount(), 2);
    QCOMPARE(page.versionIndex(), 2);
    page.selectVersion(-1);
    QTRY_COMPARE(page.text(), QStringLiteral("Once upon a time, a wren sang."));
    QCOMPARE(page.versionIndex(), 1);
    page.selectVersion(1);
    QTRY_COMPARE(page.text(), QStringLiteral("Once upon a TIME, a wren sang. And slept."));
    QCOMPARE(writers(page), marks);
    // While an edit is not saved, no version can take it from the page.
    page.setText(page.text() + QStringLiteral(" x"));
    QCOMPARE(page.versionCount(), 1);
    QVERIFY(!page.canTryAnother());
}

void TextTest::anotherContinuation() {
    AppRun run = open();
    QVERIFY(ready(run));
    TextPage& page = *run.chat().textPage();
    QVERIFY(!page.canTryAnother());
    QVERIFY(goOn(run, "The king", " had a secret."));
    run.engine().enqueue({QStringLiteral(" was tired."), 4});
    QVERIFY(page.canTryAnother());
    QVERIFY(page.tryAnother());
    QTRY_COMPARE(page.text(), QStringLiteral("The king was"));
    run.engine().release();
    QVERIFY(run.waitIdle());
    QCOMPARE(page.text(), QStringLiteral("The king was tired."));
    QCOMPARE(*run.engine().generateRequests.last().text, QStringLiteral("The king"));
    QCOMPARE(page.versionIndex(), 2);
    QCOMPARE(page.versionCount(), 2);
    page.selectVersion(-1);
    QTRY_COMPARE(page.text(), QStringLiteral("The king had a secret."));
    // Ctrl+R and the window's own names for it.
    run.engine().enqueue({QStringLiteral(" slept.")});
    run.chat().regenerate(run.chat().lastAnswerId());
    QVERIFY(run.waitIdle());
    QTRY_COMPARE(page.text(), QStringLiteral("The king slept."));
    QCOMPARE(page.versionCount(), 3);
    QCOMPARE(page.versionIndex(), 3);
}

void TextTest::takenBackIsShownNoMore() {
    QString id;
    {
        AppRun run = open();
        QVERIFY(ready(run));
        QVERIFY(goOn(run, "A", " b"));
        QVERIFY(goOn(run, "A b", " c"));
        id = run.chat().chatId();
        // What undo does: the text is again what it was before.
        run.chat().textPage()->setText(QStringLiteral("A b"));
        QCOMPARE(run.chat().textPage()->versionCount(), 1);
    }
    AppRun run = open();
    QVERIFY(ready(run));
    run.chats().openChat(id);
    QTRY_COMPARE(run.chat().textPage()->text(), QStringLiteral("A b"));
    QVERIFY(run.chat().draft() == QStringLiteral("A b"));
    // What was taken back is a version of what comes in its place.
    run.engine().enqueue({QStringLiteral(" d")});
    QVERIFY(run.chat().textPage()->goOn());
    QVERIFY(run.waitIdle());
    QCOMPARE(run.chat().textPage()->text(), QStringLiteral("A b d"));
    QCOMPARE(run.chat().textPage()->versionCount(), 2);
    run.chat().textPage()->selectVersion(-1);
    QTRY_COMPARE(run.chat().textPage()->text(), QStringLiteral("A b c"));
    // Everything was taken away: the page is empty, and stays it.
    run.chat().textPage()->setText({});
    run.chats().newChat();
    QTRY_COMPARE(run.chat().chatId(), QString());
    run.chats().openChat(id);
    QTRY_COMPARE(run.chat().chatId(), id);
    QTRY_VERIFY(!run.chat().loading());
    QCOMPARE(run.chat().textPage()->text(), QString());
}

void TextTest::draftsAreKept() {
    QString id;
    {
        AppRun run = open();
        QVERIFY(ready(run));
        QVERIFY(goOn(run, "A", " b"));
        id = run.chat().chatId();
        run.chat().textPage()->setText(QStringLiteral("A b and more"));
        // Closed before the timer that saves drafts.
    }
    {
        AppRun run = open();
        QVERIFY(ready(run));
        // A text that has not begun is a draft as well.
        run.chat().textPage()->setText(QStringLiteral("Not begun"));
        run.chats().openChat(id);
        QTRY_COMPARE(run.chat().textPage()->text(), QStringLiteral("A b and more"));
        QCOMPARE(writers(*run.chat().textPage()), QStringLiteral("pmmppppppppp"));
        run.chats().newChat();
        QTRY_COMPARE(run.chat().textPage()->text(), QStringLiteral("Not begun"));
        run.chats().openChat(id);
        QTRY_COMPARE(run.chat().textPage()->text(), QStringLiteral("A b and more"));
        QVERIFY(goOn(run, "A b and more", "!"));
    }
    AppRun run = open();
    QVERIFY(ready(run));
    run.chats().openChat(id);
    QTRY_COMPARE(run.chat().textPage()->text(), QStringLiteral("A b and more!"));
}

void TextTest::followsTheModelUntilItBegins() {
    AppRun run = open();
    QVERIFY(ready(run));
    run.chat().textPage()->setText(QStringLiteral("Hello"));
    run.app().model()->load(kTalker);
    QTRY_VERIFY(!run.chat().isText());
    QCOMPARE(run.chat().draft(), QStringLiteral("Hello"));
    run.app().model()->load(kTale);
    QTRY_VERIFY(run.chat().isText());
    QCOMPARE(run.chat().textPage()->text(), QStringLiteral("Hello"));
}

void TextTest::staysWhatItIs() {
    AppRun run = open();
    QVERIFY(ready(run));
    QVERIFY(goOn(run, "A tale", " begins"));
    const QString text = run.chat().chatId();
    run.app().model()->load(kTalker);
    QTRY_COMPARE(run.app().model()->state(), ModelStatus::Ready);
    QVERIFY(run.chat().isText());
    QVERIFY(goOn(run, "A tale begins", " again"));
    QCOMPARE(*run.engine().generateRequests.last().text, QStringLiteral("A tale begins"));
    run.chats().newChat();
    QTRY_VERIFY(!run.chat().isText());
    QVERIFY(run.ask(QStringLiteral("Hi")));
    QCOMPARE(run.engine().generateRequests.last().turns.size(), 1);
    QVERIFY(!run.engine().generateRequests.last().text);
    run.app().model()->load(kTale);
    QTRY_COMPARE(run.app().model()->state(), ModelStatus::Ready);
    QVERIFY(!run.chat().isText());
    QVERIFY(run.app().model()->formatNote().contains(QStringLiteral("not made to chat")));
    QVERIFY(run.ask(QStringLiteral("And now?")));
    QCOMPARE(run.engine().generateRequests.last().turns.size(), 3);
    run.chats().openChat(text);
    QTRY_VERIFY(run.chat().isText());
    QCOMPARE(run.chat().textPage()->text(), QStringLiteral("A tale begins again"));
    run.chats().newChat();
    QTRY_VERIFY(run.chat().isText() && run.chat().isEmpty());
}

void TextTest::stopKeepsThePart() {
    AppRun run = open();
    QVERIFY(ready(run));
    TextPage& page = *run.chat().textPage();
    run.engine().enqueue({QStringLiteral(" kept and not"), 5});
    QVERIFY(page.begin(QStringLiteral("This is")));
    QTRY_COMPARE(page.text(), QStringLiteral("This is kept"));
    QVERIFY(!page.canGoOn());
    // Another chat is opened meanwhile, and this one again.
    const QString id = run.chat().chatId();
    run.chats().newChat();
    QTRY_VERIFY(run.chat().isEmpty());
    run.chats().openChat(id);
    QTRY_COMPARE(page.text(), QStringLiteral("This is kept"));
    QVERIFY(run.chat().generating());
    QCOMPARE(writers(page), QStringLiteral("pppppppmmmmm"));
    run.chat().stop();
    QVERIFY(run.waitIdle());
    QCOMPARE(page.text(), QStringLiteral("This is kept"));
    QVERIFY(page.canGoOn());
    QVERIFY(page.canTryAnother());
    QCOMPARE(page.errorTitle(), QString());
}

void TextTest::comesBackWhileAnotherIsWritten() {
    AppRun run = open();
    QVERIFY(ready(run));
    TextPage& page = *run.chat().textPage();
    QVERIFY(goOn(run, "The bird", " flew."));
    const QString id = run.chat().chatId();
    FakeAnswer slow{QStringLiteral(" sang.")};
    slow.holdPrompt = true;
    run.engine().enqueue(slow);
    QVERIFY(page.tryAnother());
    QTRY_COMPARE(run.chat().phase(), Conversation::ReadingPrompt);
    run.chats().newChat();
    QTRY_VERIFY(run.chat().isEmpty());
    run.chats().openChat(id);
    // The last one stays on the page until the other has its first word.
    QTRY_COMPARE(page.text(), QStringLiteral("The bird flew."));
    QVERIFY(run.chat().generating());
    run.engine().release();
    QVERIFY(run.waitIdle());
    QCOMPARE(page.text(), QStringLiteral("The bird sang."));
    QCOMPARE(writers(page), QStringLiteral("ppppppppmmmmmm"));
    QCOMPARE(page.versionCount(), 2);
}

void TextTest::nothingMoreToSay() {
    AppRun run = open();
    QVERIFY(ready(run));
    TextPage& page = *run.chat().textPage();
    QVERIFY(goOn(run, "The end.", ""));
    QCOMPARE(page.text(), QStringLiteral("The end."));
    QVERIFY(!page.note().isEmpty());
    QCOMPARE(page.errorTitle(), QString());
    QVERIFY(goOn(run, "The end. Or not", "?"));
    QCOMPARE(page.text(), QStringLiteral("The end. Or not?"));
    QVERIFY(page.note().isEmpty());
}

void TextTest::failuresLeaveTheText() {
    AppRun run = open();
    QVERIFY(ready(run));
    TextPage& page = *run.chat().textPage();
    QVERIFY(goOn(run, "One", " two"));
    FakeAnswer bad;
    Failure failure;
    failure.kind = FailureKind::Other;
    failure.message = QStringLiteral("It broke.");
    bad.failure = failure;
    run.engine().enqueue(bad);
    QVERIFY(page.tryAnother());
    QVERIFY(run.waitIdle());
    QCOMPARE(page.text(), QStringLiteral("One two"));
    QVERIFY(page.errorText().contains(QStringLiteral("It broke.")));
    QCOMPARE(page.errorAction(), QStringLiteral("retry"));
    run.engine().enqueue({QStringLiteral(" three")});
    run.chat().errorAction({}, page.errorAction());
    QVERIFY(run.waitIdle());
    // It was another continuation that had been asked for.
    QCOMPARE(page.text(), QStringLiteral("One three"));
    QCOMPARE(page.errorTitle(), QString());
    QCOMPARE(page.versionCount(), 2);
}

void TextTest::theBeginningIsLeftOutKnowingly() {
    AppRun run = open();
    QVERIFY(ready(run));
    TextPage& page = *run.chat().textPage();
    run.chat().setContextLength(64);
    const QString long_ = QStringLiteral("word ").repeated(60);
    page.setText(long_);
    QVERIFY(page.goOn());
    QVERIFY(run.waitIdle());
    QCOMPARE(page.text(), long_);
    QVERIFY(page.errorTitle().contains(QStringLiteral("longer than")));
    QCOMPARE(page.errorAction(), QStringLiteral("longerContext"));
    QCOMPARE(page.secondAction(), QStringLiteral("leaveOut"));
    QCOMPARE(page.unseenLength(), 0);
    run.engine().enqueue({QStringLiteral("end.")});
    run.chat().errorAction({}, page.secondAction());
    QVERIFY(run.waitIdle());
    QCOMPARE(page.text(), long_ + QStringLiteral("end."));
    const int unseen = page.unseenLength();
    QCOMPARE(unseen, 300 - 64 * 4 * 3 / 4);
    // The model begins where it began before: what it has computed stays of use.
    run.engine().enqueue({QStringLiteral(" More.")});
    QVERIFY(page.goOn());
    QVERIFY(run.waitIdle());
    QCOMPARE(*run.engine().generateRequests.last().text, (long_ + QStringLiteral("end.")).mid(unseen));
    QCOMPARE(page.unseenLength(), unseen);
    // Kept with the chat; an edit of what is not seen begins anew.
    const QString id = run.chat().chatId();
    run.chats().newChat();
    QTRY_VERIFY(run.chat().isEmpty());
    run.chats().openChat(id);
    QTRY_COMPARE(page.unseenLength(), unseen);
    page.setText(QStringLiteral("x") + page.text());
    QCOMPARE(page.unseenLength(), 0);
    // And a page that was emptied has nothing that is not seen, whatever is written on it then.
    run.chat().textPage()->setText(long_ + QStringLiteral("end. More."));
    QVERIFY(page.goOn());
    QVERIFY(run.waitIdle());
    QVERIFY(page.unseenLength() > 0);
    page.setText({});
    page.setText(QStringLiteral("Anew"));
    QCOMPARE(page.unseenLength(), 0);
}

void TextTest::deletedAndBroughtBack() {
    AppRun run = open();
    QVERIFY(ready(run));
    QVERIFY(goOn(run, "Gone", " and back"));
    run.chats().remove(run.chat().chatId());
    QTRY_VERIFY(run.chat().isEmpty());
    QVERIFY(run.chat().isText());
    run.app().runNoticeAction(run.lastNoticeId());
    QTRY_COMPARE(run.chat().textPage()->text(), QStringLiteral("Gone and back"));
}

void TextTest::cutsAtAGoodPlace() {
    const auto letters = [](const QString& text) { return static_cast<std::size_t>(text.size()); };
    QString text;
    for (int i = 0; i < 40; ++i) text += QStringLiteral("word%1 ").arg(i);
    const qsizetype word = fittingStart(text, 100, letters);
    QVERIFY(text.size() - word <= 100 && text.size() - word >= 60);
    QCOMPARE(text[word - 1], QChar(u' '));
    text[text.size() - 90] = u'\n';
    QCOMPARE(fittingStart(text, 100, letters), text.size() - 89);
    // Without any place, anywhere; and something always stays.
    const QString birds = QString::fromUtf8("🐦").repeated(50);
    const qsizetype between = fittingStart(birds, 40, letters);
    QVERIFY(birds[between].isHighSurrogate());
    QCOMPARE(fittingStart(QStringLiteral("abc"), 0, letters), 2);
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::TextTest)
#include "test_text.moc"
