// Whole files written in another format, from models that are made from a seed.
#include <QtTest>

#include <cmath>
#include <limits>
#include <set>

#include "inference/engine/engine.h"
#include "inference/gguf/writer.h"
#include "inference/quantize/quantize.h"
#include "tests/support/files.h"
#include "tests/support/model_writer.h"
#include "tests/support/split_model.h"

using namespace kinglet;
namespace fs = std::filesystem;

namespace {

/// A model of ten layers whose rows divide into blocks of 256 values.
test::TestModel deep_model() {
    test::TestModel model;
    model.width = 256;
    model.ff = 256;
    model.layers = 10;
    return model;
}

std::size_t entries(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

Result<quantize::Report> written(const fs::path& from, const fs::path& to, const char* scheme,
                                 const quantize::Options& options = {}) {
    const auto source = gguf::ModelFile::open(from);
    if (!source) return tl::unexpected(source.error());
    return quantize::quantize(*source, to, *quantize::find_scheme(scheme), options);
}

DType type_of(const gguf::File& file, const char* name) {
    const gguf::TensorInfo* tensor = file.find_tensor(name);
    return tensor != nullptr ? find_dtype(tensor->type)->type : DType::i8;
}

/// A file with one matrix.
void write_matrix(const fs::path& path, const std::vector<float>& values, std::uint64_t columns) {
    gguf::Writer writer;
    writer.add_string("general.architecture", "none");
    writer.add_tensor("output.weight", 0, std::vector<std::uint64_t>{columns, values.size() / columns},
                      values.size() * sizeof(float));
    if (!writer.begin(path) || !writer.write(std::as_bytes(std::span(values))) || !writer.finish()) {
        qFatal("the matrix was not written");
    }
}

}  // namespace

class FilesTest : public QObject {
    Q_OBJECT

    test::TemporaryFolder folder_;
    fs::path model_ = folder_ / "model.gguf";

  private slots:
    void initTestCase() { QVERIFY(test::write_model(model_, deep_model()).has_value()); }

    void metadata_and_small_tensors_are_as_they_were() {
        const fs::path out = folder_ / "copy.gguf";
        QVERIFY(written(model_, out, "q4_k_m").has_value());
        const auto before = gguf::ModelFile::open(model_);
        const auto after = gguf::ModelFile::open(out);
        QVERIFY(before && after);
        for (std::size_t i = 0; i < before->file.metadata().size(); ++i) {
            const gguf::Value& expected = before->file.metadata().value(i);
            const gguf::Value* found = after->file.metadata().find(before->file.metadata().key(i));
            QVERIFY(found != nullptr);
            QCOMPARE(found->type, expected.type);
            QVERIFY(std::ranges::equal(found->raw, expected.raw));
            QVERIFY(found->strings == expected.strings);
        }
        QCOMPARE(*after->file.metadata().required_int("general.file_type"), 15);
        QCOMPARE(*after->file.metadata().required_int("general.quantization_version"), 2);
        QCOMPARE(after->file.tensors().size(), before->file.tensors().size());
        for (const gguf::TensorInfo& tensor : before->file.tensors()) {
            const gguf::TensorInfo* other = after->file.find_tensor(tensor.name);
            QVERIFY(other != nullptr && other->dimensions == tensor.dimensions);
            if (tensor.dimension_count > 1) continue;
            QCOMPARE(other->type, tensor.type);
            QVERIFY(std::ranges::equal(after->file.data(*other), before->file.data(tensor)));
        }
        QCOMPARE(engine::Model::inspect(out)->quantization, std::string("Q4_K_M"));
    }

    void mixes_give_more_bits_where_errors_hurt() {
        const fs::path out = folder_ / "mix.gguf";
        const auto report = written(model_, out, "Q4_K_M");
        QVERIFY(report.has_value());
        const auto file = gguf::ModelFile::open(out);
        QCOMPARE(type_of(file->file, "output.weight"), DType::q6_k);
        QCOMPARE(type_of(file->file, "token_embd.weight"), DType::q4_k);
        // Ten layers: the first, every third of the following, and from the eighth on all.
        const std::set<int> more{0, 3, 6, 8, 9};
        for (int layer = 0; layer < 10; ++layer) {
            const auto name = [layer](const char* part) {
                return "blk." + std::to_string(layer) + "." + part + ".weight";
            };
            const DType expected = more.contains(layer) ? DType::q6_k : DType::q4_k;
            QCOMPARE(type_of(file->file, name("attn_v").c_str()), expected);
            QCOMPARE(type_of(file->file, name("ffn_down").c_str()), expected);
            QCOMPARE(type_of(file->file, name("attn_k").c_str()), DType::q4_k);
            QCOMPARE(type_of(file->file, name("ffn_norm").c_str()), DType::f32);
        }
        QCOMPARE(report->types.at(DType::q6_k), std::size_t{11});
        quantize::Options even;
        even.even = true;
        const auto pure = written(model_, folder_ / "even.gguf", "Q4_K_M", even);
        QVERIFY(pure.has_value());
        QVERIFY(!pure->types.contains(DType::q6_k));
        QVERIFY(pure->bytes_after < report->bytes_after);
    }

    void every_scheme_can_be_run_data() {
        QTest::addColumn<QString>("name");
        for (const quantize::Scheme& scheme : quantize::schemes()) {
            const QString name =
                QString::fromUtf8(scheme.name.data(), static_cast<qsizetype>(scheme.name.size()));
            QTest::newRow(qPrintable(name)) << name;
        }
    }

    void every_scheme_can_be_run() {
        QFETCH(QString, name);
        const fs::path out = folder_ / "scheme.gguf";
        const auto report = written(model_, out, qPrintable(name));
        QVERIFY2(report.has_value(), report ? "" : report.error().message.c_str());
        QCOMPARE(engine::Model::inspect(out)->quantization, name.toStdString());
        const std::vector<Token> tokens{5, 6, 7, 8};
        std::vector<std::vector<float>> results;
        for (const fs::path& path : {model_, out}) {
            const auto model = engine::Model::load(path, {});
            QVERIFY(model.has_value());
            auto session = engine::Session::create(*model, {});
            results.push_back(*(*session)->logits(tokens));
        }
        // Ten layers of random weights add their errors up; a wrong block would leave nothing alike.
        QVERIFY(test::normalised_error(results[1], results[0]) < 0.2);
    }

    void rows_that_do_not_divide_fall_back_and_say_so() {
        test::TestModel narrow;  // rows of 64 and 128 values
        const fs::path small = folder_ / "narrow.gguf";
        QVERIFY(test::write_model(small, narrow).has_value());
        const fs::path out = folder_ / "fallback.gguf";
        for (const auto& [scheme, used] : {std::pair("Q4_K_M", DType::q5_0), std::pair("Q5_K_M", DType::q5_1),
                                           std::pair("Q6_K", DType::q8_0)}) {
            const auto report = written(small, out, scheme);
            QVERIFY(report.has_value());
            QCOMPARE(report->fallbacks.size(), std::size_t{16});
            for (const quantize::Fallback& fallback : report->fallbacks) QCOMPARE(fallback.used, used);
            QVERIFY(engine::Model::load(out, {}).has_value());
        }
        QVERIFY(written(small, out, "Q8_0")->fallbacks.empty());
        write_matrix(small, std::vector<float>(40, 1.0F), 20);
        const auto odd = written(small, out, "Q8_0");
        QCOMPARE(odd->fallbacks.size(), std::size_t{1});
        QCOMPARE(odd->fallbacks[0].used, DType::f16);
    }

    void threads_do_not_change_a_byte() {
        quantize::Options one;
        one.threads = 1;
        quantize::Options three;
        three.threads = 3;
        QVERIFY(written(model_, folder_ / "one.gguf", "Q4_K_M", one).has_value());
        QVERIFY(written(model_, folder_ / "three.gguf", "Q4_K_M", three).has_value());
        QVERIFY(test::read_file(folder_ / "one.gguf") == test::read_file(folder_ / "three.gguf"));
    }

    void parts_become_one_file() {
        const auto parts = test::split_model(model_, folder_.path(), "cut", 3);
        QVERIFY(parts.has_value());
        QVERIFY(written(model_, folder_ / "whole-q8.gguf", "Q8_0").has_value());
        QVERIFY(written((*parts)[1], folder_ / "cut-q8.gguf", "Q8_0").has_value());
        QVERIFY(test::read_file(folder_ / "whole-q8.gguf") == test::read_file(folder_ / "cut-q8.gguf"));
        for (const fs::path& part : *parts) {
            const auto refused = written((*parts)[0], part, "Q8_0");
            QVERIFY(!refused && refused.error().code == ErrorCode::invalid_argument);
        }
    }

    void quantized_files_can_be_read_too() {
        const fs::path first = folder_ / "first-q8.gguf";
        QCOMPARE(written(model_, first, "Q8_0")->quantized_twice, std::size_t{0});
        const auto second = written(first, folder_ / "second.gguf", "Q4_0");
        QVERIFY(second.has_value());
        QCOMPARE(second->quantized_twice, second->types.at(DType::q4_0) + second->types.at(DType::q6_k));
        // What has the type already is not rounded again.
        QCOMPARE(written(first, folder_ / "same.gguf", "Q8_0")->quantized_twice, std::size_t{0});
        QVERIFY(test::read_file(first) == test::read_file(folder_ / "same.gguf"));
    }

    void the_source_is_never_overwritten() {
        const std::string before = test::read_file(model_);
        std::error_code unable;  // Windows keeps symbolic links for accounts with a right
        fs::create_symlink(model_, folder_ / "link.gguf", unable);
        if (unable) fs::create_hard_link(model_, folder_ / "link.gguf");
        for (const fs::path& target : {model_, folder_ / "link.gguf", folder_ / "." / "model.gguf"}) {
            const auto refused = written(model_, target, "Q8_0");
            QVERIFY(!refused);
            QCOMPARE(refused.error().code, ErrorCode::invalid_argument);
        }
        QVERIFY(test::read_file(model_) == before);
    }

    void failures_leave_no_file() {
        test::TemporaryFolder target;
        std::vector<float> values(2 * 256, 0.5F);
        const fs::path bad = folder_ / "bad.gguf";
        for (const float value : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, 1e20F}) {
            values[300] = value;
            write_matrix(bad, values, 256);
            for (const char* scheme : {"F16", "Q4_K_M"}) {
                const auto failed = written(bad, target / "out.gguf", scheme);
                QVERIFY(!failed);
                QCOMPARE(failed.error().code, ErrorCode::bad_format);
                QVERIFY(failed.error().message.find("output.weight") != std::string::npos);
            }
        }
        QVERIFY(written(bad, target / "large.gguf", "BF16").has_value());
        fs::remove(target / "large.gguf");

        std::stop_source stop;
        quantize::Options options;
        options.stop = stop.get_token();
        int told = 0;
        options.on_progress = [&](float share) {
            QVERIFY(share >= 0 && share <= 1);
            if (++told == 3) stop.request_stop();
        };
        const auto stopped = written(model_, target / "out.gguf", "Q8_0", options);
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().code, ErrorCode::cancelled);
        QCOMPARE(told, 3);
        QCOMPARE(entries(target.path()), std::size_t{0});

        QCOMPARE(written(model_, target.path(), "Q8_0").error().code, ErrorCode::not_a_file);
        QCOMPARE(written(model_, target / "no" / "out.gguf", "Q8_0").error().code, ErrorCode::not_found);
    }

    void a_file_of_that_name_is_replaced_at_the_end() {
        const fs::path out = folder_ / "old.gguf";
        test::write_file(out, "what was there before");
        std::stop_source stop;
        stop.request_stop();
        quantize::Options options;
        options.stop = stop.get_token();
        QVERIFY(!written(model_, out, "Q8_0", options));
        QCOMPARE(test::read_file(out), std::string("what was there before"));
        QVERIFY(written(model_, out, "Q8_0").has_value());
        QVERIFY(gguf::ModelFile::open(out).has_value());
    }

    void names_are_found_in_any_case() {
        QCOMPARE(quantize::find_scheme("q4_k_m"), quantize::find_scheme("Q4_K_M"));
        QVERIFY(quantize::find_scheme("Q4_K_M") != nullptr);
        QVERIFY(quantize::find_scheme("Q4_K") == nullptr);
        QVERIFY(quantize::find_scheme("") == nullptr);
    }
};

QTEST_GUILESS_MAIN(FilesTest)
#include "files_test.moc"
