// The GGUF reader on good files, on hostile ones and on every file that is cut off somewhere.
#include <QtTest>

#include <cstring>

#include "inference/gguf/reader.h"
#include "inference/gguf/writer.h"
#include "inference/tensor/dtype.h"

using namespace kinglet;

namespace {

using Bytes = std::vector<std::byte>;

template <class T>
void put(Bytes& out, T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof(T));
}

void put_text(Bytes& out, std::string_view text) {
    put(out, static_cast<std::uint64_t>(text.size()));
    for (const char c : text) out.push_back(static_cast<std::byte>(c));
}

/// A header by hand, for what the writer would not write.
struct Header {
    Bytes bytes;
    explicit Header(std::uint64_t tensors, std::uint64_t pairs, std::uint32_t version = 3) {
        for (const char c : {'G', 'G', 'U', 'F'}) bytes.push_back(static_cast<std::byte>(c));
        put(bytes, version);
        put(bytes, tensors);
        put(bytes, pairs);
    }
    Header& text(std::string_view value) { return put_text(bytes, value), *this; }
    Header& u32(std::uint32_t value) { return put(bytes, value), *this; }
    Header& u64(std::uint64_t value) { return put(bytes, value), *this; }
    Header& tensor(std::string_view name, std::vector<std::uint64_t> dims, std::uint32_t type,
                   std::uint64_t offset) {
        text(name).u32(static_cast<std::uint32_t>(dims.size()));
        for (const std::uint64_t n : dims) u64(n);
        return u32(type).u64(offset);
    }
    Header& room(std::size_t count) {
        bytes.resize((bytes.size() + 31) / 32 * 32 + count);
        return *this;
    }
};

gguf::Writer sample() {
    gguf::Writer writer;
    writer.add_string("general.architecture", "llama");
    writer.add_u32("llama.block_count", 7);
    writer.add_f32("llama.epsilon", 0.5F);
    writer.add_bool("llama.flag", true);
    writer.add_u64("llama.large", 1ULL << 40);
    writer.add_strings("tokens", std::vector<std::string>{"a", "", "ccc"});
    writer.add_i32s("numbers", std::vector<std::int32_t>{1, -2, 3});
    writer.add_f32s("scores", std::vector<float>{0.5F, -1});
    writer.add_tensor("first", 0, std::vector<std::uint64_t>{4, 2}, 32);
    writer.add_tensor("second", 8, std::vector<std::uint64_t>{64}, 68);
    return writer;
}

Bytes sample_bytes() {
    Bytes bytes = sample().header();
    bytes.resize(bytes.size() + 32 + 68);
    return bytes;
}

Error error_of(const Bytes& bytes) {
    const auto file = gguf::File::parse(bytes, "model.gguf");
    return file ? Error{ErrorCode::io, "no error", {}, {}, {}} : file.error();
}

}  // namespace

class GgufReader : public QObject {
    Q_OBJECT

  private slots:
    void reads_what_the_writer_writes() {
        const Bytes bytes = sample_bytes();
        const auto file = gguf::File::parse(bytes, "model.gguf");
        QVERIFY2(file.has_value(), file ? "" : file.error().message.c_str());
        const gguf::Metadata& m = file->metadata();
        QCOMPARE(file->version(), 3);
        QCOMPARE(m.required_string("general.architecture").value(), std::string_view("llama"));
        QCOMPARE(m.required_int("llama.block_count").value(), 7);
        QCOMPARE(m.required_float("llama.epsilon").value(), 0.5);
        QCOMPARE(m.required_float("llama.block_count").value(), 7.0);
        QCOMPARE(m.optional_bool("llama.flag").value().value(), true);
        QCOMPARE(m.required_int("llama.large").value(), std::int64_t{1} << 40);
        QCOMPARE(m.optional_strings("tokens").value().size(), std::size_t{3});
        QCOMPARE(m.optional_strings("tokens").value()[2], std::string_view("ccc"));
        QCOMPARE(m.optional_ints("numbers").value(), (std::vector<std::int64_t>{1, -2, 3}));
        QCOMPARE(m.optional_floats("scores").value(), (std::vector<float>{0.5F, -1}));
        QVERIFY(!m.optional_int("absent").value().has_value());
        QCOMPARE(file->tensors().size(), std::size_t{2});
        const gguf::TensorInfo* second = file->find_tensor("second");
        QVERIFY(second != nullptr);
        QCOMPARE(second->bytes, std::uint64_t{68});
        QCOMPARE(file->data(*second).data(), bytes.data() + file->data_offset() + 32);
        QVERIFY(file->find_tensor("third") == nullptr);
    }

    void reads_version_2() {
        Bytes bytes = sample_bytes();
        bytes[4] = std::byte{2};
        QVERIFY(gguf::File::parse(bytes, "model.gguf").has_value());
    }

    void says_which_key_is_missing_or_wrong() {
        const Bytes bytes = sample_bytes();
        const auto file = gguf::File::parse(bytes, "model.gguf");
        const gguf::Metadata& m = file->metadata();
        QCOMPARE(m.required_int("llama.heads").error().message,
                 std::string("model.gguf: llama.heads is missing"));
        QVERIFY(m.required_int("general.architecture").error().message.find("should be an integer") !=
                std::string::npos);
        QVERIFY(m.required_string("llama.block_count").error().message.find("type u32") != std::string::npos);
        QVERIFY(m.optional_ints("tokens").error().message.find("array of 3 string") != std::string::npos);
        QVERIFY(!m.optional_strings("numbers").has_value());
    }

    // Whatever the length, the outcome is an error that says that the file is cut off, and never a crash.
    void refuses_every_truncation() {
        const Bytes whole = sample_bytes();
        for (std::size_t length = 0; length < whole.size(); ++length) {
            // A copy of its own, so that reading one byte too many is seen by the sanitizers.
            const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
            const Error error = error_of(part);
            QVERIFY2(error.message.starts_with("model.gguf "), error.message.c_str());
            QVERIFY(error.code == ErrorCode::truncated || error.code == ErrorCode::bad_format);
            QVERIFY2(!error.hint.empty(), error.message.c_str());
            if (length >= 4) QVERIFY(error.offset.has_value());
        }
    }

    void survives_any_changed_byte() {
        const Bytes whole = sample_bytes();
        for (std::size_t at = 0; at < whole.size() - 100; ++at) {
            for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
                Bytes changed = whole;
                changed[at] = static_cast<std::byte>(value);
                const auto file = gguf::File::parse(changed, "model.gguf");
                if (!file) continue;
                for (const gguf::TensorInfo& tensor : file->tensors()) {
                    const auto data = file->data(tensor);
                    QVERIFY(data.data() >= changed.data() &&
                            data.data() + data.size() <= changed.data() + changed.size());
                }
            }
        }
    }

    void refuses_with_a_reason_data() {
        QTest::addColumn<Bytes>("bytes");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const Header& h, ErrorCode code, const char* says) {
            QTest::newRow(name) << h.bytes << code << QString(says);
        };
        constexpr auto damaged = ErrorCode::bad_format;
        constexpr std::uint64_t most = ~0ULL;
        row("version 1", Header(0, 0, 1), ErrorCode::unsupported, "GGUF version 1");
        row("big-endian", Header(0, 0, 0x03000000), ErrorCode::unsupported, "big-endian");
        row("absurd pairs", Header(0, most), damaged, "metadata values");
        row("absurd tensors", Header(most, 0), damaged, "tensors, more than its size");
        row("more pairs than bytes", Header(0, 3).text("key").u32(4).u32(1), damaged,
            "claims 3 metadata values");
        row("absurd key length", Header(0, 1).u64(most).room(64), ErrorCode::truncated, "metadata key");
        row("empty key", Header(0, 1).text("").u32(4).u32(0).room(64), damaged, "0 bytes long");
        row("unknown value type", Header(0, 1).text("key").u32(77).room(64), damaged, "unknown type 77");
        row("absurd array", Header(0, 1).text("key").u32(9).u32(4).u64(most).room(64), ErrorCode::truncated,
            "elements");
        row("absurd string array", Header(0, 1).text("key").u32(9).u32(8).u64(most).room(64),
            ErrorCode::truncated, "elements");
        row("absurd array in array", Header(0, 1).text("key").u32(9).u32(9).u64(most).room(64),
            ErrorCode::truncated, "elements");
        row("deep arrays",
            Header(0, 1).text("key").u32(9).u32(9).u64(1).u32(9).u64(1).u32(9).u64(1).u32(9).u64(1).room(64),
            ErrorCode::unsupported, "nests arrays too deeply");
        row("same key twice", Header(0, 2).text("key").u32(4).u32(1).text("key").u32(4).u32(1), damaged,
            "in it twice");
        row("alignment 0", Header(0, 1).text("general.alignment").u32(4).u32(0), damaged, "power of two");
        row("alignment 24", Header(0, 1).text("general.alignment").u32(4).u32(24), damaged, "power of two");
        row("alignment 2 GiB", Header(0, 1).text("general.alignment").u32(4).u32(1U << 31), damaged,
            "power of two");
        row("no dimensions", Header(1, 0).tensor("t", {}, 0, 0).room(64), damaged, "0 dimensions");
        row("five dimensions", Header(1, 0).tensor("t", {1, 1, 1, 1, 1}, 0, 0).room(64), damaged,
            "5 dimensions");
        row("empty dimension", Header(1, 0).tensor("t", {4, 0}, 0, 0).room(64), damaged, "no elements");
        row("dimensions overflow", Header(1, 0).tensor("t", {1ULL << 33, 1ULL << 33}, 0, 0).room(64),
            ErrorCode::too_large, "beyond all bounds");
        row("bytes overflow", Header(1, 0).tensor("t", {1ULL << 62}, 0, 0).room(64), ErrorCode::too_large,
            "beyond all bounds");
        row("unknown type", Header(1, 0).tensor("weird", {4}, 1234, 0).room(64), ErrorCode::unsupported,
            "the tensor weird has the element type 1234");
        row("half a block", Header(1, 0).tensor("t", {33}, 8, 0).room(64), damaged, "not a multiple of 32");
        row("crooked offset", Header(1, 0).tensor("t", {4}, 0, 5).room(64), damaged, "not a multiple of 32");
        row("beyond the end", Header(1, 0).tensor("t", {64}, 0, 0).room(64), ErrorCode::truncated,
            "is cut off");
        row("offset beyond all", Header(1, 0).tensor("t", {4}, 0, most - 31).room(64), ErrorCode::truncated,
            "is cut off");
        row("same tensor twice", Header(2, 0).tensor("t", {4}, 0, 0).tensor("t", {4}, 0, 32).room(64),
            damaged, "twice");
        row("overlap", Header(2, 0).tensor("a", {16}, 0, 0).tensor("b", {4}, 0, 32).room(96), damaged,
            "a and b overlap");
        row("unprintable name", Header(1, 0).tensor("x\x01\n", {33}, 8, 0).room(64), damaged,
            "the tensor x??");
    }

    void refuses_with_a_reason() {
        QFETCH(Bytes, bytes);
        QFETCH(ErrorCode, code);
        QFETCH(QString, says);
        const Error error = error_of(bytes);
        QVERIFY2(QString::fromStdString(error.message).contains(says), error.message.c_str());
        QCOMPARE(error.code, code);
        QVERIFY(error.message.starts_with("model.gguf"));
        QVERIFY(!error.hint.empty());
    }

    void refuses_other_files() {
        QVERIFY(error_of({}).message.find("is not a GGUF model file") != std::string::npos);
        const Bytes zip{std::byte{'P'}, std::byte{'K'}, std::byte{3}, std::byte{4}, std::byte{0}};
        QVERIFY(error_of(zip).message.find("is not a GGUF model file") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(GgufReader)
#include "gguf_reader.moc"
