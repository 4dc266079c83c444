// Files with names beyond ASCII and paths beyond the 260 characters that Windows allows by itself.
#include <QtTest>

#include "inference/engine/engine.h"
#include "inference/gguf/atomic_file.h"
#include "inference/gguf/mapped_file.h"
#include "tests/support/files.h"
#include "tests/support/model_writer.h"

using namespace kinglet;

namespace {

// German, Greek, Japanese, and a character beyond the 16 bits of one UTF-16 unit.
const std::string letters = "Größe αβγ 日本 \xF0\x9F\x90\xA6";

/// Writes a file in two pieces and reads it back through a mapping.
std::string round_trip(const std::filesystem::path& path) {
    auto file = gguf::AtomicFile::create(path);
    if (!file) return file.error().message;
    const std::string text = "kinglet";
    for (const char letter : text) {
        const auto byte = static_cast<std::byte>(letter);
        if (const auto written = file->write({&byte, 1}); !written) return written.error().message;
    }
    if (const auto done = file->commit(); !done) return done.error().message;
    const auto mapped = gguf::MappedFile::open(path);
    if (!mapped) return mapped.error().message;
    const auto* begin = reinterpret_cast<const char*>(mapped->bytes().data());
    return {begin, mapped->bytes().size()};
}

}  // namespace

class FilePaths : public QObject {
    Q_OBJECT

    test::TemporaryFolder folder_;

    /// A folder whose path has more than 400 characters, as a person gives it: without the prefix that lifts
    /// the limit on Windows, with which it is made here.
    std::filesystem::path deep_folder() {
        std::filesystem::path plain = folder_.path();
        std::filesystem::path made = test::unlimited(folder_.path());
        for (char name = 'a'; name < 'i'; ++name) {
            plain /= std::string(50, name);
            made /= std::string(50, name);
        }
        std::filesystem::create_directories(made);
        return plain;
    }

  private slots:
    void names_beyond_ascii() {
        const auto path = folder_ / (letters + ".gguf");
        QCOMPARE(round_trip(path), std::string("kinglet"));
        // The very name, and none that merely looks like it.
        QCOMPARE(std::filesystem::directory_iterator(folder_.path())->path().u8string(), path.u8string());
    }

    void messages_name_them_in_utf8() {
        const auto missing = gguf::MappedFile::open(folder_ / (letters + " absent"));
        QVERIFY(!missing.has_value());
        QVERIFY2(missing.error().message.find(letters + " absent") != std::string::npos,
                 missing.error().message.c_str());
    }

    void long_paths() {
        const auto deep = deep_folder();
        QVERIFY(deep.string().size() > 400);
        QCOMPARE(round_trip(deep / "model.gguf"), std::string("kinglet"));
        QCOMPARE(round_trip(deep / ".." / path_of(letters + ".gguf")), std::string("kinglet"));
    }

    void models_load_from_there() {
        for (const auto& path :
             {folder_ / (letters + " model.gguf"), deep_folder() / path_of(letters + " model.gguf")}) {
            const auto written = test::write_model(path, {});
            QVERIFY2(written.has_value(), written ? "" : written.error().message.c_str());
            const auto model = engine::Model::load(path, {});
            QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());
        }
    }
};

QTEST_GUILESS_MAIN(FilePaths)
#include "file_paths.moc"
