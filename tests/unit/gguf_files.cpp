// Files on the disk: mapping them, writing them whole or not at all, and what opening a model says of bad
// ones.
#include <QtTest>

#include <fstream>

#include "inference/engine/engine.h"
#include "inference/gguf/mapped_file.h"
#include "inference/gguf/reader.h"
#include "inference/gguf/writer.h"
#include "tests/support/files.h"
#include "tests/support/model_writer.h"

using namespace kinglet;

namespace {

std::size_t entries(const std::filesystem::path& folder) {
    const auto begin = std::filesystem::directory_iterator(folder);
    return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

gguf::Writer one_tensor() {
    gguf::Writer writer;
    writer.add_string("general.architecture", "none");
    writer.add_tensor("t", 0, std::vector<std::uint64_t>{8}, 32);
    return writer;
}

}  // namespace

class GgufFiles : public QObject {
    Q_OBJECT

    test::TemporaryFolder folder_;

  private slots:
    void maps_a_file() {
        test::write_file(folder_ / "bytes", "abc");
        const auto file = gguf::MappedFile::open(folder_ / "bytes");
        QVERIFY(file.has_value());
        QCOMPARE(file->bytes().size(), std::size_t{3});
        QCOMPARE(static_cast<char>(file->bytes()[2]), 'c');
        file->preload(0, 3);
        file->preload(1 << 20, ~0ULL);
    }

    void says_what_cannot_be_mapped() {
        test::write_file(folder_ / "empty.gguf", "");
        const auto code = [](const std::filesystem::path& path) {
            return gguf::MappedFile::open(path).error().code;
        };
        QCOMPARE(code(folder_ / "absent.gguf"), ErrorCode::not_found);
        QCOMPARE(code(folder_.path()), ErrorCode::not_a_file);
        QCOMPARE(code(folder_ / "empty.gguf"), ErrorCode::truncated);
        QCOMPARE(code("/dev/null"), ErrorCode::not_a_file);
    }

    void says_what_is_forbidden() {
        test::write_file(folder_ / "secret.gguf", "GGUF");
        std::filesystem::permissions(folder_ / "secret.gguf", std::filesystem::perms::none);
        if (std::ifstream(folder_ / "secret.gguf"))
            QSKIP("root may read every file, and Windows has other permissions");
        const auto file = gguf::MappedFile::open(folder_ / "secret.gguf");
        QVERIFY(!file.has_value());
        QCOMPARE(file.error().code, ErrorCode::permission_denied);
        QVERIFY(file.error().message.find("secret.gguf") != std::string::npos);
    }

    void writes_whole_files_only() {
        const test::TemporaryFolder place;
        const auto path = place / "model.gguf";
        test::write_file(path, "the old file");
        {
            gguf::Writer writer = one_tensor();
            QVERIFY(writer.begin(path).has_value());
            QVERIFY(!writer.finish().has_value());  // the tensor is missing
        }
        QCOMPARE(test::read_file(path), std::string("the old file"));
        QCOMPARE(entries(place.path()), std::size_t{1});

        gguf::Writer writer = one_tensor();
        QVERIFY(writer.begin(path).has_value());
        const std::vector<std::byte> data(32, std::byte{7});
        QVERIFY(writer.write(std::span(data).first(10)).has_value());
        QVERIFY(writer.write(std::span(data).subspan(10)).has_value());
        QVERIFY(!writer.write(data).has_value());  // more than was announced
        QVERIFY(writer.finish().has_value());
        QCOMPARE(entries(place.path()), std::size_t{1});
        const auto mapped = gguf::MappedFile::open(path);
        const auto file = gguf::File::parse(mapped->bytes(), "model.gguf");
        QVERIFY(file.has_value());
        QCOMPARE(file->data(*file->find_tensor("t"))[31], std::byte{7});
    }

    void says_where_it_cannot_write() {
        gguf::Writer writer = one_tensor();
        const auto status = writer.begin(folder_ / "no" / "such" / "folder.gguf");
        QVERIFY(!status.has_value());
        QCOMPARE(status.error().code, ErrorCode::not_found);
    }

    // One sentence that names the file and the cause, and what to do next, whatever is wrong with the file.
    void opening_names_file_and_cause_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("says");
        QTest::newRow("absent") << "absent.gguf"
                                << "does not exist";
        QTest::newRow("folder") << "."
                                << "is a folder";
        QTest::newRow("empty") << "empty.gguf"
                               << "is empty";
        QTest::newRow("no GGUF") << "text.gguf"
                                 << "is not a GGUF model file";
        QTest::newRow("cut off") << "cut.gguf"
                                 << "is cut off";
        QTest::newRow("architecture") << "architecture.gguf"
                                      << "the architecture \"none\" is not supported";
    }

    void opening_names_file_and_cause() {
        QFETCH(QString, file);
        QFETCH(QString, says);
        test::write_file(folder_ / "empty.gguf", "");
        test::write_file(folder_ / "text.gguf", "Once upon a time there was a file that was no model.");
        QVERIFY(test::write_model(folder_ / "good.gguf", {}).has_value());
        const std::string good = test::read_file(folder_ / "good.gguf");
        test::write_file(folder_ / "cut.gguf", good.substr(0, good.size() / 2));
        gguf::Writer writer = one_tensor();
        QVERIFY(writer.begin(folder_ / "architecture.gguf").has_value());
        QVERIFY(writer.write(std::vector<std::byte>(32)).has_value());
        QVERIFY(writer.finish().has_value());

        const auto path = file == "." ? folder_.path() : folder_ / file.toStdString();
        const auto model = engine::Model::load(path, {});
        QVERIFY(!model.has_value());
        const Error& error = model.error();
        QVERIFY2(QString::fromStdString(error.message).contains(says), error.message.c_str());
        QVERIFY2(error.message.find(path.string()) != std::string::npos, error.message.c_str());
        QCOMPARE(error.path, path.string());
        QVERIFY(!error.hint.empty());
    }

    void opening_survives_every_truncation() {
        QVERIFY(test::write_model(folder_ / "whole.gguf", {}).has_value());
        const std::string whole = test::read_file(folder_ / "whole.gguf");
        for (std::size_t i = 0; i < 60; ++i) {
            // Denser near the beginning, where the structure is.
            const std::size_t length = whole.size() * i * i / 3600;
            test::write_file(folder_ / "part.gguf", whole.substr(0, length));
            QVERIFY(!engine::Model::load(folder_ / "part.gguf", {}).has_value());
        }
    }
};

QTEST_GUILESS_MAIN(GgufFiles)
#include "gguf_files.moc"
