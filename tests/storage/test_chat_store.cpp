#include <QRandomGenerator>

#include "storage_test.h"

using namespace kinglet::storage;
using namespace kinglet::storage::testing;

namespace {

/// What the tree should be, kept the plainest way.
struct ModelNode {
    qint64 id;
    qint64 parent;
    QString text;
};

struct ModelTree {
    QList<ModelNode> nodes;
    QHash<qint64, qint64> selected;  // parent (0: the chat) -> child

    const ModelNode& node(qint64 id) const {
        return *std::find_if(nodes.begin(), nodes.end(), [id](const ModelNode& n) { return n.id == id; });
    }
    QList<qint64> children(qint64 parent) const {
        QList<qint64> found;
        for (const ModelNode& n : nodes) {
            if (n.parent == parent) found << n.id;
        }
        return found;
    }
    QList<qint64> path() const {
        QList<qint64> ids;
        for (qint64 at = 0; selected.contains(at); at = ids.last()) ids << selected.value(at);
        return ids;
    }
    void choose(qint64 id) {
        for (qint64 at = id; at != 0; at = node(at).parent) selected[node(at).parent] = at;
    }
    void add(qint64 id, qint64 parent, const QString& text) {
        nodes << ModelNode{id, parent, text};
        choose(id);
    }
};

bool matches(const ChatPath& path, const ModelTree& model) {
    const QList<qint64> expected = model.path();
    if (path.messages.size() != expected.size()) return false;
    for (qsizetype i = 0; i < expected.size(); ++i) {
        const Message& message = path.messages.at(i);
        const ModelNode& node = model.node(expected.at(i));
        const QList<qint64> siblings = model.children(node.parent);
        if (message.id != node.id || message.parentId != node.parent || message.content != node.text ||
            message.branchCount != siblings.size() || message.branchIndex != siblings.indexOf(node.id) + 1) {
            return false;
        }
    }
    return true;
}

}  // namespace

class TestChatStore : public QObject {
    Q_OBJECT

  private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_database = std::make_unique<Database>(optionsIn(*m_folder));
        QVERIFY(wait(m_database->open()).ok());
        m_chats = std::make_unique<ChatStore>(*m_database);
    }
    void cleanup() {
        m_chats.reset();
        m_database.reset();
        m_folder.reset();
    }

    void aConversationIsThereAgain() {
        const Chat chat =
            need(m_chats->create({QStringLiteral("Birds"), QStringLiteral("/m/a.gguf"),
                                  QJsonObject{{QStringLiteral("seed"), 7}}, QStringLiteral("dra")}));
        QCOMPARE(chat.draft, QStringLiteral("dra"));
        NewMessage question{chat.id, {}, Role::User, QStringLiteral("How small is a goldcrest?\n\nTell me.")};
        question.clearDraft = true;
        const Message asked = need(m_chats->append(question));
        QCOMPARE(asked.status, MessageStatus::Complete);
        const Message answer = need(m_chats->startAnswer(chat.id, asked.id, QStringLiteral("tiny"),
                                                         QJsonObject{{QStringLiteral("top_k"), 40}}));
        QCOMPARE(answer.status, MessageStatus::Streaming);
        QVERIFY(done(m_chats->checkpointAnswer(answer.id, QStringLiteral("Nine"), QStringLiteral("hm"))));
        AnswerEnd end{MessageStatus::Stopped, QStringLiteral("Nine centimetres."), QStringLiteral("hmm")};
        end.thinkingSeconds = 1.5;
        end.promptTokens = 12;
        end.answerTokens = 4;
        end.tokensPerSecond = 21.5;
        end.firstTokenMs = 80;
        end.error = QJsonObject{{QStringLiteral("why"), QStringLiteral("stop")}};
        QCOMPARE(need(m_chats->finishAnswer(answer.id, end)).content, end.content);

        m_database = nullptr;
        m_database = std::make_unique<Database>(optionsIn(*m_folder));
        m_chats = std::make_unique<ChatStore>(*m_database);
        const OpenReport report = wait(m_database->open());
        QVERIFY(report.ok());
        QCOMPARE(report.interruptedAnswers, 0);
        const ChatPath path = need(m_chats->path(chat.id));
        QCOMPARE(path.chat.uuid, chat.uuid);
        QCOMPARE(path.chat.title, QStringLiteral("Birds"));
        QCOMPARE(path.chat.draft, QString());
        QCOMPARE(path.chat.preview, QStringLiteral("Nine centimetres."));
        QCOMPARE(path.chat.settings.value(QStringLiteral("seed")).toInt(), 7);
        QCOMPARE(path.messages.size(), 2);
        QCOMPARE(path.messages.at(0).id, asked.id);
        QCOMPARE(path.messages.at(0).content, question.content);
        const Message& last = path.messages.at(1);
        QCOMPARE(last.id, answer.id);
        QCOMPARE(last.uuid, answer.uuid);
        QCOMPARE(last.parentId, asked.id);
        QCOMPARE(last.status, MessageStatus::Stopped);
        QCOMPARE(last.thinking, end.thinking);
        QCOMPARE(last.thinkingSeconds, 1.5);
        QCOMPARE(last.promptTokens, 12);
        QCOMPARE(last.answerTokens, 4);
        QCOMPARE(last.tokensPerSecond, 21.5);
        QCOMPARE(last.firstTokenMs, 80.0);
        QCOMPARE(last.model, QStringLiteral("tiny"));
        QCOMPARE(last.settings.value(QStringLiteral("top_k")).toInt(), 40);
        QCOMPARE(last.error, end.error);
        QCOMPARE(last.created, answer.created);
    }

    void editAndRegenerateMakeSiblings() {
        const Chat chat = need(m_chats->create({}));
        const Message first = need(m_chats->append({chat.id, {}, Role::User, QStringLiteral("one")}));
        const Message a1 = answered(chat.id, first.id, QStringLiteral("a1"));
        const Message second = need(m_chats->append({chat.id, {}, Role::User, QStringLiteral("two")}));
        QCOMPARE(second.parentId, a1.id);
        const Message a2 = answered(chat.id, first.id, QStringLiteral("a2"));  // regenerate the first answer
        QCOMPARE(a2.branchIndex, 2);
        QCOMPARE(a2.branchCount, 2);
        QCOMPARE(texts(need(m_chats->path(chat.id))),
                 QStringList({QStringLiteral("one"), QStringLiteral("a2")}));
        // Back to the first answer: what followed it is shown again.
        QCOMPARE(texts(need(m_chats->selectBranch(a2.id, -1))),
                 QStringList({QStringLiteral("one"), QStringLiteral("a1"), QStringLiteral("two")}));
        // Editing the very first message makes another root.
        const Message edited = need(m_chats->append({chat.id, qint64(0), Role::User, QStringLiteral("uno")}));
        QCOMPARE(edited.branchCount, 2);
        QCOMPARE(texts(need(m_chats->path(chat.id))), QStringList(QStringLiteral("uno")));
        QCOMPARE(need(m_chats->selectBranch(edited.id, +5)).leafId(), edited.id);
        QCOMPARE(need(m_chats->selectBranch(edited.id, -5)).leafId(), second.id);
        QCOMPARE(need(m_chats->selectMessage(a2.id)).leafId(), a2.id);
    }

    void randomEditsMatchAPlainTree() {
        const quint32 seed = qEnvironmentVariableIntValue("KINGLET_TEST_SEED")
                                 ? quint32(qEnvironmentVariableIntValue("KINGLET_TEST_SEED"))
                                 : QRandomGenerator::global()->generate();
        qInfo("seed %u (KINGLET_TEST_SEED=%u repeats it)", seed, seed);
        QRandomGenerator random(seed);
        QVERIFY(execute(*m_database,
                        QStringLiteral("PRAGMA synchronous = OFF")));  // this is not about durability
        QList<qint64> chats;
        QHash<qint64, ModelTree> models;
        for (int i = 0; i < 3; ++i) chats << need(m_chats->create({})).id;
        for (int step = 0; step < 600; ++step) {
            const qint64 chat = chats.at(random.bounded(int(chats.size())));
            ModelTree& model = models[chat];
            const QList<qint64> path = model.path();
            const QString text = QStringLiteral("text %1").arg(step);
            const int action = random.bounded(10);
            if (path.isEmpty() || action < 4) {  // go on
                const Message added = need(m_chats->append({chat, {}, Role::User, text}));
                model.add(added.id, path.isEmpty() ? 0 : path.last(), text);
            } else if (action < 6) {  // edit: a sibling of any message of the path
                const qint64 parent = model.node(path.at(random.bounded(int(path.size())))).parent;
                model.add(need(m_chats->append({chat, parent, Role::User, text})).id, parent, text);
            } else if (action < 8) {  // regenerate: an answer below any message at all
                const qint64 parent = model.nodes.at(random.bounded(int(model.nodes.size()))).id;
                model.add(answered(chat, parent, text).id, parent, text);
            } else {  // switch branches
                const qint64 id = path.at(random.bounded(int(path.size())));
                const QList<qint64> siblings = model.children(model.node(id).parent);
                const int delta = random.bounded(-2, 3);
                const qint64 chosen =
                    siblings.at(std::clamp<qsizetype>(siblings.indexOf(id) + delta, 0, siblings.size() - 1));
                model.choose(chosen);
                QVERIFY2(matches(need(m_chats->selectBranch(id, delta)), model),
                         qPrintable(QString::number(step)));
            }
            if (step % 10 == 0) {
                for (const qint64 each : chats) {
                    QVERIFY2(matches(need(m_chats->path(each)), models[each]),
                             qPrintable(QString::number(step)));
                }
            }
        }
        QCOMPARE(sql(*m_database, QStringLiteral("SELECT count(*) FROM pragma_foreign_key_check")).toInt(),
                 0);
    }

    void refusesWhatWouldBreakTheTree() {
        const Chat one = need(m_chats->create({}));
        const Chat two = need(m_chats->create({}));
        const Message first = need(m_chats->append({one.id, {}, Role::User, QStringLiteral("x")}));
        QCOMPARE(wait(m_chats->append({two.id, first.id, Role::User, QStringLiteral("y")})).error().code,
                 ErrorCode::Invalid);
        QCOMPARE(wait(m_chats->append({one.id, 999, Role::User, QStringLiteral("y")})).error().code,
                 ErrorCode::NotFound);
        QCOMPARE(wait(m_chats->append({999, {}, Role::User, QStringLiteral("y")})).error().code,
                 ErrorCode::NotFound);
        QCOMPARE(wait(m_chats->path(999)).error().code, ErrorCode::NotFound);
        QCOMPARE(wait(m_chats->rename(999, QStringLiteral("n"))).error().code, ErrorCode::NotFound);
        QCOMPARE(wait(m_chats->selectBranch(999, 1)).error().code, ErrorCode::NotFound);
        QCOMPARE(sql(*m_database, QStringLiteral("SELECT count(*) FROM messages")).toInt(), 1);
    }

    void anAnswerIsFinishedOnce() {
        const Chat chat = need(m_chats->create({}));
        const Message first = need(m_chats->append({chat.id, {}, Role::User, QStringLiteral("x")}));
        QCOMPARE(wait(m_chats->checkpointAnswer(first.id, QStringLiteral("no"))).error().code,
                 ErrorCode::Invalid);
        const Message answer = need(m_chats->startAnswer(chat.id, first.id, {}));
        QCOMPARE(wait(m_chats->finishAnswer(answer.id, {MessageStatus::Streaming})).error().code,
                 ErrorCode::Invalid);
        need(m_chats->finishAnswer(answer.id, {MessageStatus::Complete, QStringLiteral("whole")}));
        QCOMPARE(wait(m_chats->checkpointAnswer(answer.id, QStringLiteral("late"))).error().code,
                 ErrorCode::Invalid);
        QCOMPARE(wait(m_chats->finishAnswer(answer.id, {})).error().code, ErrorCode::Invalid);
        QCOMPARE(wait(m_chats->checkpointAnswer(999, {})).error().code, ErrorCode::NotFound);
        QCOMPARE(need(m_chats->path(chat.id)).messages.last().content, QStringLiteral("whole"));
    }

    void whatWasStreamingIsInterrupted() {
        const Chat chat = need(m_chats->create({}));
        const Message first = need(m_chats->append({chat.id, {}, Role::User, QStringLiteral("x")}));
        const Message answer = need(m_chats->startAnswer(chat.id, first.id, {}));
        QVERIFY(done(m_chats->checkpointAnswer(answer.id, QStringLiteral("par"))));
        const OpenReport again = wait(m_database->open());
        QVERIFY(again.ok());
        QCOMPARE(again.interruptedAnswers, 1);
        const Message kept = need(m_chats->path(chat.id)).messages.last();
        QCOMPARE(kept.status, MessageStatus::Interrupted);
        QCOMPARE(kept.content, QStringLiteral("par"));
    }

    void deletingCanBeUndoneUntilPurged() {
        const Chat keep = need(m_chats->create({QStringLiteral("keep")}));
        const Chat gone = need(m_chats->create({QStringLiteral("gone")}));
        const Message message = need(m_chats->append({gone.id, {}, Role::User, QStringLiteral("secret")}));
        QVERIFY(done(m_chats->remove(gone.id)));
        QCOMPARE(need(m_chats->list()).size(), 1);
        QVERIFY(need(m_chats->chat(gone.id)).deleted.isValid());
        QVERIFY(done(m_chats->restore(gone.id)));
        QCOMPARE(need(m_chats->list()).size(), 2);
        QCOMPARE(need(m_chats->path(gone.id)).messages.last().id, message.id);
        QVERIFY(done(m_chats->remove(gone.id)));
        QCOMPARE(need(m_chats->purgeDeleted(QDateTime::currentDateTimeUtc().addSecs(-60))), 0);
        QCOMPARE(need(m_chats->purgeDeleted(QDateTime::currentDateTimeUtc().addSecs(60))), 1);
        QCOMPARE(wait(m_chats->path(gone.id)).error().code, ErrorCode::NotFound);
        QCOMPARE(wait(m_chats->restore(gone.id)).error().code, ErrorCode::NotFound);
        QCOMPARE(sql(*m_database, QStringLiteral("SELECT count(*) FROM messages")).toInt(), 0);
        QCOMPARE(need(m_chats->list()).at(0).id, keep.id);
        // secure_delete: what was purged is in none of the files any more.
        m_chats.reset();
        m_database.reset();
        const auto files = QDir(m_folder->path()).entryInfoList(QDir::Files);
        QVERIFY(!files.isEmpty());
        for (const QFileInfo& file : files) {
            QFile bytes(file.absoluteFilePath());
            QVERIFY(bytes.open(QIODevice::ReadOnly));
            QVERIFY2(!bytes.readAll().contains("secret"), qPrintable(file.fileName()));
        }
    }

    // Cascades in SQLite nest at most 1000 deep; a chat may be longer than that.
    void aVeryLongChatCanBeReadAndPurged() {
        const Chat chat = need(m_chats->create({}));
        const int length = 3000;
        QVERIFY(done(m_database->run([&](Connection& connection) -> Result<void> {
            Transaction transaction(connection);
            Query query(
                connection,
                QStringLiteral("INSERT INTO messages (uuid, chat_id, parent_id, role, status, content, "
                               "created_at) VALUES (?, ?, ?, 'user', 'complete', 'm', 0)"));
            qint64 parent = 0;
            for (int i = 0; i < length; ++i) {
                query.bind(QString::number(i)).bind(chat.id).bindIdOrNull(parent);
                if (auto inserted = query.run(); !inserted) return inserted;
                parent = connection.lastInsertId();
            }
            return transaction.commit();
        })));
        QCOMPARE(need(m_chats->path(chat.id)).messages.size(), length);
        const Message more = need(m_chats->append({chat.id, {}, Role::User, QStringLiteral("end")}));
        QCOMPARE(need(m_chats->path(chat.id)).leafId(), more.id);
        QVERIFY(done(m_chats->remove(chat.id)));
        QCOMPARE(need(m_chats->purgeDeleted(QDateTime::currentDateTimeUtc().addSecs(60))), 1);
    }

    void searchTakesWordsAsTheyAre() {
        for (const char* title : {"Straße nach Köln", "100% sure", "100 sure", "under_score", "underXscore",
                                  "ÉTÉ à Paris", "İstanbul", "日本語の鳥", "quote ' and \\ slash", "ﬁnch"}) {
            need(m_chats->create({QString::fromUtf8(title)}));
        }
        const auto found = [this](const char* text) {
            QStringList titles;
            for (const ChatSummary& chat : need(m_chats->list(QString::fromUtf8(text)))) titles << chat.title;
            return titles;
        };
        const auto only = [](const char* title) { return QStringList(QString::fromUtf8(title)); };
        QCOMPARE(found("STRASSE"), only("Straße nach Köln"));
        QCOMPARE(found("köln NACH"), only("Straße nach Köln"));
        QCOMPARE(found("KÖLN"), only("Straße nach Köln"));
        QCOMPARE(found("Ko\xcc\x88ln"), only("Straße nach Köln"));
        QCOMPARE(found("100%"), only("100% sure"));
        QCOMPARE(found("r_s"), only("under_score"));
        QCOMPARE(found("été"), only("ÉTÉ à Paris"));
        QCOMPARE(found("語の"), only("日本語の鳥"));
        QCOMPARE(found("' and \\"), only("quote ' and \\ slash"));
        QCOMPARE(found("finch"), only("ﬁnch"));
        QCOMPARE(found("İSTANBUL"), only("İstanbul"));
        QCOMPARE(found("nothing of the kind"), QStringList());
        QCOMPARE(found("  ").size(), 10);
        QVERIFY(done(
            m_chats->rename(need(m_chats->list(QStringLiteral("finch"))).at(0).id, QStringLiteral("Wren"))));
        QCOMPARE(found("finch"), QStringList());
        QCOMPARE(found("WREN"), only("Wren"));
    }

    void tenThousandChats() {
        QVERIFY(done(m_database->run([](Connection& connection) -> Result<void> {
            Transaction transaction(connection);
            Query query(connection,
                        QStringLiteral(
                            "INSERT INTO chats (uuid, title, title_folded, preview, created_at, updated_at, "
                            "deleted_at) VALUES (?, ?, ?, ?, ?, ?, ?)"));
            for (int i = 0; i < 10000; ++i) {
                const QString title = QStringLiteral("chat number %1").arg(i);
                query.bind(QString::number(i))
                    .bind(title)
                    .bind(title)
                    .bind(QStringLiteral("preview"))
                    .bind(0);
                query.bind((i * 7919) % 10000).bindIdOrNull(i % 10 == 3 ? 1 : 0);
                if (auto inserted = query.run(); !inserted) return inserted;
            }
            return transaction.commit();
        })));
        QElapsedTimer timer;
        timer.start();
        const auto all = need(m_chats->list());
        qInfo("listed %lld chats in %lld ms", qlonglong(all.size()), timer.restart());
        QCOMPARE(all.size(), 9000);
        for (qsizetype i = 1; i < all.size(); ++i) QVERIFY(all.at(i - 1).updated >= all.at(i).updated);
        const auto hits = need(m_chats->list(QStringLiteral("NUMBER 99")));
        qInfo("searched them in %lld ms", timer.restart());
        int expected = 0;
        for (int i = 0; i < 10000; ++i)
            expected += i % 10 != 3 && QString::number(i).contains(QStringLiteral("99"));
        QCOMPARE(hits.size(), expected);
        QCOMPARE(need(m_chats->list({}, 20, 40)).at(0).id, all.at(40).id);
        // The index gives the order: nothing is sorted, however many chats there are.
        const QString plan = need(m_database->run([](Connection& connection) -> Result<QString> {
            QString text;
            Query query(connection,
                        QStringLiteral("EXPLAIN QUERY PLAN SELECT id FROM chats WHERE deleted_at IS NULL "
                                       "ORDER BY updated_at DESC, id DESC"));
            while (query.next()) text += query.text(3) + u'\n';
            return text;
        }));
        QVERIFY2(plan.contains(QStringLiteral("chats_by_update")) && !plan.contains(QStringLiteral("B-TREE")),
                 qPrintable(plan));
    }

    void textsComeBackAsTheyWere() {
        const Chat chat = need(m_chats->create({}));
        const QString odd = QString::fromUtf8("a\xf0\x9f\x90\xa6 'b' \"c\" ; -- \n\t\r\n ") + QChar(0) +
                            QStringLiteral("after");
        need(m_chats->append({chat.id, {}, Role::User, odd}));
        need(m_chats->append({chat.id, {}, Role::User, QString()}));
        QCOMPARE(texts(need(m_chats->path(chat.id))), QStringList({odd, QString()}));
        QVERIFY(done(m_chats->saveDraft(chat.id, QString())));
        QVERIFY(done(m_chats->setModel(chat.id, QString())));
    }

    void aTextEndsWhereItIsShown() {
        NewChat wanted;
        wanted.kind = ChatKind::Text;
        const Chat text = need(m_chats->create(wanted));
        QCOMPARE(text.kind, ChatKind::Text);
        QCOMPARE(need(m_chats->create({})).kind, ChatKind::Chat);
        const Message begun = need(m_chats->append({text.id, qint64(0), Role::User, QStringLiteral("Once")}));
        const Message one = answered(text.id, begun.id, QStringLiteral(" upon"));
        const Message two = answered(text.id, one.id, QStringLiteral(" a time"));
        const auto shown = [&] { return texts(need(m_chats->path(text.id))).join(QString()); };
        QCOMPARE(shown(), QStringLiteral("Once upon a time"));
        QVERIFY(done(m_chats->showUpTo(text.id, one.id)));
        QCOMPARE(shown(), QStringLiteral("Once upon"));
        QVERIFY(done(m_chats->showUpTo(text.id, 0)));
        QCOMPARE(need(m_chats->path(text.id)).messages.size(), 0);
        QCOMPARE(need(m_chats->path(text.id)).chat.kind, ChatKind::Text);
        QVERIFY(done(m_chats->showUpTo(text.id, two.id)));
        QCOMPARE(shown(), QStringLiteral("Once upon a time"));

        // What is added goes where the branch that is shown ends, and is shown; nothing went away.
        QVERIFY(done(m_chats->showUpTo(text.id, begun.id)));
        const Message other = need(m_chats->append({text.id, {}, Role::User, QStringLiteral(" more")}));
        QCOMPARE(other.parentId, begun.id);
        QCOMPARE(shown(), QStringLiteral("Once more"));
        QVERIFY(done(m_chats->showUpTo(text.id, begun.id)));
        QCOMPARE(texts(need(m_chats->selectBranch(other.id, -1))).join(QString()),
                 QStringLiteral("Once upon a time"));
        QCOMPARE(need(m_chats->messages(text.id)).size(), 4);

        const Chat chat = need(m_chats->create({}));
        QVERIFY(!wait(m_chats->showUpTo(chat.id, one.id)).ok());
        QVERIFY(!wait(m_chats->showUpTo(text.id, 999)).ok());
        QCOMPARE(shown(), QStringLiteral("Once upon a time"));
    }

  private:
    Message answered(qint64 chat, qint64 parent, const QString& text) {
        const Message answer = need(m_chats->startAnswer(chat, parent, QStringLiteral("m")));
        Message finished = need(m_chats->finishAnswer(answer.id, {MessageStatus::Complete, text}));
        return finished;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Database> m_database;
    std::unique_ptr<ChatStore> m_chats;
};

QTEST_GUILESS_MAIN(TestChatStore)
#include "test_chat_store.moc"
