// What quantizing loses, against files of the same model that another program quantized (../shared): every
// tensor at most as much, in as many bytes, and the logits too. And every format decodes to exactly what the
// reference computed with.
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "inference/engine/engine.h"
#include "inference/kernels/select.h"
#include "inference/quantize/quantize.h"
#include "tests/support/files.h"

using namespace kinglet;
namespace fs = std::filesystem;

namespace {

std::vector<float> values_of(const gguf::File& file, const gguf::TensorInfo& tensor) {
    const DTypeInfo& info = *find_dtype(tensor.type);
    std::vector<float> values(tensor.bytes / info.block_bytes * info.block_length);
    const auto* table = kernels::available_tables(CpuFeatures{}).front();
    table->of(info.type).to_float(file.data(tensor).data(), values.data(), values.size());
    return values;
}

double root_mean_square(const std::vector<float>& a, const std::vector<float>& b) {
    double error = 0;
    for (std::size_t i = 0; i < a.size(); ++i) error += std::pow(static_cast<double>(a[i]) - b[i], 2.0);
    return std::sqrt(error / static_cast<double>(a.size()));
}

}  // namespace

class SharedTest : public QObject {
    Q_OBJECT

    const fs::path shared_ = *test::shared_folder();
    const fs::path model_ = shared_ / "models" / "llama-gqa.gguf";
    // The golden's tokens first, then others: with random weights the error of one text is 5 % more or less
    // than that of the next.
    const std::vector<std::vector<int>> texts_ = texts();
    test::TemporaryFolder folder_;

    std::vector<std::vector<int>> texts() const {
        std::vector<std::vector<int>> all{test::read_token_ids(shared_ / "golden" / "tokens.json")};
        std::mt19937 random(7);
        const int most = *std::max_element(all[0].begin(), all[0].end());
        for (int i = 0; i < 12; ++i) {
            std::vector<int> text(all[0].size());
            for (int& token : text) token = static_cast<int>(random() % static_cast<unsigned>(most));
            all.push_back(std::move(text));
        }
        return all;
    }

    std::vector<float> golden(const std::string& name) {
        return test::read_floats(shared_ / "golden" / "logits" / (name + ".bin"));
    }

    /// Of the first `count` texts.
    std::vector<std::vector<float>> logits(const fs::path& path, std::size_t count = 1) {
        std::vector<std::vector<float>> all(count);
        const auto model = engine::Model::load(path, {});
        if (!model) return all;
        engine::SessionOptions options;
        options.kv_type = engine::KvType::f32;
        auto session = engine::Session::create(*model, options);
        for (std::size_t i = 0; i < count; ++i) all[i] = *(*session)->logits(texts_[i]);
        return all;
    }

    Result<quantize::Report> write(const fs::path& from, const fs::path& to, const char* scheme) {
        const auto source = gguf::ModelFile::open(from);
        if (!source) return tl::unexpected(source.error());
        return quantize::quantize(*source, to, *quantize::find_scheme(scheme), {});
    }

    /// The golden's tokens alone, and all texts together.
    void loses_no_more_of_the_logits(const fs::path& ours, const fs::path& theirs) {
        const auto exact = logits(model_, texts_.size());
        const auto our_logits = logits(ours, texts_.size());
        const auto their_logits = logits(theirs, texts_.size());
        double sum = 0;
        double their_sum = 0;
        for (std::size_t i = 0; i < texts_.size(); ++i) {
            const double loss = test::normalised_error(our_logits[i], exact[i]);
            const double their_loss = test::normalised_error(their_logits[i], exact[i]);
            if (i == 0) {
                qInfo("golden's tokens: error %.4g, reference %.4g", loss, their_loss);
                QVERIFY(loss <= their_loss);
            }
            sum += loss;
            their_sum += their_loss;
        }
        const double count = static_cast<double>(texts_.size());
        qInfo("%zu texts: error %.4g, reference %.4g", texts_.size(), sum / count, their_sum / count);
        QVERIFY(sum <= their_sum);
    }

  private slots:
    void loses_no_more_than_the_reference_data() {
        QTest::addColumn<QString>("scheme");
        QTest::addColumn<QString>("reference");
        for (const auto& [scheme, reference] :
             {std::pair("Q8_0", "q8_0"), std::pair("Q4_0", "q4_0"), std::pair("Q4_K_M", "q4_k_m"),
              std::pair("Q5_K_M", "q5_k_m"), std::pair("Q6_K", "q6_k"), std::pair("F16", "f16"),
              std::pair("BF16", "bf16")}) {
            QTest::newRow(scheme) << scheme << QString("llama-gqa-%1").arg(reference);
        }
    }

    void loses_no_more_than_the_reference() {
        QFETCH(QString, scheme);
        QFETCH(QString, reference);
        const fs::path out = folder_ / "out.gguf";
        const auto report = write(model_, out, qPrintable(scheme));
        QVERIFY2(report.has_value(), report ? "" : report.error().message.c_str());
        const auto exact = gguf::ModelFile::open(model_);
        const auto ours = gguf::ModelFile::open(out);
        const fs::path theirs_path = shared_ / "models" / "quant" / (reference.toStdString() + ".gguf");
        const auto theirs = gguf::ModelFile::open(theirs_path);
        QVERIFY(exact && ours && theirs);
        for (const gguf::TensorInfo& tensor : exact->file.tensors()) {
            const gguf::TensorInfo* mine = ours->file.find_tensor(tensor.name);
            const gguf::TensorInfo* other = theirs->file.find_tensor(tensor.name);
            QVERIFY(mine != nullptr && other != nullptr);
            QCOMPARE(mine->bytes, other->bytes);
            const std::vector<float> wanted = values_of(exact->file, tensor);
            const double error = root_mean_square(values_of(ours->file, *mine), wanted);
            const double limit = root_mean_square(values_of(theirs->file, *other), wanted);
            QVERIFY2(error <= limit, qPrintable(QString("%1: %2, reference %3")
                                                    .arg(QString::fromStdString(std::string(tensor.name)))
                                                    .arg(error)
                                                    .arg(limit)));
        }
        // What the engine computes from the blocks is what they stand for.
        const fs::path decoded = folder_ / "decoded.gguf";
        QVERIFY(write(out, decoded, "F32").has_value());
        const double error = test::normalised_error(logits(out)[0], logits(decoded)[0]);
        QVERIFY2(error <= 1e-3, qPrintable(QString::number(error)));
        const fs::path their_decoded = folder_ / "their_decoded.gguf";
        QVERIFY(write(theirs_path, their_decoded, "F32").has_value());
        loses_no_more_of_the_logits(decoded, their_decoded);
    }

    void every_format_decodes_exactly_data() {
        QTest::addColumn<QString>("file");
        for (const auto& entry : fs::directory_iterator(shared_ / "models" / "quant")) {
            const QString name = QString::fromStdString(entry.path().stem().string());
            QTest::newRow(qPrintable(name)) << QString::fromStdString(entry.path().string());
        }
    }

    void every_format_decodes_exactly() {
        QFETCH(QString, file);
        const fs::path from = file.toStdString();
        const fs::path decoded = folder_ / "decoded.gguf";
        const auto report = write(from, decoded, "F32");
        QVERIFY2(report.has_value(), report ? "" : report.error().message.c_str());
        QCOMPARE(report->types.size(), std::size_t{1});
        const double error = test::normalised_error(logits(decoded)[0], golden(from.stem().string()));
        QVERIFY2(error <= 1e-10, qPrintable(QString::number(error)));
    }
};

int main(int argc, char** argv) {
    if (!test::shared_folder()) {
        std::puts("SKIPPED: the folder of shared models (KINGLET_SHARED) is not there");
        return 77;
    }
    SharedTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "shared_test.moc"
