// What the converter reads from a checkpoint's files when they are damaged or hostile: every one is refused
// with a sentence that says why, and nothing is allocated on a file's word.
#include <QtTest>

#include <cstring>
#include <nlohmann/json.hpp>

#include "inference/convert/arrange.h"
#include "inference/convert/checkpoint.h"
#include "inference/convert/convert.h"
#include "inference/convert/plan.h"
#include "inference/convert/sentencepiece_model.h"
#include "inference/convert/tensor_stream.h"
#include "inference/convert/tokenizer_json.h"
#include "inference/tokenizer/pretokenizer.h"
#include "tests/support/files.h"

using namespace kinglet;
using convert::Json;

namespace {

std::string safetensors(const std::string& header, std::size_t data_bytes, std::uint64_t claimed) {
    std::string out(sizeof(claimed), '\0');
    std::memcpy(out.data(), &claimed, sizeof(claimed));
    return out + header + std::string(data_bytes, '\x01');
}

std::string safetensors(const std::string& header, std::size_t data_bytes) {
    return safetensors(header, data_bytes, header.size());
}

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// A file of one tensor of floats, all 1.5.
std::string one_tensor(const std::string& name, const std::vector<std::uint64_t>& shape) {
    std::uint64_t count = 1;
    for (const std::uint64_t n : shape) count *= n;
    const std::vector<float> values(count, 1.5F);
    const Json header = {{name, {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {0, count * 4}}}}};
    std::string out = safetensors(header.dump(), 0);
    out.append(reinterpret_cast<const char*>(values.data()), count * 4);
    return out;
}

convert::SourceTensor tensor(const std::vector<float>& values, std::vector<std::uint64_t> shape) {
    return {"t", convert::Element::f32, "F32", std::move(shape), std::as_bytes(std::span(values))};
}

std::vector<float> streamed(const convert::OutputTensor& out) {
    std::vector<std::byte> all;
    const auto status = convert::stream_tensor(out, [&](std::span<const std::byte> part) -> Status {
        all.insert(all.end(), part.begin(), part.end());
        return {};
    });
    if (!status) return {};
    std::vector<float> values(all.size() / sizeof(float));
    std::memcpy(values.data(), all.data(), values.size() * sizeof(float));
    return values;
}

/// What a rule of this kind makes of a tensor.
std::vector<float> arranged(const std::vector<float>& values, std::vector<std::uint64_t> shape,
                            convert::Rows rows, const convert::Facts& facts,
                            convert::Change change = convert::Change::none) {
    const convert::SourceTensor source = tensor(values, std::move(shape));
    auto result = convert::arrange({"t", "t", convert::Need::always, rows, change}, source, facts);
    if (!result) return {};
    convert::OutputTensor out;
    out.shape = result->dimensions;
    out.parts.push_back(std::move(result->part));
    return streamed(out);
}

}  // namespace

class ConvertFiles : public QObject {
    Q_OBJECT

  private slots:
    void damaged_safetensors_data();
    void damaged_safetensors();
    void sound_safetensors();
    void checkpoints_stay_in_their_folder_data();
    void checkpoints_stay_in_their_folder();
    void missing_parts_are_named();
    void pickled_weights_are_refused();
    void absurd_configs_data();
    void absurd_configs();
    void damaged_sentencepiece();
    void pretokenizers_are_recognised();
    void rows_find_their_places();
    void values_too_large_for_f16_are_refused();
};

void ConvertFiles::damaged_safetensors_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const std::string& file, const char* says) {
        QTest::newRow(name) << QByteArray(file.data(), static_cast<qsizetype>(file.size())) << says;
    };
    const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
    row("empty", "", "too short");
    row("length 2^60", safetensors(good, 8, 1ULL << 60), "header claims");
    row("length beyond", safetensors(good, 0, good.size() + 1), "ends inside its header");
    row("cut data", safetensors(good, 7), "outside the file");
    row("no JSON", safetensors("{\"a\":", 8), "not a JSON object");
    row("a list", safetensors("[1]", 8), "not a JSON object");
    row("twice",
        safetensors(
            R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
            8),
        "given twice");
    row("over one another",
        safetensors(
            R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
            8),
        "over one another");
    row("backwards", safetensors(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}})", 8),
        "outside the file");
    row("negative", safetensors(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}})", 8),
        "outside the file");
    row("other size", safetensors(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8),
        "does not fit");
    row("overflow",
        safetensors(
            R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}})", 8),
        "larger than any file");
    row("fractional", safetensors(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}})", 8),
        "no number");
    row("type", safetensors(R"({"a":{"dtype":"Q7","shape":[1],"data_offsets":[0,8]}})", 8), "unknown type");
    row("dimensions",
        safetensors(R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})", 8),
        "too many dimensions");
    row("no offsets", safetensors(R"({"a":{"dtype":"F32","shape":[1]}})", 8), "lacks");
    row("no entry", safetensors(R"({"a":7})", 8), "lacks");
}

void ConvertFiles::damaged_safetensors() {
    QFETCH(QByteArray, file);
    QFETCH(QString, says);
    const std::string text = file.toStdString();
    const auto parsed = convert::parse_safetensors(bytes_of(text), "w.safetensors");
    QVERIFY(!parsed.has_value());
    QVERIFY2(QString::fromStdString(parsed.error().message).contains(says), parsed.error().message.c_str());
    QVERIFY(QString::fromStdString(parsed.error().message).startsWith("w.safetensors: "));
    QVERIFY(!parsed.error().hint.empty());
}

void ConvertFiles::sound_safetensors() {
    const std::string text = safetensors(
        R"({"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2,2],"data_offsets":[4,12]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
        12);
    const auto parsed = convert::parse_safetensors(bytes_of(text), "w.safetensors");
    QVERIFY(parsed.has_value());
    QCOMPARE(parsed->size(), std::size_t{2});
    QCOMPARE(parsed->at(0).count(), std::uint64_t{1});
    QCOMPARE(parsed->at(1).data.size(), std::size_t{8});
    QVERIFY(parsed->at(1).element == convert::Element::bf16);
}

void ConvertFiles::checkpoints_stay_in_their_folder_data() {
    QTest::addColumn<QString>("part");
    for (const char* part : {"../model.safetensors", "/etc/passwd", "a/b.safetensors", "..", "", "model.bin",
                             "c:\\x.safetensors"})
        QTest::newRow(part) << part;
}

void ConvertFiles::checkpoints_stay_in_their_folder() {
    QFETCH(QString, part);
    const test::TemporaryFolder folder;
    const Json index = {{"weight_map", {{"w", part.toStdString()}}}};
    test::write_file(folder / "model.safetensors.index.json", index.dump());
    const auto opened = convert::Checkpoint::open(folder.path());
    QVERIFY(!opened.has_value());
    QVERIFY2(opened.error().message.find("no safetensors file of this folder") != std::string::npos,
             opened.error().message.c_str());
}

void ConvertFiles::missing_parts_are_named() {
    const test::TemporaryFolder folder;
    const Json index = {{"weight_map", {{"w", "part-1.safetensors"}, {"v", "part-2.safetensors"}}}};
    test::write_file(folder / "model.safetensors.index.json", index.dump());
    test::write_file(folder / "part-1.safetensors", one_tensor("w", {2}));
    auto opened = convert::Checkpoint::open(folder.path());
    QVERIFY(!opened.has_value());
    QVERIFY(opened.error().message.find("part-2.safetensors") != std::string::npos);
    test::write_file(folder / "part-2.safetensors", one_tensor("x", {2}));
    opened = convert::Checkpoint::open(folder.path());
    QVERIFY(!opened.has_value());
    QVERIFY(opened.error().message.find("the tensor v is not in part-2.safetensors") != std::string::npos);
    test::write_file(folder / "part-2.safetensors", one_tensor("w", {2}));
    opened = convert::Checkpoint::open(folder.path());
    QVERIFY(!opened.has_value());
    QVERIFY(opened.error().message.find("another file") != std::string::npos);
    test::write_file(folder / "part-2.safetensors", one_tensor("v", {2}));
    opened = convert::Checkpoint::open(folder.path());
    QVERIFY(opened.has_value());
    QVERIFY(opened->find("v") != nullptr && opened->find("u") == nullptr);
}

void ConvertFiles::pickled_weights_are_refused() {
    const test::TemporaryFolder folder;
    test::write_file(folder / "pytorch_model.bin", "PK");
    const auto opened = convert::Checkpoint::open(folder.path());
    QVERIFY(!opened.has_value());
    QVERIFY(opened.error().code == ErrorCode::unsupported);
    QVERIFY(opened.error().message.find("pytorch_model.bin") != std::string::npos);
    QVERIFY(opened.error().hint.find("safetensors") != std::string::npos);
}

void ConvertFiles::absurd_configs_data() {
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* change, const char* says) {
        Json config = {{"architectures", {"LlamaForCausalLM"}},
                       {"hidden_size", 8},
                       {"num_hidden_layers", 1},
                       {"num_attention_heads", 2},
                       {"intermediate_size", 8},
                       {"max_position_embeddings", 8},
                       {"rms_norm_eps", 1e-5}};
        config.update(Json::parse(change));
        QTest::newRow(name) << QByteArray::fromStdString(config.dump()) << says;
    };
    row("layers", R"({"num_hidden_layers": 4000000000})", "num_hidden_layers is 4000000000");
    row("negative layers", R"({"num_hidden_layers": -1})", "num_hidden_layers is -1");
    row("text", R"({"hidden_size": "many"})", "hidden_size is missing or of the wrong kind");
    row("no heads", R"({"num_attention_heads": 0})", "num_attention_heads is 0");
    row("width", R"({"hidden_size": 1e300})", "hidden_size");
    row("class", R"({"architectures": ["SomeNewModel"]})", "\"SomeNewModel\" is not supported");
    row("no class", R"({"architectures": []})", "does not name its architecture");
    row("rope", R"({"rope_scaling": {"type": "spiral", "factor": 2}})", "\"spiral\" is not known");
    row("factors", R"({"rope_scaling": {"type": "longrope", "long_factor": [1], "short_factor": [1]}})",
        "long_factor has 1 numbers");
    row("activation", R"({"hidden_act": "relu"})", "the activation \"relu\"");
    row("missing tensors", R"({})", "lacks tensors for llama: model.norm.weight");
    row("many layers", R"({"num_hidden_layers": 1024})", "and ");
}

void ConvertFiles::absurd_configs() {
    QFETCH(QByteArray, config);
    QFETCH(QString, says);
    const test::TemporaryFolder folder;
    test::write_file(folder / "config.json", config.toStdString());
    test::write_file(folder / "model.safetensors", one_tensor("model.embed_tokens.weight", {4, 8}));
    const auto report = convert::convert(folder.path(), folder / "out.gguf", {});
    QVERIFY(!report.has_value());
    const QString message = QString::fromStdString(report.error().message);
    QVERIFY2(message.contains(says.startsWith("lacks") ? "norm.weight" : says), qPrintable(message));
    QVERIFY(message.size() < 1000);
    QVERIFY(!std::filesystem::exists(folder / "out.gguf"));
}

void ConvertFiles::damaged_sentencepiece() {
    const std::string piece = std::string("\x0a\x01") + "a" + std::string("\x15\x00\x00\x80\xbf", 5);
    const std::string good = std::string("\x0a") + static_cast<char>(piece.size()) + piece;
    const auto parsed = convert::parse_sentencepiece(bytes_of(good), "t.model");
    QVERIFY(parsed.has_value());
    QCOMPARE(parsed->vocabulary.tokens, std::vector<std::string>{"a"});
    QCOMPARE(parsed->vocabulary.scores, std::vector<float>{-1.0F});
    for (std::size_t cut = 1; cut < good.size(); ++cut) {
        const std::string half = good.substr(0, cut);
        QVERIFY(!convert::parse_sentencepiece(bytes_of(half), "t.model").has_value());
    }
    const std::string type9 = std::string("\x0a\x05\x0a\x01") + "a" + "\x18\x09";
    for (const std::string& bad : {std::string(), std::string("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10),
                                   std::string(20, '\xff'), std::string("\x0b\x00", 2), type9}) {
        const auto refused = convert::parse_sentencepiece(bytes_of(bad), "t.model");
        QVERIFY(!refused.has_value());
        QVERIFY(refused.error().message.starts_with("t.model: "));
    }
}

void ConvertFiles::pretokenizers_are_recognised() {
    // Every row of the engine's table, written the way tokenizer.json writes it.
    for (const tokenizer::PretokenizerRow& row : tokenizer::pretokenizer_table()) {
        Json steps = Json::array();
        for (const std::string_view expression : row.published.empty() ? row.expressions : row.published)
            steps.push_back({{"type", "Split"},
                             {"pattern", {{"Regex", std::string(expression)}}},
                             {"behavior", "Isolated"}});
        steps.push_back({{"type", "ByteLevel"}, {"use_regex", false}});
        const Json json = {{"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", steps}}},
                           {"model", {{"type", "BPE"}, {"ignore_merges", row.whole_words_first}}}};
        const auto name = convert::recognise_pretokenizer(json, "tokenizer.json");
        QVERIFY2(name.has_value(), std::string(row.name).c_str());
        const tokenizer::PretokenizerRow* found = tokenizer::find_pretokenizer(*name);
        QVERIFY(found->expressions == row.expressions && found->whole_words_first == row.whole_words_first);
    }
    const Json unknown = Json::parse(
        R"({"pre_tokenizer":{"type":"Split","pattern":{"Regex":"[a-z]+"}},"model":{"type":"BPE"}})");
    const auto refused = convert::recognise_pretokenizer(unknown, "tokenizer.json");
    QVERIFY(!refused.has_value());
    QVERIFY(refused.error().message.find("[a-z]+") != std::string::npos);
    QVERIFY(refused.error().hint.find("--pre") != std::string::npos);
}

void ConvertFiles::rows_find_their_places() {
    using convert::Rows;
    convert::Facts facts;
    facts.heads = 2;
    facts.kv_heads = 1;
    facts.head_size = 4;
    facts.rope_size = 4;
    const std::vector<float> eight = {0, 1, 2, 3, 4, 5, 6, 7};
    QCOMPARE(arranged(eight, {8}, Rows::query, facts), (std::vector<float>{0, 2, 1, 3, 4, 6, 5, 7}));
    QCOMPARE(arranged({0, 1, 2, 3}, {4, 1}, Rows::key, facts), (std::vector<float>{0, 2, 1, 3}));
    QVERIFY(arranged(eight, {8}, Rows::key, facts).empty());
    QCOMPARE(arranged(eight, {2, 4}, Rows::transposed, facts), (std::vector<float>{0, 4, 1, 5, 2, 6, 3, 7}));
    QCOMPARE(arranged(eight, {2, 2, 2}, Rows::second_half, facts), (std::vector<float>{2, 3, 6, 7}));
    QCOMPARE(arranged(eight, {8}, Rows::same, facts, convert::Change::plus_one),
             (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}));
    facts.head_size = 1;
    QCOMPARE(arranged({0, 1, 2, 3, 4, 5}, {6}, Rows::interleaved, facts),
             (std::vector<float>{0, 3, 1, 4, 2, 5}));
    facts.key_heads = 2;
    facts.value_heads = 4;
    facts.state_size = 2;
    QCOMPARE(arranged({0, 1, 2, 3}, {4}, Rows::value_heads, facts), (std::vector<float>{0, 2, 1, 3}));
    QCOMPARE(arranged(eight, {8}, Rows::value_rows, facts), (std::vector<float>{0, 1, 4, 5, 2, 3, 6, 7}));
    QCOMPARE(arranged(eight, {1, 8}, Rows::value_columns, facts),
             (std::vector<float>{0, 1, 4, 5, 2, 3, 6, 7}));
}

void ConvertFiles::values_too_large_for_f16_are_refused() {
    const std::vector<float> values = {1.0F, 70000.0F};
    const convert::SourceTensor source = tensor(values, {1, 2});
    convert::OutputTensor out;
    out.name = "w";
    out.shape = {1, 2};
    out.type = DType::f16;
    out.parts.push_back({&source, 1, 2, false, {}, {}, convert::Change::none});
    const auto status = convert::stream_tensor(out, [](std::span<const std::byte>) { return Status(); });
    QVERIFY(!status.has_value());
    QVERIFY(status.error().message.find("w holds values") != std::string::npos);
}

QTEST_GUILESS_MAIN(ConvertFiles)
#include "convert_files.moc"
