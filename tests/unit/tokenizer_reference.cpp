// Small vocabularies of our own, and the ids that data/make_tokenizer_cases.py, an independent
// implementation, gives.
#include <QtTest>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "inference/tokenizer/pretokenizer.h"
#include "inference/tokenizer/tokenizer.h"

using namespace kinglet;
using nlohmann::json;

namespace {

json read_cases(const char* name = "/tokenizer_cases.json") {
    std::ifstream in(std::string(KINGLET_TEST_DATA) + name, std::ios::binary);
    return json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
}

tokenizer::Vocabulary to_vocabulary(const json& model) {
    tokenizer::Vocabulary vocabulary;
    vocabulary.model = model["model"];
    vocabulary.pre = model["pre"];
    vocabulary.tokens = model["tokens"].get<std::vector<std::string>>();
    vocabulary.merges = model["merges"].get<std::vector<std::string>>();
    vocabulary.scores = model.value("scores", std::vector<float>());
    for (const int type : model["types"]) vocabulary.types.push_back(static_cast<tokenizer::TokenType>(type));
    vocabulary.bos = model.value("bos", no_token);
    vocabulary.eos = model.value("eos", no_token);
    vocabulary.unknown = model.value("unknown", no_token);
    vocabulary.separator = model.value("separator", no_token);
    vocabulary.classify = model.value("classify", no_token);
    vocabulary.mask = model.value("mask", no_token);
    vocabulary.padding = model.value("padding", no_token);
    return vocabulary;
}

std::string list_ids(const std::vector<Token>& ids) {
    return json(ids).dump();
}

}  // namespace

class TokenizerReference : public QObject {
    Q_OBJECT

  private slots:
    /// Every row of the table cuts as its published expressions do.
    void pieces_match_reference_data() {
        QTest::addColumn<int>("place");
        std::set<std::string> checked;
        for (const json& model : read_cases()) checked.insert(model["vocabulary"]["pre"]);
        const json cuts = read_cases("/pretokenizer_cases.json");
        for (std::size_t i = 1; i < cuts.size(); ++i) {
            const std::string pre = cuts[i]["pre"];
            checked.insert(pre);
            QTest::newRow(pre.c_str()) << static_cast<int>(i);
        }
        for (const auto& row : tokenizer::pretokenizer_table())
            QVERIFY2(checked.contains(std::string(row.name)), std::string(row.name).c_str());
    }

    void pieces_match_reference() {
        QFETCH(int, place);
        const json cuts = read_cases("/pretokenizer_cases.json");
        const json& wanted = cuts[static_cast<std::size_t>(place)];
        const auto* row = tokenizer::find_pretokenizer(wanted["pre"].get<std::string>());
        QVERIFY(row != nullptr);
        const auto cutter = tokenizer::Pretokenizer::compile(*row).value();
        for (std::size_t i = 0; i < cuts[0]["texts"].size(); ++i) {
            const std::string text = cuts[0]["texts"][i];
            json lengths = json::array();
            std::uint32_t begin = 0;
            for (const std::uint32_t end : cutter->cut(text)) {
                if (end > begin) lengths.push_back(end - begin);
                begin = end;
            }
            QVERIFY2(
                lengths == wanted["lengths"][i],
                (text + "\n got    " + lengths.dump() + "\n wanted " + wanted["lengths"][i].dump()).c_str());
        }
    }

    void matches_reference_data() {
        QTest::addColumn<int>("model");
        int row = 0;
        for (const json& model : read_cases()) {
            QTest::newRow(model["name"].get<std::string>().c_str()) << row++;
        }
        QVERIFY(row > 8);
    }

    void matches_reference() {
        QFETCH(int, model);
        const json all = read_cases();
        const json& row = all[static_cast<std::size_t>(model)];
        const auto made = tokenizer::Tokenizer::create(to_vocabulary(row["vocabulary"]));
        QVERIFY2(made.has_value(), made ? "" : made.error().message.c_str());
        const bool keeps_all = row["vocabulary"]["model"] != "bert";
        for (const json& example : row["cases"]) {
            const auto text = example["text"].get<std::string>();
            const auto ids = (*made)->encode(text);
            const auto wanted = example["ids"].get<std::vector<Token>>();
            QVERIFY2(ids == wanted,
                     (text + "\n got    " + list_ids(ids) + "\n wanted " + list_ids(wanted)).c_str());
            const bool marked = text.find("\xE2\x96\x81") != std::string::npos;
            if (keeps_all && !(marked && row["vocabulary"]["model"] != "gpt2")) {
                QCOMPARE((*made)->decode(ids), text);
            }
        }
        for (const json& example : row["special"]) {
            const auto text = example["text"].get<std::string>();
            const auto ids = (*made)->encode(text, {.parse_special = true});
            const auto wanted = example["ids"].get<std::vector<Token>>();
            QVERIFY2(ids == wanted,
                     (text + "\n got    " + list_ids(ids) + "\n wanted " + list_ids(wanted)).c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TokenizerReference)
#include "tokenizer_reference.moc"
