#include "storage/chat_archive.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRandomGenerator>

#include "storage_test.h"
#include "zip_builder.h"

using namespace kinglet::storage;
using namespace kinglet::storage::testing;

namespace {

const QString chatUuid = QStringLiteral("11111111-1111-4111-8111-111111111111");
const QString messageUuid = QStringLiteral("22222222-2222-4222-8222-222222222222");
const QString answerUuid = QStringLiteral("33333333-3333-4333-8333-333333333333");
const QString someTime = QStringLiteral("2026-03-01T10:00:00.000Z");

QJsonObject goodManifest(const QString& uuid = chatUuid) {
    return {{QStringLiteral("format"), QStringLiteral("kinglet-chats")},
            {QStringLiteral("version"), 1},
            {QStringLiteral("chats"),
             QJsonArray{QJsonObject{{QStringLiteral("uuid"), uuid},
                                    {QStringLiteral("title"), QStringLiteral("T")},
                                    {QStringLiteral("data"), QStringLiteral("data/1.json")}}}}};
}

QJsonObject goodMessage(const QString& uuid, const QString& role) {
    return {{QStringLiteral("uuid"), uuid},
            {QStringLiteral("role"), role},
            {QStringLiteral("status"), QStringLiteral("complete")},
            {QStringLiteral("created"), someTime},
            {QStringLiteral("content"), QStringLiteral("text")}};
}

QJsonObject goodChat() {
    QJsonObject answer = goodMessage(answerUuid, QStringLiteral("assistant"));
    answer.insert(QStringLiteral("parent"), messageUuid);
    return {
        {QStringLiteral("format"), QStringLiteral("kinglet-chat")},
        {QStringLiteral("version"), 1},
        {QStringLiteral("uuid"), chatUuid},
        {QStringLiteral("title"), QStringLiteral("T")},
        {QStringLiteral("created"), someTime},
        {QStringLiteral("updated"), someTime},
        {QStringLiteral("messages"), QJsonArray{goodMessage(messageUuid, QStringLiteral("user")), answer}}};
}

QByteArray json(const QJsonObject& object) {
    return QJsonDocument(object).toJson();
}

QByteArray archiveOf(const QJsonObject& manifest, const QJsonObject& chat) {
    return buildZip({{"kinglet.json", json(manifest), true}, {"data/1.json", json(chat), true}});
}

/// A place with a database, its stores and an archive.
struct Home {
    explicit Home(const QTemporaryDir& folder, const char* name) {
        DatabaseOptions options = optionsIn(folder);
        options.path = folder.filePath(QString::fromLatin1(name));
        database = std::make_unique<Database>(options);
        opened = wait(database->open()).ok();
        chats = std::make_unique<ChatStore>(*database);
        archive = std::make_unique<ChatArchive>(*database);
    }
    ~Home() {
        archive.reset();
        chats.reset();
    }
    std::unique_ptr<Database> database;
    std::unique_ptr<ChatStore> chats;
    std::unique_ptr<ChatArchive> archive;
    bool opened = false;
};

/// Everything of a database that an archive carries, in a form that two databases can be compared in.
QStringList contentOf(Home& home) {
    QStringList lines;
    for (const ChatSummary& summary : need(home.chats->list())) {
        const Chat chat = need(home.chats->chat(summary.id));
        lines << QStringList{chat.uuid,
                             chat.title,
                             QString::number(int(chat.kind)),
                             chat.preview,
                             chat.created.toString(Qt::ISODateWithMs),
                             chat.updated.toString(Qt::ISODateWithMs),
                             chat.model,
                             chat.draft,
                             QString::fromUtf8(json(chat.settings))}
                     .join(u'|');
        QHash<qint64, QString> uuids;
        for (const Message& m : need(home.chats->messages(summary.id))) {
            uuids.insert(m.id, m.uuid);
            lines << QStringList{m.uuid,
                                 uuids.value(m.parentId),
                                 QString::number(int(m.role)),
                                 QString::number(int(m.status)),
                                 m.content,
                                 m.created.toString(Qt::ISODateWithMs),
                                 m.model,
                                 QString::fromUtf8(json(m.settings)),
                                 m.thinking,
                                 QString::number(m.thinkingSeconds),
                                 QString::number(m.promptTokens),
                                 QString::number(m.answerTokens),
                                 QString::number(m.tokensPerSecond),
                                 QString::number(m.firstTokenMs),
                                 QString::fromUtf8(json(m.error)),
                                 QString::number(m.branchIndex),
                                 QString::number(m.branchCount)}
                         .join(u'|');
        }
        lines << texts(need(home.chats->path(summary.id))).join(u'>');
    }
    return lines;
}

}  // namespace

class TestChatArchive : public QObject {
    Q_OBJECT

  private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void cleanup() { m_folder.reset(); }

    void everythingComesBack() {
        Home here(*m_folder, "here.db");
        fill(here);
        const QString zip = m_folder->filePath(QStringLiteral("all.zip"));
        const ExportReport exported = need(here.archive->exportAll(zip));
        QCOMPARE(exported.chats, 7);
        Home there(*m_folder, "there.db");
        const ImportReport imported = need(there.archive->importFile(zip));
        QCOMPARE(imported.newChats, 7);
        QCOMPARE(imported.newMessages, exported.messages);
        QCOMPARE(imported.chatIds.size(), 7);
        QCOMPARE(contentOf(there), contentOf(here));

        // Again: nothing new, nothing changed; nor where it came from.
        for (Home* home : {&there, &here}) {
            const QStringList before = contentOf(*home);
            const ImportReport again = need(home->archive->importFile(zip));
            QCOMPARE(again.newChats, 0);
            QCOMPARE(again.newMessages, 0);
            QCOMPARE(again.unchangedChats, 7);
            QCOMPARE(contentOf(*home), before);
        }
    }

    void oneChatAndWhatWasAddedLater() {
        Home here(*m_folder, "here.db");
        fill(here);
        Home there(*m_folder, "there.db");
        const QString zip = m_folder->filePath(QStringLiteral("one.zip"));
        const qint64 chat = need(here.chats->list()).last().id;
        QCOMPARE(need(here.archive->exportChat(chat, zip)).chats, 1);
        const qint64 copy = need(there.archive->importFile(zip)).chatIds.at(0);
        QCOMPARE(texts(need(there.chats->path(copy))), texts(need(here.chats->path(chat))));

        // Both go on; the next import brings the other's messages and keeps its own.
        need(there.chats->append({copy, {}, Role::User, QStringLiteral("written there")}));
        need(here.chats->append({chat, {}, Role::User, QStringLiteral("written here")}));
        QVERIFY(done(there.chats->rename(copy, QStringLiteral("my own title"))));
        need(here.archive->exportChat(chat, zip));
        const ImportReport merged = need(there.archive->importFile(zip));
        QCOMPARE(merged.newChats, 0);
        QCOMPARE(merged.newMessages, 1);
        const ChatPath path = need(there.chats->path(copy));
        QCOMPARE(path.messages.last().content, QStringLiteral("written there"));
        QCOMPARE(path.messages.last().branchCount, 2);
        QCOMPARE(path.chat.title, QStringLiteral("my own title"));

        // A deleted chat comes back.
        QVERIFY(done(there.chats->remove(copy)));
        QCOMPARE(need(there.archive->importFile(zip)).restoredChats, 1);
        QCOMPARE(need(there.chats->list()).size(), 1);
    }

    void peopleCanReadIt() {
        Home here(*m_folder, "here.db");
        fill(here);
        const QString zip = m_folder->filePath(QStringLiteral("all.zip"));
        need(here.archive->exportAll(zip));
        auto reader = ArchiveReader::open(zip);
        QVERIFY(reader.ok());
        QStringList names;
        for (const ArchiveEntry& entry : (*reader)->entries()) {
            if (entry.name.endsWith(QStringLiteral(".md"))) names << entry.name;
        }
        names.sort();
        QStringList expected;
        for (const char* name :
             {"Chat.md", "Vögel 🐦.md", "_CON.md", "etc passwd.md", "SAME.md", "same (2).md", "tree.md"}) {
            expected << QString::fromUtf8(name);
        }
        expected.sort();
        QCOMPARE(names, expected);
        const auto tree = (*reader)->read(QStringLiteral("tree.md"));
        QVERIFY(tree.ok());
        QVERIFY(tree->startsWith("# tree\n"));
        QVERIFY(tree->contains("second answer"));
        QVERIFY(!tree->contains("first answer"));
        QVERIFY(tree->contains("version 2 of 2"));
        QVERIFY(tree->contains("> thought"));
    }

    void textsTravel() {
        Home here(*m_folder, "here.db");
        NewChat wanted;
        wanted.title = QStringLiteral("A tale");
        wanted.kind = ChatKind::Text;
        const qint64 text = need(here.chats->create(wanted)).id;
        const Message begun = need(here.chats->append({text, {}, Role::User, QStringLiteral("Once ")}));
        qint64 last = begun.id;
        for (const char* words : {"upon a time", " there was\n\na wren."}) {
            last = need(here.chats->startAnswer(text, last, QStringLiteral("Stories"))).id;
            need(here.chats->finishAnswer(last, {MessageStatus::Complete, QString::fromLatin1(words)}));
        }
        const QString zip = m_folder->filePath(QStringLiteral("text.zip"));
        const auto page = [&] {
            need(here.archive->exportChat(text, zip));
            auto reader = ArchiveReader::open(zip);
            return reader ? QString::fromUtf8(*(*reader)->read(QStringLiteral("A tale.md"))) : QString();
        };
        QVERIFY2(page().endsWith(QStringLiteral("\n\nWritten together with Stories\n\n"
                                                "Once upon a time there was\n\na wren.\n")),
                 qPrintable(page()));
        QVERIFY(done(here.chats->showUpTo(text, begun.id)));
        QVERIFY2(page().endsWith(QStringLiteral("\n\nOnce\n")), qPrintable(page()));

        Home there(*m_folder, "there.db");
        const qint64 copy = need(there.archive->importFile(zip)).chatIds.at(0);
        const ChatPath path = need(there.chats->path(copy));
        QCOMPARE(path.chat.kind, ChatKind::Text);
        QCOMPARE(texts(path), QStringList(QStringLiteral("Once ")));
        QCOMPARE(need(there.chats->messages(copy)).size(), 3);
        QVERIFY(done(here.chats->showUpTo(text, 0)));
        need(here.archive->exportChat(text, zip));
        Home third(*m_folder, "third.db");
        QCOMPARE(need(third.chats->path(need(third.archive->importFile(zip)).chatIds.at(0))).messages.size(),
                 0);
    }

    void badChats_data() {
        QTest::addColumn<QByteArray>("zip");
        QTest::addColumn<int>("code");
        const auto row = [](const char* name, const QByteArray& zip, ErrorCode code = ErrorCode::Hostile) {
            QTest::newRow(name) << zip << int(code);
        };
        const auto chatWith = [](const char* key, const QJsonValue& value) {
            QJsonObject chat = goodChat();
            chat.insert(QString::fromLatin1(key), value);
            return archiveOf(goodManifest(), chat);
        };
        const auto messageWith = [](const char* key, const QJsonValue& value) {
            QJsonObject chat = goodChat();
            QJsonArray messages = chat.value(QStringLiteral("messages")).toArray();
            QJsonObject message = messages.at(1).toObject();
            message.insert(QString::fromLatin1(key), value);
            messages.replace(1, message);
            chat.insert(QStringLiteral("messages"), messages);
            return archiveOf(goodManifest(), chat);
        };
        QJsonObject manifest = goodManifest();
        manifest.insert(QStringLiteral("version"), 2);
        row("newer", archiveOf(manifest, goodChat()), ErrorCode::Newer);
        manifest.insert(QStringLiteral("version"), -1);
        row("version", archiveOf(manifest, goodChat()));
        manifest = goodManifest();
        manifest.insert(QStringLiteral("format"), QStringLiteral("other"));
        row("format", archiveOf(manifest, goodChat()));
        row("manifest uuid", archiveOf(goodManifest(QStringLiteral("no uuid")), goodChat()));
        row("no manifest", buildZip({{"data/1.json", json(goodChat())}}), ErrorCode::NotFound);
        row("no chat", buildZip({{"kinglet.json", json(goodManifest())}}), ErrorCode::NotFound);
        row("chat is no JSON",
            buildZip({{"kinglet.json", json(goodManifest())}, {"data/1.json", "{\"uuid\": "}}));
        row("deep JSON", buildZip({{"kinglet.json", json(goodManifest())},
                                   {"data/1.json", QByteArray(100000, '['), true}}));
        row("chat uuid", chatWith("uuid", QStringLiteral("x")));
        row("title", chatWith("title", 3));
        row("time", chatWith("created", QStringLiteral("yesterday")));
        row("negative time", chatWith("created", QStringLiteral("-0400-01-01T00:00:00.000Z")));
        row("kind", chatWith("kind", QStringLiteral("poem")));
        row("kind is a number", chatWith("kind", 1));
        row("where it ends", chatWith("shownEnd", chatUuid));
        row("settings", chatWith("settings", QJsonArray{}));
        row("messages", chatWith("messages", QStringLiteral("none")));
        row("message is a number", chatWith("messages", QJsonArray{1}));
        row("message uuid", messageWith("uuid", QString()));
        row("same uuid twice", messageWith("uuid", messageUuid));
        row("own parent", messageWith("parent", answerUuid));
        row("unknown parent", messageWith("parent", chatUuid));
        row("role", messageWith("role", QStringLiteral("root")));
        row("status", messageWith("status", 1));
        row("content", messageWith("content", QJsonObject{}));
        row("tokens", messageWith("answerTokens", QStringLiteral("many")));
        row("negative speed", messageWith("tokensPerSecond", -1));
        row("error", messageWith("error", QStringLiteral("e")));
        row("no archive", "text", ErrorCode::Corrupt);
    }
    void badChats() {
        QFETCH(QByteArray, zip);
        QFETCH(int, code);
        Home home(*m_folder, "home.db");
        const auto result = wait(home.archive->importFile(save(zip)));
        QVERIFY(!result.ok());
        QCOMPARE(int(result.error().code), code);
        QVERIFY2(result.error().message.contains(QStringLiteral("given.zip")),
                 qPrintable(result.error().message));
        QVERIFY(!result.error().hint.isEmpty());
        QCOMPARE(sql(*home.database, QStringLiteral("SELECT count(*) FROM chats")).toInt(), 0);
    }

    void theGoodOneIsAccepted() {
        Home home(*m_folder, "home.db");
        QJsonObject chat = goodChat();
        chat.insert(QStringLiteral("updated"), QStringLiteral("9999-01-01T00:00:00.000Z"));
        const ImportReport report = need(home.archive->importFile(save(archiveOf(goodManifest(), chat))));
        QCOMPARE(report.newChats, 1);
        QCOMPARE(report.newMessages, 2);
        // A date to come does not keep it at the top for ever.
        QVERIFY(need(home.chats->list()).at(0).updated <= QDateTime::currentDateTimeUtc());
    }

    void allOrNothing() {
        Home home(*m_folder, "home.db");
        QJsonObject manifest = goodManifest();
        QJsonArray chats = manifest.value(QStringLiteral("chats")).toArray();
        QJsonObject second = chats.at(0).toObject();
        second.insert(QStringLiteral("data"), QStringLiteral("data/2.json"));
        chats << second;
        manifest.insert(QStringLiteral("chats"), chats);
        QVERIFY(!wait(home.archive->importFile(save(buildZip({{"kinglet.json", json(manifest)},
                                                              {"data/1.json", json(goodChat())},
                                                              {"data/2.json", "[]"}}))))
                     .ok());
        QCOMPARE(sql(*home.database, QStringLiteral("SELECT count(*) FROM messages")).toInt(), 0);
        // Nor a half where the disk fills up in the middle.
        QVERIFY(execute(*home.database, QStringLiteral("PRAGMA max_page_count = 25")));
        QJsonObject large = goodChat();
        QJsonArray messages = large.value(QStringLiteral("messages")).toArray();
        QJsonObject message = messages.at(1).toObject();
        message.insert(QStringLiteral("content"), QString(500000, u'x'));
        messages.replace(1, message);
        large.insert(QStringLiteral("messages"), messages);
        const auto full = wait(home.archive->importFile(save(archiveOf(goodManifest(), large))));
        QCOMPARE(full.error().code, ErrorCode::DiskFull);
        QCOMPARE(sql(*home.database, QStringLiteral("SELECT count(*) FROM messages")).toInt(), 0);
        QCOMPARE(sql(*home.database, QStringLiteral("PRAGMA integrity_check")).toString(),
                 QStringLiteral("ok"));
    }

    void anExportThatFailsLeavesNothing() {
        Home here(*m_folder, "here.db");
        fill(here);
        QVERIFY(!wait(here.archive->exportAll(m_folder->filePath(QStringLiteral("no/folder/x.zip")))).ok());
        QVERIFY(!wait(here.archive->exportAll(m_folder->path())).ok());
        QCOMPARE(
            wait(here.archive->exportChat(999, m_folder->filePath(QStringLiteral("x.zip")))).error().code,
            ErrorCode::NotFound);
        QVERIFY(
            QDir(m_folder->path()).entryList({QStringLiteral("*.zip*"), QStringLiteral("*.part")}).isEmpty());
    }

    void goingAwayInTheMiddleLeavesNothing() {
        Home here(*m_folder, "here.db");
        QVERIFY(execute(*here.database, QStringLiteral("PRAGMA synchronous = OFF")));
        for (int i = 0; i < 200; ++i) need(here.chats->create({QString::number(i)}));
        auto future = here.archive->exportAll(m_folder->filePath(QStringLiteral("x.zip")));
        here.archive.reset();
        const auto result = wait(future);
        QVERIFY(result.ok() || result.error().code == ErrorCode::Cancelled);
        QVERIFY(QDir(m_folder->path()).entryList({QStringLiteral("*.part")}).isEmpty());
        QCOMPARE(QFileInfo::exists(m_folder->filePath(QStringLiteral("x.zip"))), result.ok());
    }

  private:
    /// Seven chats: odd titles, branches, every field.
    void fill(Home& home) {
        QVERIFY(home.opened);
        ChatStore& chats = *home.chats;
        const Chat tree =
            need(chats.create({QStringLiteral("tree"), QStringLiteral("/m.gguf"),
                               QJsonObject{{QStringLiteral("top_k"), 4}}, QStringLiteral("draft")}));
        const Message system = need(chats.append({tree.id, {}, Role::System, QStringLiteral("Be brief.")}));
        const Message asked =
            need(chats.append({tree.id, {}, Role::User, QString::fromUtf8("What? 🐦\n\"quoted\"")}));
        for (const char* text : {"first answer", "second answer"}) {
            const Message answer = need(chats.startAnswer(tree.id, asked.id, QStringLiteral("Wren"),
                                                          QJsonObject{{QStringLiteral("seed"), 3}}));
            AnswerEnd end{MessageStatus::Stopped,
                          QString::fromLatin1(text),
                          QStringLiteral("thought\nmore"),
                          1.25,
                          10,
                          20,
                          30.5,
                          40.5,
                          QJsonObject{{QStringLiteral("kind"), QStringLiteral("stop")}}};
            need(chats.finishAnswer(answer.id, end));
        }
        need(chats.append({tree.id, {}, Role::User, QStringLiteral("Thanks")}));
        need(chats.append({tree.id, system.id, Role::User, QStringLiteral("What else?")}));
        need(chats.selectMessage(asked.id));
        for (const char* title : {"../../etc/passwd", "", "CON", "same", "SAME", "Vögel 🐦"}) {
            const Chat chat = need(chats.create({QString::fromUtf8(title)}));
            need(chats.append({chat.id, {}, Role::User, QStringLiteral("hello")}));
            QTest::qSleep(2);  // another millisecond, so that the order of the list is that of the times
        }
    }
    QString save(const QByteArray& bytes) {
        QFile file(m_folder->filePath(QStringLiteral("given.zip")));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write a test file");
        return file.fileName();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestChatArchive)
#include "test_chat_archive.moc"
