// What the engine's thread does when a chat or a text no longer fits the context: told beforehand, cut where
// it is allowed to be, and nothing computed twice.
#include <QHash>

#include "app/gui/engine_service.h"
#include "tests/app/app_fixture.h"
#include "tests/app/engine_run.h"

namespace kinglet::gui {

class EngineContextTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void overflowComputesNothing();
    void leavesOutTheOldest();
    void goesOnWithAText();
    void leavesOutTheBeginning();

  private:
    QTemporaryDir folder_;
    QString scripted_;
    QString wordy_;
};

void EngineContextTest::initTestCase() {
    scripted_ = writeScripted(folder_);
    wordy_ = writeWordy(folder_);
}

void EngineContextTest::overflowComputesNothing() {
    EngineService engine;
    Recorder seen(engine);
    engine.load({scripted_, 2});
    GenerateRequest request = question("x");
    request.turns[0].content = QStringLiteral("word ").repeated(600);
    request.contextLength = 128;
    const RequestId answer = engine.generate(request);
    QVERIFY(seen.waitFor(answer));
    QCOMPARE(seen.outcomes[answer].kind, Outcome::Failed);
    QCOMPARE(seen.outcomes[answer].failure.kind, FailureKind::ContextFull);
    QCOMPARE(seen.outcomes[answer].failure.availableTokens, 128);
    QVERIFY(seen.outcomes[answer].failure.neededTokens > 128);
    QVERIFY(seen.texts[answer].isEmpty());
}

void EngineContextTest::leavesOutTheOldest() {
    EngineService engine;
    Recorder seen(engine);
    engine.load({scripted_, 2});
    GenerateRequest request;
    request.sampling.temperature = 0;
    request.contextLength = 256;
    request.turns.append({QStringLiteral("system"), QStringLiteral("Be kind.")});
    for (int i = 0; i < 12; ++i) {
        request.turns.append({QStringLiteral("user"), QStringLiteral("abcdefgh ").repeated(4)});
        request.turns.append({QStringLiteral("assistant"), QStringLiteral("ijklmnop ").repeated(4)});
    }
    request.turns.append({QStringLiteral("user"), QStringLiteral("last")});
    request.mayDropOldest = true;
    const RequestId answer = engine.generate(request);
    QVERIFY(seen.waitFor(answer));
    QVERIFY2(seen.outcomes[answer].kind == Outcome::Answered,
             qPrintable(seen.outcomes[answer].failure.message));
    const AnswerStats stats = seen.outcomes[answer].stats;
    QVERIFY(stats.droppedTurns > 0);
    QCOMPARE(stats.droppedTurns % 2, 0);  // what is left begins with the person
    QVERIFY(stats.promptTokens <= 256 * 3 / 4);
}

void EngineContextTest::goesOnWithAText() {
    test::TestModel model;
    model.script = "there was a bird that sang all day until the sun went down behind the hill";
    model.chat_template.clear();
    model.turns = false;
    model.vocabulary = test::VocabularyKind::sentencepiece;
    model.name = "Tale";
    const QString path = writeModel(folder_, "tale.gguf", model);
    EngineService engine;
    Recorder seen(engine);
    const RequestId load = engine.load({path, 1});
    GenerateRequest request;
    request.text = QStringLiteral("Once upon a time </s><s>");
    request.sampling.maxTokens = 4;
    request.sampling.temperature = 0;
    const RequestId first = engine.generate(request);
    QVERIFY(seen.waitFor(first));
    QCOMPARE(seen.outcomes[load].model.chatTemplate, QStringLiteral("none"));
    QVERIFY2(seen.outcomes[first].kind == Outcome::Answered,
             qPrintable(seen.outcomes[first].failure.message));
    QVERIFY(!seen.texts[first].isEmpty());
    // What looks like a special token is letters, each of which counts.
    MeasureRequest measure;
    measure.text = QStringLiteral("Once upon a time ");
    const RequestId shorter = engine.measure(measure);
    QVERIFY(seen.waitFor(shorter));
    QVERIFY(seen.outcomes[first].stats.promptTokens > seen.outcomes[shorter].tokens + 4);

    // Going on with the same text computes only what has not been computed.
    *request.text += seen.texts[first];
    const RequestId second = engine.generate(request);
    QVERIFY(seen.waitFor(second));
    const AnswerStats stats = seen.outcomes[second].stats;
    QCOMPARE(stats.reusedTokens, stats.promptTokens - 1);
    QCOMPARE(stats.promptTokens, seen.outcomes[first].stats.promptTokens + 4);
    // In two steps as in one, and the way that it is kept and read again makes no difference.
    EngineService fresh;
    Recorder again(fresh);
    fresh.load({path, 1});
    request.text = QStringLiteral("Once upon a time </s><s>");
    request.sampling.maxTokens = 8;
    const RequestId whole = fresh.generate(request);
    QVERIFY(again.waitFor(whole));
    QCOMPARE(seen.texts[first] + seen.texts[second], again.texts[whole]);
}

void EngineContextTest::leavesOutTheBeginning() {
    EngineService engine;
    Recorder seen(engine);
    engine.load({wordy_, 1});
    GenerateRequest request;
    request.text = QStringLiteral("The first line.\n") + QStringLiteral("Some more words.\n").repeated(60);
    request.contextLength = 128;
    request.sampling.maxTokens = 8;
    request.sampling.temperature = 0;
    const RequestId refused = engine.generate(request);
    QVERIFY(seen.waitFor(refused));
    QCOMPARE(seen.outcomes[refused].failure.kind, FailureKind::ContextFull);
    QVERIFY(seen.outcomes[refused].failure.message.contains(QStringLiteral("text")));
    QVERIFY(seen.texts[refused].isEmpty());
    request.mayDropOldest = true;
    const RequestId cut = engine.generate(request);
    QVERIFY(seen.waitFor(cut));
    QVERIFY2(seen.outcomes[cut].kind == Outcome::Answered, qPrintable(seen.outcomes[cut].failure.message));
    const AnswerStats stats = seen.outcomes[cut].stats;
    QVERIFY(stats.promptTokens <= 96 && stats.promptTokens > 48);
    QVERIFY(stats.droppedText > 0);
    QCOMPARE((*request.text)[stats.droppedText - 1], QChar(u'\n'));
    // From the same place on, nothing is computed twice.
    request.text = request.text->mid(stats.droppedText) + seen.texts[cut];
    const RequestId next = engine.generate(request);
    QVERIFY(seen.waitFor(next));
    QCOMPARE(seen.outcomes[next].stats.droppedText, 0);
    QCOMPARE(seen.outcomes[next].stats.reusedTokens, seen.outcomes[next].stats.promptTokens - 1);
}

}  // namespace kinglet::gui

QTEST_GUILESS_MAIN(kinglet::gui::EngineContextTest)
#include "test_engine_context.moc"
