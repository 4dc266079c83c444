// The templates of ../shared/golden/templates, rendered to the byte, or refused where the reference refuses.
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "inference/chat/chat_template.h"

using namespace kinglet;
using chat::Json;

namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::filesystem::path golden_folder() {
    return std::filesystem::path(qEnvironmentVariable("KINGLET_SHARED").toStdString()) / "golden" /
           "templates";
}

std::chrono::local_seconds parse_date(const std::string& text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    std::sscanf(text.c_str(), "%d-%u-%u", &year, &month, &day);
    return std::chrono::local_days(std::chrono::year(year) / std::chrono::month(month) /
                                   std::chrono::day(day));
}

}  // namespace

class ChatGolden : public QObject {
    Q_OBJECT

  private slots:
    void renders_as_reference_data() {
        QTest::addColumn<QString>("path");
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator(golden_folder(), none)) {
            if (entry.path().extension() != ".json") continue;
            const QString name = QString::fromStdString(entry.path().stem().string());
            QTest::newRow(qPrintable(name)) << QString::fromStdString(entry.path().string());
        }
        if (QTest::currentDataTag() == nullptr && !std::filesystem::exists(golden_folder())) {
            QTest::newRow("absent") << QString();
        }
    }

    void renders_as_reference() {
        QFETCH(QString, path);
        if (path.isEmpty()) QSKIP("../shared/golden/templates is not here");
        const Json golden = Json::parse(read_file(path.toStdString()));
        const auto folder = golden_folder();
        const std::string text = read_file(folder / golden["template"].get<std::string>());
        const auto parsed = chat::Template::parse(text);
        QVERIFY2(parsed.has_value(), parsed ? "" : parsed.error().message.c_str());
        for (const Json& example : golden["cases"]) {
            chat::RenderInput input;
            input.messages = example["messages"];
            if (example.contains("tools")) input.tools = example["tools"];
            input.add_generation_prompt = example["add_generation_prompt"].get<bool>();
            input.bos_token = example["bos_token"].get<std::string>();
            input.eos_token = example["eos_token"].get<std::string>();
            input.now = parse_date(golden["now"].get<std::string>());
            const Result<std::string> prompt = parsed->render(input);
            const std::string dialogue = example["dialogue"].get<std::string>();
            if (example.contains("error")) {
                QVERIFY2(!prompt.has_value(), dialogue.c_str());
                const std::string wanted = example["error"].get<std::string>();
                QVERIFY2(prompt.error().message.find(wanted) != std::string::npos,
                         prompt.error().message.c_str());
            } else {
                QVERIFY2(prompt.has_value(),
                         prompt ? "" : (dialogue + ": " + prompt.error().message).c_str());
                const std::string wanted = example["expect"].get<std::string>();
                if (*prompt != wanted) {
                    qWarning("%s\n--- got\n%s\n--- wanted\n%s", dialogue.c_str(), prompt->c_str(),
                             wanted.c_str());
                }
                QVERIFY2(*prompt == wanted, dialogue.c_str());
            }
        }
    }
};

QTEST_GUILESS_MAIN(ChatGolden)
#include "chat_golden.moc"
