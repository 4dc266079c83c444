// The vocabularies of ../shared/golden/tokenizers, cut exactly as the reference cuts them.
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "inference/gguf/mapped_file.h"
#include "inference/gguf/reader.h"
#include "inference/tokenizer/tokenizer.h"

using namespace kinglet;

namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The texts of an .inp file: each ends before a line "__ggml_vocab_test__".
std::vector<std::string> split_texts(const std::string& all) {
    constexpr std::string_view mark = "\n__ggml_vocab_test__\n";
    std::vector<std::string> texts;
    std::size_t at = 0;
    for (std::size_t end; (end = all.find(mark, at)) != std::string::npos; at = end + mark.size()) {
        texts.push_back(all.substr(at, end - at));
    }
    return texts;
}

std::vector<std::vector<Token>> read_ids(const std::string& all) {
    std::vector<std::vector<Token>> lists;
    std::istringstream lines(all);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        lists.emplace_back(std::istream_iterator<Token>(words), std::istream_iterator<Token>());
    }
    return lists;
}

std::filesystem::path golden_folder() {
    return std::filesystem::path(qEnvironmentVariable("KINGLET_SHARED").toStdString()) / "golden" /
           "tokenizers";
}

}  // namespace

class TokenizerGolden : public QObject {
    Q_OBJECT

  private slots:
    void matches_reference_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"llama-spm", "gpt-2", "llama-bpe", "qwen2", "phi-3", "bert-bge"}) {
            QTest::newRow(name) << QString(name);
        }
    }

    void matches_reference() {
        QFETCH(QString, name);
        const auto path = golden_folder() / ("ggml-vocab-" + name.toStdString() + ".gguf");
        if (!std::filesystem::exists(path)) QSKIP("../shared/golden/tokenizers is not here");
        const auto mapped = gguf::MappedFile::open(path);
        QVERIFY(mapped.has_value());
        const auto file = gguf::File::parse(mapped->bytes(), path.string());
        QVERIFY2(file.has_value(), file ? "" : file.error().message.c_str());
        auto vocabulary = tokenizer::read_vocabulary(file->metadata());
        QVERIFY2(vocabulary.has_value(), vocabulary ? "" : vocabulary.error().message.c_str());
        const auto made = tokenizer::Tokenizer::create(std::move(*vocabulary));
        QVERIFY2(made.has_value(), made ? "" : made.error().message.c_str());
        const tokenizer::Tokenizer& tokenizer = **made;

        const auto texts = split_texts(read_file(path.string() + ".inp"));
        const auto expected = read_ids(read_file(path.string() + ".out"));
        QCOMPARE(texts.size(), expected.size());
        QVERIFY(texts.size() > 40);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const auto ids = tokenizer.encode(texts[i]);
            QVERIFY2(ids == expected[i], describe(tokenizer, texts[i], ids, expected[i]).constData());
            if (name != "bert-bge") QCOMPARE(tokenizer.decode(ids), texts[i]);
        }
    }

  private:
    static QByteArray describe(const tokenizer::Tokenizer& tokenizer, const std::string& text,
                               const std::vector<Token>& got, const std::vector<Token>& wanted) {
        std::ostringstream out;
        out << "text <" << text << ">\n got   ";
        for (const Token id : got) out << ' ' << id << '|' << tokenizer.text(id);
        out << "\n wanted";
        for (const Token id : wanted) out << ' ' << id << '|' << tokenizer.text(id);
        return QByteArray::fromStdString(out.str());
    }
};

QTEST_GUILESS_MAIN(TokenizerGolden)
#include "tokenizer_golden.moc"
