// A real engine on its thread, what it told, and the small models that its tests ask.
#pragma once

#include <QHash>
#include <QTemporaryDir>
#include <QtTest>

#include "app/gui/engine_service.h"
#include "tests/support/model_writer.h"

namespace kinglet::gui {

/// Records what a service tells.
struct Recorder : QObject {
    explicit Recorder(EngineInterface& engine) {
        connect(&engine, &EngineInterface::finished, this, [this](RequestId id, const Outcome& outcome) {
            ++ends[id];
            outcomes.insert(id, outcome);
        });
        connect(&engine, &EngineInterface::textReady, this,
                [this](RequestId id, const QString& text, int, int, double) {
                    if (ends.contains(id)) ++late;
                    texts[id] += text;
                });
        connect(&engine, &EngineInterface::loadProgress, this,
                [this](RequestId, double fraction) { progress = fraction; });
    }
    bool waitFor(RequestId id) {
        return QTest::qWaitFor([&] { return ends.contains(id); }, 60000);
    }
    QHash<RequestId, int> ends;
    QHash<RequestId, Outcome> outcomes;
    QHash<RequestId, QString> texts;
    double progress = 0;
    int late = 0;
};

inline GenerateRequest question(const char* text, int maxTokens = 24) {
    GenerateRequest request;
    request.turns = {{QStringLiteral("user"), QString::fromLatin1(text)}};
    request.sampling.maxTokens = maxTokens;
    request.sampling.temperature = 0;
    return request;
}

/// Writes a model into a folder; the path.
inline QString writeModel(const QTemporaryDir& folder, const char* name, const test::TestModel& model) {
    const QString path = folder.filePath(QLatin1String(name));
    const Status written = test::write_model(std::filesystem::path(path.toStdString()), model);
    if (!written) qFatal("%s", written.error().message.c_str());
    return path;
}

/// Always says the same.
inline QString writeScripted(const QTemporaryDir& folder) {
    test::TestModel model;
    model.script = "The kinglet is a very small bird. It sings **all day** — Größe 5 cm.";
    return writeModel(folder, "scripted.gguf", model);
}

/// Random weights end a turn by chance; this one's words are many.
inline QString writeEndless(const QTemporaryDir& folder) {
    test::TestModel random;
    random.seed = 7;
    random.layers = 4;
    random.width = 128;
    random.ff = 256;
    random.context_length = 4096;
    return writeModel(folder, "endless.gguf", random);
}

/// Says 250 words in paragraphs.
inline QString writeWordy(const QTemporaryDir& folder) {
    test::TestModel wordy;
    for (int i = 0; i < 250; ++i) wordy.script += "word" + std::to_string(i) + (i % 40 == 39 ? "\n\n" : " ");
    wordy.context_length = 1024;
    return writeModel(folder, "wordy.gguf", wordy);
}

}  // namespace kinglet::gui
