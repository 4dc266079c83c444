// Decoding of blocks against values that an independent script computed (reference/make_blocks.py), the
// conversions of half-precision numbers over all bit patterns, and the quantizers.
#include <QtTest>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "inference/kernels/grids.h"
#include "inference/kernels/half.h"
#include "inference/kernels/select.h"
#include "tests/kernels/kernel_test_support.h"

using namespace kinglet;
using namespace kinglet::kernels;

namespace {

/// What the digits of a word in reference/grids.txt are as bytes of a table.
template <class Word, std::size_t count>
bool same_words(const Grid<Word, count>& grid, const std::vector<std::string>& words,
                const std::vector<int>& levels) {
    if (words.size() != count) return false;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& word = words[i];
        if (word.size() != sizeof(Word)) return false;
        for (std::size_t place = 0; place < sizeof(Word); ++place) {
            const auto value = static_cast<std::int8_t>((grid.words[i] >> (8 * place)) & 255);
            const int digit = word[place] - '0';
            if (value != levels[static_cast<std::size_t>(digit)]) return false;
        }
    }
    return true;
}

/// The words of a line.
std::vector<std::string> fields_of(const std::string& line) {
    std::istringstream in(line);
    return {std::istream_iterator<std::string>(in), {}};
}

std::vector<std::byte> from_hex(const std::string& digits) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    return bytes;
}

}  // namespace

class TestFormats : public QObject {
    Q_OBJECT

    static std::vector<const KernelTable*> tables() { return available_tables(detect_cpu_features()); }

  private slots:
    void initTestCase() {
        qInfo("KINGLET_TEST_SEED=%llu", static_cast<unsigned long long>(test::test_seed()));
    }

    void decodes_as_the_reference() {
        std::ifstream file(KINGLET_TEST_DATA "/blocks.txt");
        QVERIFY(file.is_open());
        std::set<std::string_view> met;
        for (std::string line; std::getline(file, line);) {
            const std::vector<std::string> fields = fields_of(line);
            QCOMPARE(fields.size(), std::size_t{3});
            const DTypeInfo* info = find_dtype(fields[0]);
            QVERIFY2(info != nullptr, fields[0].c_str());
            met.insert(info->name);
            const std::vector<std::byte> block = from_hex(fields[1]);
            const std::vector<std::byte> values = from_hex(fields[2]);
            QCOMPARE(static_cast<std::uint32_t>(block.size()), info->block_bytes);
            std::vector<float> expected(info->block_length);
            QCOMPARE(values.size(), 4 * expected.size());
            std::memcpy(expected.data(), values.data(), 4 * expected.size());
            for (const KernelTable* table : tables()) {
                std::vector<float> got(info->block_length);
                table->of(info->type).to_float(block.data(), got.data(), got.size());
                for (std::size_t i = 0; i < got.size(); ++i) {
                    QVERIFY2(got[i] == expected[i], qPrintable(QString("%1: %2 instead of %3 at %4")
                                                                   .arg(fields[0].c_str())
                                                                   .arg(static_cast<double>(got[i]))
                                                                   .arg(static_cast<double>(expected[i]))
                                                                   .arg(i)));
                }
            }
        }
        // A format without a line in the reference would go unchecked.
        for (const DTypeInfo& info : dtype_table()) {
            const bool blocks = info.has_kernel && info.block_length > 1;
            QVERIFY2(met.count(info.name) == (blocks ? 1 : 0), std::string(info.name).c_str());
        }
    }

    void the_words_of_formats_are_those_of_the_list() {
        std::ifstream file(KINGLET_TEST_DATA "/grids.txt");
        QVERIFY(file.is_open());
        std::map<std::string, std::vector<std::string>> words;
        std::string name;
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with('#')) continue;
            const std::vector<std::string> fields = fields_of(line);
            if (line.starts_with("IQ")) {
                name = fields[0];
            } else {
                words[name].insert(words[name].end(), fields.begin(), fields.end());
            }
        }
        QVERIFY(same_words(kGridIQ1, words["IQ1"], {-8, 0, 8}));
        QVERIFY(same_words(kGridIQ2_XXS, words["IQ2_XXS"], {8, 25, 43}));
        QVERIFY(same_words(kGridIQ2_XS, words["IQ2_XS"], {8, 25, 43}));
        QVERIFY(same_words(kGridIQ2_S, words["IQ2_S"], {8, 25, 43}));
        QVERIFY(same_words(kGridIQ3_XXS, words["IQ3_XXS"], {4, 12, 20, 28, 36, 44, 52, 62}));
        QVERIFY(same_words(kGridIQ3_S, words["IQ3_S"], {1, 3, 5, 7, 9, 11, 13, 15}));
        // The words of IQ2 are points of a lattice: their values of the middle level are even in number.
        for (const char* format : {"IQ2_XXS", "IQ2_XS", "IQ2_S"}) {
            for (const std::string& word : words[format])
                QVERIFY(std::count(word.begin(), word.end(), '1') % 2 == 0);
        }
    }

    void every_half_is_read_and_written_back() {
        std::vector<std::uint16_t> all(65536);
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
        for (const KernelTable* table : tables()) {
            std::vector<float> floats(all.size());
            std::vector<std::uint16_t> back(all.size());
            table->f16_to_f32(all.data(), floats.data(), all.size());
            table->f32_to_f16(floats.data(), back.data(), all.size());
            for (std::size_t i = 0; i < all.size(); ++i) {
                const auto exponent = static_cast<int>((i >> 10) & 31);
                const auto mantissa = static_cast<double>(i & 1023);
                if (exponent == 31 && mantissa != 0) {
                    QVERIFY(std::isnan(floats[i]));
                    continue;
                }
                double value =
                    exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
                if (exponent == 31) value = std::numeric_limits<double>::infinity();
                if (i >= 32768) value = -value;
                QCOMPARE(static_cast<double>(floats[i]), value);
                QCOMPARE(back[i], all[i]);
            }
        }
    }

    void halves_round_to_the_nearest_even() {
        std::mt19937_64 random(test::test_seed());
        std::vector<float> values{0.0F,          -0.0F,   65504.0F,       65519.9F,
                                  65520.0F,      1e30F,   5.9604645e-8F,  2.98e-8F,
                                  2.9802322e-8F, 6.1e-5F, 1.00048828125F, 1.00146484375F};
        for (int i = 0; i < 200000; ++i) {
            const auto bits = static_cast<std::uint32_t>(random());
            float value;
            std::memcpy(&value, &bits, 4);
            if (!std::isnan(value)) values.push_back(value);
        }
        for (const KernelTable* table : tables()) {
            std::vector<std::uint16_t> half(values.size());
            table->f32_to_f16(values.data(), half.data(), values.size());
            for (std::size_t i = 0; i < values.size(); ++i) {
                const auto value = static_cast<double>(values[i]);
                const std::uint16_t got = half[i];
                if (std::fabs(value) >= 65520.0) {
                    QCOMPARE(got & 0x7FFF, 0x7C00);
                    continue;
                }
                const double error = std::fabs(static_cast<double>(half_to_float(got)) - value);
                for (const int step : {-1, 1}) {
                    const int other = (got & 0x7FFF) + step;
                    if (other < 0 || other >= 0x7C00) continue;
                    const auto neighbour = static_cast<std::uint16_t>((got & 0x8000) | other);
                    const double there = std::fabs(static_cast<double>(half_to_float(neighbour)) - value);
                    QVERIFY(error < there || (error == there && (got & 1) == 0));
                }
            }
        }
    }

    void brain_floats_round_to_the_nearest_even() {
        QCOMPARE(float_to_bf16(1.0F), std::uint16_t{0x3F80});
        QCOMPARE(float_to_bf16(1.00390625F), std::uint16_t{0x3F80});  // half way, even below
        QCOMPARE(float_to_bf16(1.01171875F), std::uint16_t{0x3F82});  // half way, even above
        QCOMPARE(float_to_bf16(1.005F), std::uint16_t{0x3F81});
        QVERIFY(std::isnan(bf16_to_float(float_to_bf16(std::numeric_limits<float>::quiet_NaN()))));
        QCOMPARE(bf16_to_float(0xC040), -3.0F);
    }

    void quantizers_keep_what_their_bits_allow() {
        std::mt19937_64 random(test::test_seed());
        const std::size_t count = 64 * 256;
        std::vector<float> values = test::random_floats(random, count);
        std::fill(values.begin(), values.begin() + 256, 0.0F);
        struct Expectation {
            DType type;
            double error;  // normalised mean square
        };
        for (const auto& [type, most] :
             {Expectation{DType::f32, 0.0}, Expectation{DType::f16, 1e-7}, Expectation{DType::bf16, 1e-5},
              Expectation{DType::q8_0, 1e-4}, Expectation{DType::q4_0, 6e-2}}) {
            for (const KernelTable* table : tables()) {
                const DTypeKernels& kernels = table->of(type);
                QVERIFY(kernels.from_float != nullptr);
                std::vector<std::byte> stored(*row_bytes(type, count));
                std::vector<float> back(count);
                kernels.from_float(values.data(), stored.data(), count);
                kernels.to_float(stored.data(), back.data(), count);
                double error = 0;
                double size = 0;
                for (std::size_t i = 0; i < count; ++i) {
                    error += std::pow(static_cast<double>(back[i]) - static_cast<double>(values[i]), 2.0);
                    size += std::pow(static_cast<double>(values[i]), 2.0);
                }
                QVERIFY2(error <= most * size, std::string(dtype_info(type).name).c_str());
                QVERIFY(std::all_of(back.begin(), back.begin() + 256, [](float v) { return v == 0.0F; }));
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestFormats)
#include "tst_formats.moc"
