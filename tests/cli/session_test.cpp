// What kinglet-cli keeps and applies beside the model: sessions on disk, key/value types, conversations that
// outgrow the context, adapters, embeddings and masked words. On models that are written from a seed.
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "inference/gguf/writer.h"
#include "tests/cli/cli_process.h"
#include "tests/support/fixture_models.h"
#include "tests/support/model_writer.h"

namespace kinglet::cli_test {
namespace {

Conditions withInput(const QByteArray& input) {
    Conditions conditions;
    conditions.input = input;
    return conditions;
}

QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

class SessionTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    QString random_;
    QString scripted_;
    QString masked_;

    QString write(const char* name, const test::TestModel& model) {
        const QString path = folder_.filePath(name);
        const auto status = test::write_model(path.toStdString(), model);
        if (!status) qFatal("%s", status.error().message.c_str());
        return path;
    }

  private slots:
    void initTestCase() {
        test::TestModel model;
        model.width = 128;
        random_ = write("random.gguf", model);
        model.script = "The kinglet is a small bird.";
        model.name = "Scripted";
        scripted_ = write("scripted.gguf", model);
        const auto fixtures =
            test::Fixtures::read(std::filesystem::path(KINGLET_SOURCE_FOLDER) / "tests/golden/fixtures.json");
        masked_ = folder_.filePath("masked.gguf");
        QVERIFY(fixtures && fixtures->write("bert-masked", masked_.toStdString()));
    }

    void runGoesOnFromItsSession() {
        const QString session = folder_.filePath("run.session");
        const QStringList arguments{
            "run",  random_, "A long text to read once.", "--raw", "--temp", "0", "--max-tokens", "5", "--kv",
            "q8_0", "--json"};
        const Outcome plain = runCli(arguments);
        const Outcome first = runCli(arguments + QStringList{"--session", session});
        QVERIFY2(first.status == 0, first.all());
        QCOMPARE(jsonOf(first)["reused_tokens"].toInt(), 0);
        const Outcome second = runCli(arguments + QStringList{"--session", session});
        QVERIFY2(second.status == 0, second.all());
        QCOMPARE(jsonOf(second)["reused_tokens"].toInt(), jsonOf(second)["prompt_tokens"].toInt() - 1);
        QCOMPARE(jsonOf(first)["text"], jsonOf(plain)["text"]);
        QCOMPARE(jsonOf(second)["text"], jsonOf(plain)["text"]);
    }

    void chatGoesOnInAnotherProcess() {
        const QString session = folder_.filePath("chat.session");
        const QStringList arguments{"chat",        scripted_, "--temp",    "0",
                                    "--each-line", "--stats", "--session", session};
        const Outcome first = runCli(arguments, withInput("Hello\n"));
        QVERIFY2(first.status == 0, first.all());
        const QByteArray kept = contentOf(session);
        QVERIFY(!kept.isEmpty());
        const Outcome second = runCli(arguments, withInput("And now?\n"));
        QVERIFY2(second.status == 0, second.all());
        QVERIFY2(second.err.contains("2 messages"), second.all());
        QVERIFY(contentOf(session).size() > kept.size());
        // As if it had been one conversation all along.
        const Outcome whole = runCli({"chat", scripted_, "--temp", "0", "--each-line", "--stats"},
                                     withInput("Hello\nAnd now?\n"));
        static const QRegularExpression used(R"(, (\d+) of \d+ tokens of context used)");
        const auto last = [](const QByteArray& err) {
            auto matches = used.globalMatch(QString::fromUtf8(err));
            QString number;
            while (matches.hasNext()) number = matches.next().captured(1);
            return number;
        };
        QVERIFY(!last(second.err).isEmpty());
        QCOMPARE(last(second.err), last(whole.err));
    }

    void otherSessionsAreRefused() {
        const QString session = folder_.filePath("other.session");
        const QStringList arguments{"run", scripted_, "Hello", "--temp", "0", "--session", session};
        QCOMPARE(runCli(arguments).status, 0);
        const QByteArray kept = contentOf(session);
        const Outcome kv = runCli(arguments + QStringList{"--kv", "q4_0"});
        QVERIFY2(kv.status == 1 && isOneClearSentence(kv.err), kv.all());
        QVERIFY2(kv.err.contains("f16 instead of q4_0"), kv.all());
        const Outcome model = runCli({"run", random_, "Hello", "--session", session});
        QVERIFY2(model.status == 1 && model.err.contains("the model Scripted"), model.all());
        const Outcome chat = runCli({"chat", random_, "--session", random_}, withInput("Hello"));
        QVERIFY2(chat.status == 1 && chat.err.contains("no saved session"), chat.all());
        QCOMPARE(contentOf(session), kept);
        QFile file(session);
        QVERIFY(file.resize(file.size() / 2));
        const Outcome cut = runCli(arguments);
        QVERIFY2(cut.status == 1 && isOneClearSentence(cut.err) && cut.err.contains("damaged"), cut.all());
    }

    void everyCacheTypeAnswers() {
        for (const char* type : {"f32", "f16", "q8_0", "q4_0"}) {
            const Outcome outcome = runCli({"run", scripted_, "Hello", "--temp", "0", "--kv", type});
            QVERIFY2(outcome.status == 0 && outcome.out == "The kinglet is a small bird.\n", outcome.all());
            QVERIFY2(outcome.err.isEmpty(), outcome.all());
        }
        test::TestModel narrow;  // heads of 16 values
        const QString path = write("narrow.gguf", narrow);
        for (const QStringList& command : {QStringList{"run", path, "Hello", "--max-tokens", "2"},
                                           QStringList{"chat", path, "--max-tokens", "2"},
                                           QStringList{"logits", path, "--tokens", "5", "--out", "-"}}) {
            const Outcome outcome = runCli(command + QStringList{"--kv", "q8_0"}, withInput("Hello"));
            QVERIFY2(outcome.status == 0 && outcome.err.contains("in f16, not q8_0"), outcome.all());
        }
        QCOMPARE(runCli({"run", scripted_, "Hello", "--kv", "q3"}).status, 2);
    }

    void fullContextsSayWhatWouldGo() {
        const QByteArray questions = "Tell me something\nTell me more\nTell me even more of it\nAnd again\n";
        const QStringList arguments{"chat", scripted_, "--temp", "0", "--each-line", "--ctx", "150"};
        const Outcome stopped = runCli(arguments, withInput(questions + "/drop\n/exit\n"));
        QVERIFY2(stopped.status == 1, stopped.all());
        QVERIFY2(stopped.err.contains("It fits without its oldest"), stopped.all());
        QVERIFY2(stopped.err.contains("/drop leaves them out"), stopped.all());
        // /drop answers the question that did not fit.
        QVERIFY2(stopped.err.contains("Left out the oldest"), stopped.all());
        const Outcome dropping = runCli(arguments + QStringList{"--drop-oldest"}, withInput(questions));
        QVERIFY2(dropping.status == 0, dropping.all());
        QVERIFY2(dropping.err.contains("Left out the oldest"), dropping.all());
        QCOMPARE(dropping.out, QByteArray("The kinglet is a small bird.\n").repeated(4));
        const Outcome nothing = runCli(arguments, withInput("/drop\n"));
        QVERIFY2(nothing.status == 0 && nothing.err.contains("nothing was left out"), nothing.all());
    }

    void adaptersAreApplied() {
        const QString path = folder_.filePath("adapter.gguf");
        gguf::Writer writer;
        writer.add_string("general.type", "adapter");
        writer.add_string("general.architecture", "llama");
        writer.add_string("adapter.type", "lora");
        writer.add_f32("adapter.lora.alpha", 2);
        const std::vector<float> a(2 * 128, 0.05F);
        const std::vector<float> b(128 * 2, 0.05F);
        writer.add_tensor("blk.0.attn_output.weight.lora_a", 0, std::vector<std::uint64_t>{128, 2},
                          a.size() * 4);
        writer.add_tensor("blk.0.attn_output.weight.lora_b", 0, std::vector<std::uint64_t>{2, 128},
                          b.size() * 4);
        QVERIFY(writer.begin(path.toStdString()) && writer.write(std::as_bytes(std::span(a))) &&
                writer.write(std::as_bytes(std::span(b))) && writer.finish());
        const auto logits = [&](const QStringList& more) {
            return runCli(QStringList{"logits", random_, "--tokens", "5,6,7", "--out", "-"} + more);
        };
        const Outcome plain = logits({});
        QCOMPARE(plain.status, 0);
        const Outcome full = logits({"--lora", path});
        QVERIFY2(full.status == 0, full.err);
        const Outcome half = logits({"--lora", path + ":0.5"});
        QVERIFY(full.out != plain.out && half.out != full.out && half.out != plain.out);
        QCOMPARE(half.out.size(), plain.out.size());
        QVERIFY(logits({"--lora", path + ":0"}).out == plain.out);
        const Outcome wrong = logits({"--lora", random_});
        QVERIFY2(wrong.status == 1 && isOneClearSentence(wrong.err), wrong.all());
    }

    void textsAreEmbedded() {
        const Outcome text = runCli({"embed", masked_, "abcab", "--json"});
        QVERIFY2(text.status == 0, text.all());
        QCOMPARE(jsonOf(text)["embedding"].toArray().size(), 32);
        const Outcome ids = runCli({"embed", masked_, "--tokens", "5,6,7", "--out", "-"});
        QVERIFY2(ids.status == 0, ids.all());
        QCOMPARE(ids.out.size(), qsizetype(32 * sizeof(float)));
        const Outcome list = runCli({"embed", masked_, "--tokens", "5,6,7"});
        const QJsonArray vector = QJsonDocument::fromJson(list.out).array();
        QCOMPARE(vector.size(), 32);
        float first = 0;
        std::memcpy(&first, ids.out.constData(), sizeof first);
        QVERIFY(std::fabs(static_cast<double>(first) - vector[0].toDouble()) < 1e-5);
        QCOMPARE(runCli({"embed", masked_}).status, 2);
        QCOMPARE(runCli({"embed", masked_, "a", "--tokens", "1"}).status, 2);
    }

    void maskedWordsAreFilledIn() {
        const Outcome outcome = runCli({"fill", masked_, "ab[MASK]c[MASK]", "--top", "3", "--json"});
        QVERIFY2(outcome.status == 0, outcome.all());
        const QJsonArray masks = jsonOf(outcome)["masks"].toArray();
        QCOMPARE(masks.size(), 2);
        for (const QJsonValue& mask : masks) {
            const QJsonArray candidates = mask["candidates"].toArray();
            QCOMPARE(candidates.size(), 3);
            QVERIFY(candidates[0]["probability"].toDouble() >= candidates[1]["probability"].toDouble());
            QVERIFY(candidates[0]["probability"].toDouble() <= 1);
        }
        QVERIFY(!jsonOf(outcome)["text"].toString().contains("[MASK]"));
        const Outcome text = runCli({"fill", masked_, "ab[MASK]c"});
        QVERIFY2(text.status == 0 && text.out.contains(" %"), text.all());
        const Outcome none = runCli({"fill", masked_, "abc"});
        QVERIFY2(none.status == 1 && none.err.contains("[MASK]"), none.all());
        const Outcome cannot = runCli({"fill", random_, "a [MASK]"});
        QVERIFY2(cannot.status == 1 && isOneClearSentence(cannot.err), cannot.all());
    }
};

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::SessionTest)
#include "session_test.moc"
