// The copy of the weights that a model computes with: complete, and the same to the bit as the mapped file.
#include <QtTest>

#include <set>

#include "inference/arch/matrices.h"
#include "inference/arch/registry.h"
#include "inference/engine/engine.h"
#include "inference/engine/resident_weights.h"
#include "inference/gguf/model_file.h"
#include "inference/kernels/select.h"
#include "inference/quantize/quantize.h"
#include "tests/support/files.h"
#include "tests/support/fixture_models.h"

using namespace kinglet;

namespace {

const std::filesystem::path folder = std::filesystem::path(KINGLET_SOURCE_FOLDER) / "tests" / "golden";

test::Fixtures fixtures() {
    return *test::Fixtures::read(folder / "fixtures.json");
}

/// Tensors that no vector is multiplied with: rows are looked up, or the numbers stand for themselves.
bool is_no_matrix(std::string_view name) {
    static const std::set<std::string_view> looked_up{"token_embd.weight", "position_embd.weight",
                                                      "token_types.weight", "per_layer_token_embd.weight"};
    if (looked_up.contains(name)) return true;
    for (const std::string_view part : {"conv", "_norm.", "ssm_a", "ssm_d"}) {
        if (name.find(part) != std::string_view::npos) return true;
    }
    return false;
}

Result<std::vector<float>> compute(const std::filesystem::path& path, std::uint64_t resident_memory,
                                   const std::vector<int>& tokens, int batch) {
    engine::LoadOptions options;
    options.resident_memory = resident_memory;
    const auto model = engine::Model::load(path, options);
    if (!model) return tl::unexpected(model.error());
    if ((*model)->info().resident != (resident_memory != 0))
        return fail(ErrorCode::invalid_argument, "The weights are not where they were asked to be");
    engine::SessionOptions size;
    size.kv_type = engine::KvType::f32;
    size.batch_size = batch;
    auto session = engine::Session::create(*model, size);
    if (!session) return tl::unexpected(session.error());
    const bool scores = (*model)->info().generates || (*model)->info().fills_masks;
    return scores ? (*session)->logits(tokens) : (*session)->embed(tokens);
}

}  // namespace

class EngineResident : public QObject {
    Q_OBJECT

    test::TemporaryFolder temporary_;

  private slots:
    void every_architecture_computes_the_same_bits_data() {
        QTest::addColumn<QString>("name");
        const auto all = fixtures();
        for (const std::string& name : all.names())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }

    void every_architecture_computes_the_same_bits() {
        QFETCH(QString, name);
        const auto all = fixtures();
        const auto path = temporary_ / "model.gguf";
        QVERIFY(all.write(name.toStdString(), path).has_value());
        const auto small = temporary_ / "small.gguf";
        std::filesystem::remove(small);
        const auto quantized =
            quantize::quantize(*gguf::ModelFile::open(path), small, *quantize::find_scheme("Q8_0"), {});
        QVERIFY2(quantized.has_value(), quantized ? "" : quantized.error().message.c_str());
        for (const auto& file : {path, small}) {
            for (const int batch : {1, 5, 64}) {
                const auto mapped = compute(file, 0, all.tokens(), batch);
                QVERIFY2(mapped.has_value(), mapped ? "" : mapped.error().message.c_str());
                const auto resident = compute(file, ~0ULL, all.tokens(), batch);
                QVERIFY2(resident.has_value(), resident ? "" : resident.error().message.c_str());
                QVERIFY(*mapped == *resident);
            }
        }
    }

    void no_matrix_is_forgotten_data() { every_architecture_computes_the_same_bits_data(); }

    void no_matrix_is_forgotten() {
        QFETCH(QString, name);
        const auto path = temporary_ / "whole.gguf";
        QVERIFY(fixtures().write(name.toStdString(), path).has_value());
        const auto file = gguf::ModelFile::open(path);
        QVERIFY(file.has_value());
        const auto description = arch::describe(file->file);
        QVERIFY(description.has_value());
        std::set<const std::byte*> copied;
        arch::for_each_matrix(*description, [&](const TensorView& matrix) { copied.insert(matrix.data); });
        for (const gguf::TensorInfo& tensor : file->file.tensors()) {
            // Layers that predict further tokens ahead are not computed.
            const std::string beyond = "blk." + std::to_string(description->layers.size()) + ".";
            if (tensor.dimension_count < 2 || is_no_matrix(tensor.name) || tensor.name.starts_with(beyond))
                continue;
            QVERIFY2(copied.contains(file->file.data(tensor).data()), std::string(tensor.name).c_str());
        }
    }

    void a_model_that_may_not_be_copied_is_mapped() {
        const auto path = temporary_ / "mapped.gguf";
        QVERIFY(fixtures().write("llama", path).has_value());
        const auto file = gguf::ModelFile::open(path);
        const auto description = arch::describe(file->file);
        QVERIFY(description.has_value());
        const std::uint64_t needed = engine::ResidentWeights::bytes(*description, description->layers.size());
        QVERIFY(needed > 0);
        engine::LoadOptions options;
        options.resident_memory = needed - 1;
        const auto mapped = engine::Model::load(path, options);
        QVERIFY(mapped.has_value() && !(*mapped)->info().resident);
        options.resident_memory = needed;
        const auto resident = engine::Model::load(path, options);
        QVERIFY(resident.has_value() && (*resident)->info().resident);
    }
};

QTEST_GUILESS_MAIN(EngineResident)
#include "engine_resident.moc"
