// A conversation as a person has it: with a scripted engine, and a real database that is there again after a
// restart.
#include <QAbstractItemModelTester>

#include "tests/app/app_fixture.h"

namespace kinglet::gui {

class ConversationTest : public QObject {
    Q_OBJECT
  private slots:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }
    void sendsAndStreams();
    void blankAndBlockedAreNotSent();
    void stopKeepsThePart();
    void stopBeforeTheFirstWord();
    void regenerateMakesASibling();
    void editMakesASibling();
    void thinkingIsApart();
    void answersGoOnInTheBackground();
    void settingsAreTheChatsOwn();
    void restartFindsEverything();
    void closingMidAnswerKeepsIt();
    void historyGoesToTheModel();
    void saysWhichChatFormatIsUsed();
    void suggestionsFitTheModel();

  private:
    QString path() const { return folder_->path(); }
    std::unique_ptr<QTemporaryDir> folder_;
};

void ConversationTest::sendsAndStreams() {
    AppRun run(path());
    QAbstractItemModelTester tester(&run.messages(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    QAbstractItemModelTester listTester(&run.chats(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    run.engine().setPace(0, 5);
    run.engine().enqueue({QStringLiteral("Hello **you**.\n\n```py\nx = 1\n```"), 9});
    QVERIFY(run.chat().isEmpty());
    QVERIFY(run.chat().chatId().isEmpty());
    run.chat().setDraft(QStringLiteral("hi"));
    QVERIFY(run.chat().send(QStringLiteral("Say hello to me, *please*.\nThanks.")));
    QVERIFY(run.chat().generating());
    QVERIFY(!run.chat().canSend());
    QCOMPARE(run.chat().draft(), QString());
    QTRY_COMPARE(run.chat().phase(), Conversation::Writing);
    QTRY_COMPARE(run.text(1), QStringLiteral("Hello **y"));
    QVERIFY(run.at(1, MessageListModel::StreamingRole).toBool());
    QCOMPARE(run.chats().count(), 1);
    QVERIFY(run.chats().index(0).data(ChatListModel::IsAnsweringRole).toBool());
    QTRY_VERIFY(run.id(1).toLongLong() > 0);
    auto* blocks = qobject_cast<MarkdownBlocks*>(run.at(1, MessageListModel::BlocksRole).value<QObject*>());
    QVERIFY(blocks);
    run.engine().release();
    QVERIFY(run.waitIdle());
    QCOMPARE(run.at(1, MessageListModel::BlocksRole).value<QObject*>(), blocks);
    QCOMPARE(blocks->count(), 2);
    QCOMPARE(run.messages().count(), 2);
    QCOMPARE(run.at(0, MessageListModel::AuthorRole).toInt(), int(MessageListModel::User));
    QCOMPARE(run.at(1, MessageListModel::AuthorRole).toInt(), int(MessageListModel::Assistant));
    QVERIFY(!run.at(1, MessageListModel::StreamingRole).toBool());
    QVERIFY(run.at(1, MessageListModel::TokensPerSecondRole).toDouble() > 0);
    QCOMPARE(run.at(1, MessageListModel::ModelNameRole).toString(), QStringLiteral("fake"));
    QCOMPARE(run.chat().title(), QStringLiteral("Say hello to me, please."));
    QVERIFY(run.chat().contextUsed() > 0);
    QVERIFY(run.chat().canSend());
    QTRY_VERIFY(!run.chat().contextMemoryText().isEmpty());
}

void ConversationTest::blankAndBlockedAreNotSent() {
    AppRun run(path());
    QVERIFY(!run.chat().send(QStringLiteral(" \n\t ")));
    run.engine().enqueue({QStringLiteral("long answer"), 3});
    QVERIFY(run.chat().send(QStringLiteral("one")));
    QVERIFY(!run.chat().send(QStringLiteral("two")));
    QVERIFY(!run.chat().sendBlockedReason().isEmpty());
    run.engine().release();
    QVERIFY(run.waitIdle());
    QCOMPARE(run.texts(), (QStringList{QStringLiteral("one"), QStringLiteral("long answer")}));
}

void ConversationTest::stopKeepsThePart() {
    AppRun run(path());
    run.engine().enqueue({QStringLiteral("This is kept and this is not."), 12});
    run.chat().send(QStringLiteral("go"));
    QTRY_COMPARE(run.text(1), QStringLiteral("This is kept"));
    run.chat().stop();
    QVERIFY(run.waitIdle());
    QCOMPARE(run.engine().cancelled.size(), 1);
    QCOMPARE(run.text(1), QStringLiteral("This is kept"));
    QVERIFY(run.at(1, MessageListModel::StoppedRole).toBool());
    QVERIFY(!run.at(1, MessageListModel::NoteTextRole).toString().isEmpty());
    QVERIFY(!run.at(1, MessageListModel::IsErrorRole).toBool());
}

void ConversationTest::stopBeforeTheFirstWord() {
    AppRun run(path());
    FakeAnswer slow{QStringLiteral("never")};
    slow.holdPrompt = true;
    run.engine().enqueue(slow);
    run.chat().send(QStringLiteral("go"));
    QTRY_COMPARE(run.chat().phase(), Conversation::ReadingPrompt);
    run.chat().stop();
    QVERIFY(run.waitIdle());
    // The message waits for an answer, and a button asks for one.
    QCOMPARE(run.messages().count(), 2);
    QCOMPARE(run.at(1, MessageListModel::AuthorRole).toInt(), int(MessageListModel::Notice));
    run.chat().errorAction(run.id(1), run.at(1, MessageListModel::ErrorActionRole).toString());
    QTRY_COMPARE(run.messages().count(), 2);
    QTRY_COMPARE(run.text(1), QStringLiteral("You said: go"));
}

void ConversationTest::regenerateMakesASibling() {
    AppRun run(path());
    run.engine().enqueue({QStringLiteral("first")});
    run.engine().enqueue({QStringLiteral("second")});
    QVERIFY(run.ask(QStringLiteral("q")));
    QVERIFY(run.ask(QStringLiteral("more")));
    QCOMPARE(run.messages().count(), 4);
    run.engine().enqueue({QStringLiteral("first again")});
    run.chat().regenerate(run.id(1));
    QVERIFY(run.waitIdle());
    QCOMPARE(run.texts(), (QStringList{QStringLiteral("q"), QStringLiteral("first again")}));
    QCOMPARE(run.at(1, MessageListModel::BranchIndexRole).toInt(), 2);
    QCOMPARE(run.at(1, MessageListModel::BranchCountRole).toInt(), 2);
    run.chat().selectBranch(run.id(1), -1);
    QTRY_COMPARE(run.messages().count(), 4);
    QCOMPARE(run.text(1), QStringLiteral("first"));
    QCOMPARE(run.text(3), QStringLiteral("second"));
    run.chat().selectBranch(run.id(1), 1);
    QTRY_COMPARE(run.messages().count(), 2);
    QCOMPARE(run.text(1), QStringLiteral("first again"));
}

void ConversationTest::editMakesASibling() {
    AppRun run(path());
    QVERIFY(run.ask(QStringLiteral("one")));
    QVERIFY(run.ask(QStringLiteral("two")));
    QCOMPARE(run.chat().editLast(), QStringLiteral("two"));
    QCOMPARE(run.chat().lastUserMessageId(), run.id(2));
    run.chat().edit(run.id(2), QStringLiteral("two, better"));
    QVERIFY(run.waitIdle());
    QCOMPARE(run.texts(),
             (QStringList{QStringLiteral("one"), QStringLiteral("You said: one"),
                          QStringLiteral("two, better"), QStringLiteral("You said: two, better")}));
    QCOMPARE(run.at(2, MessageListModel::BranchCountRole).toInt(), 2);
    run.chat().edit(run.id(0), QStringLiteral("another beginning"));
    QVERIFY(run.waitIdle());
    QCOMPARE(run.messages().count(), 2);
    QCOMPARE(run.at(0, MessageListModel::BranchIndexRole).toInt(), 2);
    run.chat().selectBranch(run.id(0), -1);
    QTRY_COMPARE(run.messages().count(), 4);
    QCOMPARE(run.text(2), QStringLiteral("two, better"));
}

void ConversationTest::thinkingIsApart() {
    AppRun run(path());
    run.engine().setPace(0, 3);
    run.engine().enqueue({QStringLiteral("<think>\nLet me see: 2 < 3.\n</think>\n\nIt is **three**.")});
    QVERIFY(run.ask(QStringLiteral("which is larger?")));
    QCOMPARE(run.text(1), QStringLiteral("It is **three**."));
    QCOMPARE(run.at(1, MessageListModel::ThinkingTextRole).toString(), QStringLiteral("Let me see: 2 < 3."));
    QVERIFY(run.at(1, MessageListModel::ThinkingSecondsRole).toInt() >= 1);
    // Thoughts are not sent back to the model.
    QVERIFY(run.ask(QStringLiteral("sure?")));
    QCOMPARE(run.engine().generateRequests.last().turns.at(1).content, QStringLiteral("It is **three**."));
}

void ConversationTest::answersGoOnInTheBackground() {
    AppRun run(path());
    run.engine().enqueue({QStringLiteral("a long story that goes on"), 6});
    run.chat().send(QStringLiteral("story"));
    QTRY_COMPARE(run.text(1), QStringLiteral("a long"));
    const QString first = run.chat().chatId();
    run.chats().newChat();
    QVERIFY(run.chat().isEmpty());
    QVERIFY(!run.chat().generating());
    QVERIFY(run.chats().index(0).data(ChatListModel::IsAnsweringRole).toBool());
    run.chats().openChat(first);
    QTRY_COMPARE(run.chat().chatId(), first);
    QCOMPARE(run.text(1), QStringLiteral("a long"));
    QVERIFY(run.chat().generating());
    run.chats().newChat();
    run.engine().release();
    QTRY_VERIFY(run.chats().index(0).data(ChatListModel::HasNewsRole).toBool());
    QVERIFY(!run.chats().index(0).data(ChatListModel::IsAnsweringRole).toBool());
    run.chats().openChat(first);
    QTRY_COMPARE(run.text(1), QStringLiteral("a long story that goes on"));
    QVERIFY(!run.chats().index(0).data(ChatListModel::HasNewsRole).toBool());
}

void ConversationTest::settingsAreTheChatsOwn() {
    AppRun run(path());
    run.chat().setTemperature(0.1);
    run.chat().setSystemPrompt(QStringLiteral("Be brief."));
    run.chat().setSeed(QStringLiteral("42"));
    QVERIFY(run.chat().settingsModified());
    QVERIFY(run.ask(QStringLiteral("one")));
    const GenerateRequest request = run.engine().generateRequests.last();
    QCOMPARE(request.turns.first().role, QStringLiteral("system"));
    QCOMPARE(request.turns.first().content, QStringLiteral("Be brief."));
    QCOMPARE(request.sampling.temperature, 0.1);
    QCOMPARE(request.sampling.seed.value_or(0), quint64(42));
    const QString first = run.chat().chatId();
    run.chats().newChat();
    QCOMPARE(run.chat().temperature(), run.app().settings()->defaultTemperature());
    run.app().settings()->setDefaultTemperature(1.5);
    QCOMPARE(run.chat().temperature(), 1.5);
    run.chats().openChat(first);
    QTRY_COMPARE(run.chat().temperature(), 0.1);
    run.chat().resetSettings();
    QCOMPARE(run.chat().temperature(), 1.5);
    QVERIFY(!run.chat().settingsModified());
}

void ConversationTest::restartFindsEverything() {
    QString first;
    {
        AppRun run(path());
        run.app().settings()->setTheme(Settings::Dark);
        QVERIFY(run.ask(QStringLiteral("Remember the kinglet")));
        first = run.chat().chatId();
        run.chat().setTopK(7);
        run.chat().setDraft(QStringLiteral("half a thought"));
        run.chats().newChat();
        QVERIFY(run.ask(QStringLiteral("Second chat")));
        run.chats().newChat();
        run.chat().setDraft(QStringLiteral("not sent yet"));
    }
    AppRun run(path(), {});
    QCOMPARE(run.app().settings()->theme(), Settings::Dark);
    QCOMPARE(run.app().settings()->lastModel(), QStringLiteral("/models/fake.gguf"));
    QCOMPARE(run.chats().count(), 2);
    QCOMPARE(run.chat().draft(), QStringLiteral("not sent yet"));
    QCOMPARE(run.chats().index(0).data(ChatListModel::TitleRole).toString(), QStringLiteral("Second chat"));
    run.chats().setFilter(QStringLiteral("KINGLET"));
    QCOMPARE(run.chats().count(), 1);
    run.chats().openChat(first);
    QTRY_COMPARE(run.messages().count(), 2);
    QCOMPARE(run.text(0), QStringLiteral("Remember the kinglet"));
    QCOMPARE(run.text(1), QStringLiteral("You said: Remember the kinglet"));
    QCOMPARE(run.chat().draft(), QStringLiteral("half a thought"));
    QCOMPARE(run.chat().topK(), 7);
    // No model is loaded: sending loads the one used last.
    QCOMPARE(run.app().model()->state(), ModelStatus::None);
    QVERIFY(run.chat().canSend());
    QVERIFY(run.ask(QStringLiteral("still there?")));
    QCOMPARE(run.text(3), QStringLiteral("You said: still there?"));
}

void ConversationTest::closingMidAnswerKeepsIt() {
    QString id;
    {
        AppRun run(path());
        run.engine().enqueue({QStringLiteral("As far as this and further"), 14});
        run.chat().send(QStringLiteral("go"));
        QTRY_COMPARE(run.text(1), QStringLiteral("As far as this"));
        QTRY_VERIFY(run.id(1).toLongLong() > 0);
        id = run.chat().chatId();
    }
    AppRun run(path());
    run.chats().openChat(id);
    QTRY_COMPARE(run.messages().count(), 2);
    QCOMPARE(run.text(1), QStringLiteral("As far as this"));
    QVERIFY(run.at(1, MessageListModel::StoppedRole).toBool());
}

void ConversationTest::historyGoesToTheModel() {
    AppRun run(path());
    QVERIFY(run.ask(QStringLiteral("one")));
    FakeAnswer broken;
    Failure failure;
    failure.kind = FailureKind::Other;
    failure.message = QStringLiteral("It broke.");
    broken.failure = failure;
    run.engine().enqueue(broken);
    QVERIFY(run.ask(QStringLiteral("two")));
    QVERIFY(run.ask(QStringLiteral("three")));
    QStringList roles;
    for (const Turn& turn : run.engine().generateRequests.last().turns)
        roles.append(turn.role + QLatin1Char(':') + turn.content);
    QCOMPARE(roles, (QStringList{QStringLiteral("user:one"), QStringLiteral("assistant:You said: one"),
                                 QStringLiteral("user:two\n\nthree")}));
}

void ConversationTest::saysWhichChatFormatIsUsed() {
    const auto note = [this](const char* chatTemplate, const QStringList& warnings) {
        AppRun run(path(), QStringLiteral("/models/tale.gguf"), [&](FakeEngine& engine) {
            ModelFacts facts;
            facts.path = QStringLiteral("/models/tale.gguf");
            facts.name = QStringLiteral("Tale");
            facts.chatTemplate = QLatin1String(chatTemplate);
            facts.warnings = warnings;
            facts.contextLength = 512;
            engine.setModel(facts);
        });
        return run.waitReady() ? run.app().model()->formatNote() : QStringLiteral("never ready");
    };
    const QStringList failed = {QStringLiteral("The model's own chat template does not work.")};
    QCOMPARE(note("file", {}), QString());
    QVERIFY(note("none", {}).contains(QStringLiteral("not made to chat")));
    QVERIFY(note("none", failed).contains(QStringLiteral("does not work")));
    QVERIFY(note("chatml", failed).contains(QStringLiteral("does not work")));
    QVERIFY(note("chatml", failed).contains(QStringLiteral("chatml")));
    QVERIFY(note("zephyr", {}).contains(QStringLiteral("no chat format")));
    QVERIFY(note("zephyr", {}).contains(QStringLiteral("zephyr")));
}

void ConversationTest::suggestionsFitTheModel() {
    AppRun run(path(), QStringLiteral("/models/tale.gguf"), [](FakeEngine& engine) {
        ModelFacts facts;
        facts.path = QStringLiteral("/models/tale.gguf");
        facts.name = QStringLiteral("Tale");
        facts.chatTemplate = QStringLiteral("none");
        facts.contextLength = 512;
        engine.setModel(facts);
    });
    QVERIFY(run.chat().modelLine().contains(QStringLiteral("Tale")));
    QVERIFY(run.chat().suggestions().size() >= 3);
    QVERIFY(run.chat().suggestions().first().startsWith(QStringLiteral("Once")));
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::ConversationTest)
#include "test_conversation.moc"
