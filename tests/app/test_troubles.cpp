// What goes wrong, and what a person is told and can do.
#include <QDir>
#include <QFile>

#include "tests/app/app_fixture.h"

namespace kinglet::gui {

namespace {

Failure failureOf(FailureKind kind, const char* message) {
    Failure failure;
    failure.kind = kind;
    failure.message = QLatin1String(message);
    return failure;
}

QStringList actions(AppRun& run, int row) {
    return {run.at(row, MessageListModel::ErrorActionRole).toString(),
            run.at(row, MessageListModel::SecondActionRole).toString()};
}

}  // namespace

class TroublesTest : public QObject {
    Q_OBJECT
  private slots:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }
    void withoutAModel();
    void brokenModel();
    void brokenModelWhileItIsNeeded();
    void failureAfterSomeText();
    void outOfMemory();
    void overflowIsAnnounced();
    void overflowOfOneMessage();
    void contextFullInTheMiddle();
    void longestAnswerIsNoted();
    void deletedChatComesBack();
    void everythingIsDeletedAndTakenBack();
    void switchingModelsStopsTheAnswer();
    void corruptDatabase();
    void newerDatabase();
    void exportAndImport();

  private:
    QString path() const { return folder_->path(); }
    std::unique_ptr<QTemporaryDir> folder_;
};

void TroublesTest::withoutAModel() {
    AppRun run(path(), {});
    QVERIFY(!run.chat().canSend());
    QVERIFY(!run.chat().sendBlockedReason().isEmpty());
    QVERIFY(!run.chat().send(QStringLiteral("hello")));
    run.app().models()->load(QStringLiteral("/models/x.gguf"));
    QTRY_COMPARE(run.app().model()->state(), ModelStatus::Ready);
    QVERIFY(run.chat().canSend());
    QVERIFY(run.ask(QStringLiteral("hello")));
}

void TroublesTest::brokenModel() {
    AppRun run(path(), {}, [](FakeEngine& engine) {
        engine.setLoadFailure(QStringLiteral("/models/bad.gguf"),
                              failureOf(FailureKind::ModelFile, "bad.gguf is cut short."));
    });
    run.app().models()->load(QStringLiteral("/models/bad.gguf"));
    QTRY_COMPARE(run.app().model()->state(), ModelStatus::Failed);
    QCOMPARE(run.app().model()->fileName(), QStringLiteral("bad.gguf"));
    QVERIFY(run.app().model()->problemText().contains(QStringLiteral("cut short")));
    // It is told where the person looks, too, and goes away with the next model.
    QCOMPARE(run.messages().count(), 1);
    QVERIFY(run.at(0, MessageListModel::IsErrorRole).toBool());
    QCOMPARE(actions(run, 0), (QStringList{QStringLiteral("switcher"), QStringLiteral("reveal")}));
    QSignalSpy pages(&run.app(), &AppContext::pageRequested);
    run.chat().errorAction(run.id(0), QStringLiteral("switcher"));
    QCOMPARE(pages.count(), 1);
    QCOMPARE(pages.first().first().toString(), QStringLiteral("switcher"));
    run.app().models()->load(QStringLiteral("/models/good.gguf"));
    QTRY_COMPARE(run.app().model()->state(), ModelStatus::Ready);
    QCOMPARE(run.messages().count(), 0);
}

void TroublesTest::brokenModelWhileItIsNeeded() {
    {
        AppRun first(path());
        QVERIFY(first.ask(QStringLiteral("hi")));
    }
    AppRun run(path(), {}, [](FakeEngine& engine) {
        engine.setLoadFailure(QStringLiteral("/models/fake.gguf"),
                              failureOf(FailureKind::ModelFile, "fake.gguf is gone."));
    });
    QVERIFY(run.ask(QStringLiteral("again")));
    QCOMPARE(run.messages().count(), 2);
    QCOMPARE(run.text(0), QStringLiteral("again"));
    QCOMPARE(run.at(1, MessageListModel::ErrorTextRole).toString(), QStringLiteral("fake.gguf is gone."));
    run.app().models()->load(QStringLiteral("/models/other.gguf"));
    QTRY_COMPARE(run.app().model()->state(), ModelStatus::Ready);
    run.chat().retry();
    QTRY_COMPARE(run.text(1), QStringLiteral("You said: again"));
    QVERIFY(run.waitIdle());
    QCOMPARE(run.messages().count(), 2);
    QCOMPARE(run.at(1, MessageListModel::BranchCountRole).toInt(), 1);
}

void TroublesTest::failureAfterSomeText() {
    AppRun run(path());
    FakeAnswer answer{QStringLiteral("So far so good")};
    answer.failure = failureOf(FailureKind::Other, "The engine gave up.");
    run.engine().enqueue(answer);
    QVERIFY(run.ask(QStringLiteral("q")));
    QCOMPARE(run.text(1), QStringLiteral("So far so good"));
    QVERIFY(run.at(1, MessageListModel::IsErrorRole).toBool());
    QCOMPARE(run.at(1, MessageListModel::ErrorTextRole).toString(), QStringLiteral("The engine gave up."));
    const QString id = run.chat().chatId();
    run.chats().newChat();
    run.chats().openChat(id);
    QTRY_COMPARE(run.messages().count(), 2);
    QCOMPARE(run.at(1, MessageListModel::ErrorTextRole).toString(), QStringLiteral("The engine gave up."));
    run.chat().errorAction(run.id(1), run.at(1, MessageListModel::ErrorActionRole).toString());
    QTRY_COMPARE(run.text(1), QStringLiteral("You said: q"));
}

void TroublesTest::outOfMemory() {
    AppRun run(path());
    FakeAnswer answer;
    answer.failure = failureOf(FailureKind::OutOfMemory, "There is no room.");
    run.engine().enqueue(answer);
    QVERIFY(run.ask(QStringLiteral("q")));
    QCOMPARE(run.messages().count(), 2);
    QCOMPARE(actions(run, 1), (QStringList{QStringLiteral("switcher"), QStringLiteral("shorterContext")}));
    const int before = run.chat().contextLimit();
    run.chat().errorAction(run.id(1), QStringLiteral("shorterContext"));
    QVERIFY(run.waitIdle());
    QCOMPARE(run.engine().generateRequests.last().contextLength, before / 2);
    QCOMPARE(run.text(1), QStringLiteral("You said: q"));
}

void TroublesTest::overflowIsAnnounced() {
    AppRun run(path());
    run.chat().setContextLength(256);
    const QString filler = QString(300, QLatin1Char('x'));
    for (int i = 0; i < 1; ++i) QVERIFY(run.ask(filler));
    QTRY_COMPARE(run.chat().contextLimit(), 256);
    QVERIFY(run.ask(filler));
    // Nothing was computed and nothing was cut: the person chooses.
    const int last = run.messages().count() - 1;
    QCOMPARE(run.at(last, MessageListModel::AuthorRole).toInt(), int(MessageListModel::Notice));
    QCOMPARE(actions(run, last), (QStringList{QStringLiteral("longerContext"), QStringLiteral("leaveOut")}));
    QVERIFY(!run.engine().generateRequests.last().mayDropOldest);
    run.chat().errorAction(run.id(last), QStringLiteral("leaveOut"));
    QVERIFY(run.waitIdle());
    QVERIFY(run.engine().generateRequests.last().mayDropOldest);
    QCOMPARE(run.messages().count(), 4);
    QVERIFY(!run.at(0, MessageListModel::InContextRole).toBool());
    QVERIFY(!run.at(1, MessageListModel::InContextRole).toBool());
    QVERIFY(run.at(2, MessageListModel::InContextRole).toBool());
    QCOMPARE(run.messages().boundaryRow(), 2);
    // What is left out stays left out, and stays in the transcript, after a restart of the chat as well.
    const QString id = run.chat().chatId();
    run.chats().newChat();
    run.chats().openChat(id);
    QTRY_COMPARE(run.messages().count(), 4);
    QCOMPARE(run.messages().boundaryRow(), 2);
}

void TroublesTest::overflowOfOneMessage() {
    AppRun run(path());
    run.chat().setContextLength(256);
    QVERIFY(run.ask(QString(3000, QLatin1Char('x'))));
    run.chat().errorAction(run.id(1), QStringLiteral("leaveOut"));
    QVERIFY(run.waitIdle());
    QCOMPARE(run.messages().count(), 2);
    QCOMPARE(run.at(1, MessageListModel::ErrorActionRole).toString(), QStringLiteral("longerContext"));
    run.chat().errorAction(run.id(1), QStringLiteral("longerContext"));
    QVERIFY(run.waitIdle());
    QVERIFY(run.chat().contextLength() >= 1024);
    QVERIFY(run.text(1).startsWith(QStringLiteral("You said: ")));
}

void TroublesTest::contextFullInTheMiddle() {
    AppRun run(path());
    FakeAnswer answer{QStringLiteral("It ends he")};
    answer.finishReason = QStringLiteral("context_full");
    run.engine().enqueue(answer);
    QVERIFY(run.ask(QStringLiteral("q")));
    QCOMPARE(run.text(1), QStringLiteral("It ends he"));
    QVERIFY(run.at(1, MessageListModel::IsErrorRole).toBool());
    QVERIFY(actions(run, 1).contains(QStringLiteral("leaveOut")));
}

void TroublesTest::longestAnswerIsNoted() {
    AppRun run(path());
    FakeAnswer answer{QStringLiteral("It ends he")};
    answer.finishReason = QStringLiteral("max_tokens");
    run.engine().enqueue(answer);
    QVERIFY(run.ask(QStringLiteral("q")));
    QVERIFY(!run.at(1, MessageListModel::IsErrorRole).toBool());
    QVERIFY(!run.at(1, MessageListModel::NoteTextRole).toString().isEmpty());
}

void TroublesTest::deletedChatComesBack() {
    AppRun run(path());
    QVERIFY(run.ask(QStringLiteral("keep me")));
    const QString id = run.chat().chatId();
    run.chats().rename(id, QStringLiteral("  A   new name "));
    QCOMPARE(run.chat().title(), QStringLiteral("A new name"));
    run.chats().remove(id);
    QCOMPARE(run.chats().count(), 0);
    QVERIFY(run.chat().chatId().isEmpty());
    QVERIFY(!run.lastNotice().isEmpty());
    run.app().runNoticeAction(run.lastNoticeId());
    QTRY_COMPARE(run.chats().count(), 1);
    QTRY_COMPARE(run.chat().chatId(), id);
    QCOMPARE(run.chat().title(), QStringLiteral("A new name"));
    QCOMPARE(run.texts().first(), QStringLiteral("keep me"));
    run.app().runNoticeAction(run.lastNoticeId());  // a second time it does nothing
    QCOMPARE(run.chats().count(), 1);
}

void TroublesTest::everythingIsDeletedAndTakenBack() {
    {
        AppRun run(path());
        QVERIFY(run.ask(QStringLiteral("first of two")));
        const QString first = run.chat().chatId();
        run.chats().newChat();
        QVERIFY(run.waitIdle());
        run.engine().enqueue({QStringLiteral("half of it, and the rest"), 10});
        run.chat().send(QStringLiteral("second of two"));
        QTRY_COMPARE(run.text(1), QStringLiteral("half of it"));
        run.app().settings()->setDefaultTemperature(1.5);
        run.app().settings()->setNewChatDraft(QStringLiteral("not sent yet"));
        QCOMPARE(run.chats().totalCount(), 2);

        run.app().deleteEverything();
        QTRY_COMPARE(run.lastNotice(), QStringLiteral("All chats and settings deleted"));
        QVERIFY(run.waitIdle());
        QCOMPARE(run.chats().totalCount(), 0);
        QVERIFY(run.chat().chatId().isEmpty());
        QCOMPARE(run.chat().draft(), QString());
        QCOMPARE(run.app().settings()->defaultTemperature(), 0.7);
        QCOMPARE(run.app().settings()->newChatDraft(), QString());

        run.app().runNoticeAction(run.lastNoticeId());
        QTRY_COMPARE(run.chats().totalCount(), 2);
        QCOMPARE(run.app().settings()->defaultTemperature(), 1.5);
        QCOMPARE(run.chat().draft(), QStringLiteral("not sent yet"));
        run.chats().openChat(first);
        QTRY_COMPARE(run.chat().chatId(), first);
        QTRY_COMPARE(run.text(0), QStringLiteral("first of two"));
        run.app().deleteEverything();
        QTRY_COMPARE(run.lastNotice(), QStringLiteral("All chats and settings deleted"));
        QCOMPARE(run.chats().totalCount(), 0);
    }
    AppRun again(path());
    QCOMPARE(again.chats().totalCount(), 0);
    QCOMPARE(again.app().settings()->defaultTemperature(), 0.7);
    QCOMPARE(again.chat().draft(), QString());
}

void TroublesTest::switchingModelsStopsTheAnswer() {
    AppRun run(path());
    run.engine().enqueue({QStringLiteral("half of it, and the rest"), 10});
    run.chat().send(QStringLiteral("q"));
    QTRY_COMPARE(run.text(1), QStringLiteral("half of it"));
    run.app().models()->load(QStringLiteral("/models/other.gguf"));
    QTRY_COMPARE(run.app().model()->state(), ModelStatus::Ready);
    QVERIFY(run.waitIdle());
    QCOMPARE(run.app().model()->name(), QStringLiteral("other"));
    QCOMPARE(run.text(1), QStringLiteral("half of it"));
    QVERIFY(run.at(1, MessageListModel::StoppedRole).toBool());
}

void TroublesTest::corruptDatabase() {
    const QString file = QDir(path()).filePath(QStringLiteral("kinglet.db"));
    QFile bad(file);
    QVERIFY(bad.open(QIODevice::WriteOnly));
    bad.write(QByteArray(8192, 'z'));
    bad.close();
    AppRun run(path());
    QVERIFY(run.app().databaseProblem());
    QCOMPARE(run.app().databaseProblem()->kind(), DatabaseProblem::Corrupt);
    QVERIFY(!run.app().databaseProblem()->message().isEmpty());
    QSignalSpy solved(&run.app(), &AppContext::databaseProblemChanged);
    run.app().databaseProblem()->startFresh();
    QTRY_COMPARE(solved.count(), 1);
    QVERIFY(!run.app().databaseProblem());
    QTRY_COMPARE(run.app().model()->state(), ModelStatus::Ready);
    QVERIFY(run.ask(QStringLiteral("works")));
    int kept = 0;
    for (const QFileInfo& info : QDir(path()).entryInfoList(QDir::Files)) {
        QFile old(info.filePath());
        if (old.open(QIODevice::ReadOnly) && old.read(4) == "zzzz") ++kept;
    }
    QCOMPARE(kept, 1);
}

void TroublesTest::newerDatabase() {
    { AppRun first(path()); }
    QFile file(QDir(path()).filePath(QStringLiteral("kinglet.db")));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.seek(60));  // user_version in SQLite's header
    file.write(QByteArray("\x00\x00\x7f\x00", 4));
    file.close();
    AppRun run(path());
    QVERIFY(run.app().databaseProblem());
    QCOMPARE(run.app().databaseProblem()->kind(), DatabaseProblem::Newer);
}

void TroublesTest::exportAndImport() {
    const QUrl zip = QUrl::fromLocalFile(QDir(path()).filePath(QStringLiteral("out.zip")));
    QString title;
    {
        AppRun run(path());
        QVERIFY(run.ask(QStringLiteral("to be: exported/?")));
        title = run.chat().title();
        QVERIFY(run.app().exportFileName(run.chat().chatId()).endsWith(QStringLiteral(".zip")));
        QVERIFY(!run.app().exportFileName(run.chat().chatId()).contains(QLatin1Char('/')));
        run.app().exportAllChats(zip);
        QTRY_VERIFY(!run.lastNotice().isEmpty());
        QVERIFY(QFile::exists(zip.toLocalFile()));
        run.app().importChats(zip);  // nothing new
        QTRY_VERIFY(run.lastNotice().contains(QStringLiteral("already")));
        QCOMPARE(run.chats().count(), 1);
    }
    QTemporaryDir other;
    AppRun run(other.path());
    run.app().openDroppedFiles({zip});
    QTRY_COMPARE(run.chats().count(), 1);
    QCOMPARE(run.chats().index(0).data(ChatListModel::TitleRole).toString(), title);
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::TroublesTest)
#include "test_troubles.moc"
