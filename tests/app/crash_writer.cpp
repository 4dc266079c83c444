// Opens the program's models on a folder with the real engine, asks a question, and streams until it is
// killed. It says on standard output what is on the disk by then: "sent CHAT" and "kept CHAT CHARACTERS".
#include <QCoreApplication>
#include <QGuiApplication>
#include <QTimer>
#include <cstdio>

#include "app/gui/answers.h"
#include "app/gui/app_context.h"

using namespace kinglet::gui;

namespace {

void say(const QString& line) {
    std::printf("%s\n", qPrintable(line));
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    QGuiApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.size() != 4) return 2;
    AppOptions options;
    options.dataFolder = arguments[1];
    options.modelsFolder = arguments[1];
    options.modelFile = arguments[2];
    AppContext app(std::move(options));
    Conversation& chat = *app.conversation();
    bool asked = false;
    QObject::connect(app.model(), &ModelStatus::changed, &app, [&] {
        if (asked || app.model()->state() != ModelStatus::Ready) return;
        asked = true;
        QTimer::singleShot(0, &app, [&] {
            chat.setMaxTokens(0);
            chat.send(arguments[3]);
        });
    });
    QObject::connect(app.answers(), &Answers::started, &app, [&](AnswerJob* job) {
        say(QStringLiteral("sent %1").arg(job->chatId()));
        QObject::connect(job, &AnswerJob::kept, &app, [job](qint64 characters) {
            say(QStringLiteral("kept %1 %2").arg(job->chatId()).arg(characters));
        });
    });
    // The model ends its turn some time; then it is asked again.
    QObject::connect(&chat, &Conversation::answerFinished, &app, [&] { chat.send(arguments[3]); });
    app.start();
    return QGuiApplication::exec();
}
