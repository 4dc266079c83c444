// Models that lie in several files: opening them from any part, and what is said of parts that are missing or
// do not belong together.
#include <QtTest>

#include <cstring>

#include "inference/engine/engine.h"
#include "inference/gguf/model_file.h"
#include "inference/gguf/writer.h"
#include "tests/support/files.h"
#include "tests/support/model_writer.h"
#include "tests/support/split_model.h"

using namespace kinglet;
namespace fs = std::filesystem;

namespace {

/// What a small part says of itself.
struct Claims {
    std::int32_t index = 0;
    std::int32_t count = 2;
    std::int32_t tensors = 2;
    const char* tensor = "a";
};

void write_part(const fs::path& path, const Claims& claims) {
    gguf::Writer writer;
    writer.add_string("general.architecture", "none");
    writer.add_i32("split.no", claims.index);
    writer.add_i32("split.count", claims.count);
    writer.add_i32("split.tensors.count", claims.tensors);
    writer.add_tensor(claims.tensor, 0, std::vector<std::uint64_t>{8}, 32);
    const std::vector<std::byte> bytes(32);
    if (!writer.begin(path) || !writer.write(bytes) || !writer.finish()) qFatal("a part was not written");
}

}  // namespace

class GgufParts : public QObject {
    Q_OBJECT

    test::TemporaryFolder folder_;
    std::vector<fs::path> parts_;

    fs::path named(int number, int count = 2) {
        return folder_ /
               ("hostile-0000" + std::to_string(number) + "-of-0000" + std::to_string(count) + ".gguf");
    }
    Error error_of(const fs::path& path) {
        const auto opened = gguf::ModelFile::open(path);
        return opened ? Error{} : opened.error();
    }

  private slots:
    void initTestCase() {
        test::TestModel model;
        QVERIFY(test::write_model(folder_ / "whole.gguf", model).has_value());
        auto parts = test::split_model(folder_ / "whole.gguf", folder_.path(), "cut", 3);
        QVERIFY(parts.has_value());
        parts_ = *parts;
    }

    void names_are_read() {
        const auto name = gguf::parse_part_name("/a/b-of-00002/some-model-00002-of-00012.gguf");
        QVERIFY(name.has_value());
        QCOMPARE(name->stem, std::string("some-model"));
        QCOMPARE(name->number, 2);
        QCOMPARE(name->count, 12);
        QCOMPARE(name->of_part(11), std::string("some-model-00011-of-00012.gguf"));
        for (const char* other :
             {"model.gguf", "-00001-of-00002.gguf", "m-1-of-2.gguf", "m-00001-of-00002.bin",
              "m-0000x-of-00002.gguf", "m_00001-of-00002.gguf", "m-00001-in-00002.gguf"}) {
            QVERIFY2(!gguf::parse_part_name(other), other);
        }
    }

    void any_part_opens_the_whole() {
        const auto whole = gguf::ModelFile::open(folder_ / "whole.gguf");
        QVERIFY(whole.has_value());
        for (const fs::path& part : parts_) {
            const auto model = gguf::ModelFile::open(part);
            QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());
            QCOMPARE(model->parts.size(), std::size_t{3});
            QCOMPARE(model->paths.front(), parts_.front());
            QCOMPARE(model->file.tensors().size(), whole->file.tensors().size());
            for (const gguf::TensorInfo& tensor : whole->file.tensors()) {
                const gguf::TensorInfo* other = model->file.find_tensor(tensor.name);
                QVERIFY(other != nullptr);
                const auto expected = whole->file.data(tensor);
                const auto found = model->file.data(*other);
                QCOMPARE(found.size(), expected.size());
                QVERIFY(std::memcmp(found.data(), expected.data(), found.size()) == 0);
                model->release(model->file.data(*other));
                QVERIFY(std::memcmp(found.data(), expected.data(), found.size()) == 0);
            }
            QVERIFY(model->file.metadata().has("tokenizer.ggml.tokens"));
            QVERIFY(model->size() > whole->size());
            model->preload(0, model->size() + 1);
            model->preload(model->size() - 1, 1);
        }
    }

    void the_engine_computes_the_same() {
        const std::vector<Token> tokens{5, 6, 7};
        std::vector<float> expected;
        for (const fs::path& path : {folder_ / "whole.gguf", parts_[1]}) {
            const auto model = engine::Model::load(path, {});
            QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());
            auto session = engine::Session::create(*model, {});
            QVERIFY(session.has_value());
            const auto logits = (*session)->logits(tokens);
            QVERIFY(logits.has_value());
            if (expected.empty()) expected = *logits;
            QVERIFY(*logits == expected);
        }
        QVERIFY(engine::Model::inspect(parts_[2]).has_value());
    }

    void a_missing_part_is_named() {
        test::TemporaryFolder other;
        for (const int kept : {0, 2}) fs::copy_file(parts_[kept], other / parts_[kept].filename().string());
        for (const int kept : {0, 2}) {
            const Error error = error_of(other / parts_[kept].filename().string());
            QCOMPARE(error.code, ErrorCode::not_found);
            QVERIFY2(error.message.find("cut-00002-of-00003.gguf") != std::string::npos,
                     error.message.c_str());
            QVERIFY(!error.hint.empty());
        }
        fs::remove(other / parts_[0].filename().string());
        const Error error = error_of(other / parts_[2].filename().string());
        QVERIFY2(error.message.find("cut-00001-of-00003.gguf") != std::string::npos, error.message.c_str());
        QVERIFY2(error.message.find("1 more") != std::string::npos, error.message.c_str());
        const auto loaded = engine::Model::load(other / parts_[2].filename().string(), {});
        QVERIFY(!loaded && loaded.error().code == ErrorCode::not_found);
    }

    void a_part_with_another_name_says_so() {
        fs::copy_file(parts_[1], folder_ / "renamed.gguf");
        const Error error = error_of(folder_ / "renamed.gguf");
        QVERIFY2(error.message.find("part 2 of 3") != std::string::npos, error.message.c_str());
        QVERIFY2(error.hint.find("renamed-00002-of-00003.gguf") != std::string::npos, error.hint.c_str());
    }

    void hostile_claims_are_one_clear_error_data() {
        QTest::addColumn<int>("first_index");
        QTest::addColumn<int>("first_count");
        QTest::addColumn<int>("second_index");
        QTest::addColumn<int>("second_count");
        QTest::addColumn<int>("tensors");
        QTest::addColumn<QString>("second_tensor");
        QTest::addColumn<QString>("names");
        QTest::newRow("sound") << 0 << 2 << 1 << 2 << 2 << "b"
                               << "";
        QTest::newRow("huge count") << 0 << 2147483647 << 1 << 2 << 2 << "b"
                                    << "2147483647";
        QTest::newRow("negative count") << 0 << -2 << 1 << 2 << 2 << "b"
                                        << "-2";
        QTest::newRow("index beyond the count") << 7 << 2 << 1 << 2 << 2 << "b"
                                                << "split.no is 7";
        QTest::newRow("negative index") << -1 << 2 << 1 << 2 << 2 << "b"
                                        << "split.no is -1";
        QTest::newRow("other count than the name") << 0 << 3 << 1 << 2 << 2 << "b"
                                                   << "part 1 of 3";
        QTest::newRow("other number than the name") << 1 << 2 << 1 << 2 << 2 << "b"
                                                    << "part 2 of 2";
        QTest::newRow("second says it is the first") << 0 << 2 << 0 << 2 << 2 << "b"
                                                     << "hostile-00002";
        QTest::newRow("second is of another model") << 0 << 2 << 1 << 3 << 2 << "b"
                                                    << "hostile-00002";
        QTest::newRow("second is a whole model") << 0 << 2 << 0 << 1 << 2 << "b"
                                                 << "whole model";
        QTest::newRow("tensors are missing") << 0 << 2 << 1 << 2 << 9 << "b"
                                             << "should hold 9";
        QTest::newRow("a tensor is in both") << 0 << 2 << 1 << 2 << 2 << "a"
                                             << "tensor a";
    }

    void hostile_claims_are_one_clear_error() {
        QFETCH(int, first_index);
        QFETCH(int, first_count);
        QFETCH(int, second_index);
        QFETCH(int, second_count);
        QFETCH(int, tensors);
        QFETCH(QString, second_tensor);
        QFETCH(QString, names);
        const QByteArray tensor = second_tensor.toUtf8();
        write_part(named(1), {first_index, first_count, tensors, "a"});
        write_part(named(2), {second_index, second_count, tensors, tensor.constData()});
        const auto opened = gguf::ModelFile::open(named(1));
        QCOMPARE(opened.has_value(), names.isEmpty());
        if (opened) return;
        QCOMPARE(opened.error().code, ErrorCode::bad_format);
        QVERIFY2(QString::fromStdString(opened.error().message).contains(names),
                 opened.error().message.c_str());
        QVERIFY(!opened.error().hint.empty());
    }

    void a_damaged_part_is_named() {
        write_part(named(1), {});
        test::write_file(named(2), "GGUF");
        const Error error = error_of(named(1));
        QCOMPARE(error.code, ErrorCode::truncated);
        QVERIFY2(error.message.find("hostile-00002") != std::string::npos, error.message.c_str());
    }
};

QTEST_GUILESS_MAIN(GgufParts)
#include "gguf_parts.moc"
