// Which table runs where, and what is said when that is impossible. The dtype table is checked here as well.
#include <QtTest>
#include <set>

#include "inference/kernels/select.h"
#include "inference/tensor/tensor_view.h"

using namespace kinglet;
using namespace kinglet::kernels;

namespace {

CpuFeatures with_avx2() {
    CpuFeatures cpu;
    cpu.avx2 = cpu.fma = cpu.f16c = true;
    return cpu;
}

}  // namespace

class TestSelect : public QObject {
    Q_OBJECT

  private slots:
    void a_bare_processor_gets_scalar() {
        const auto table = select_table("", CpuFeatures{});
        QVERIFY(table.has_value());
        QCOMPARE((*table)->name, std::string_view("scalar"));
    }

    void avx2_needs_fma_and_f16c() {
#if defined(__x86_64__) || defined(_M_X64)
        QCOMPARE((*select_table("", with_avx2()))->name, std::string_view("avx2"));
#endif
        CpuFeatures cpu = with_avx2();
        cpu.fma = false;
        QCOMPARE((*select_table("", cpu))->name, std::string_view("scalar"));
        cpu = with_avx2();
        cpu.f16c = false;
        QCOMPARE((*select_table("", cpu))->name, std::string_view("scalar"));
    }

    void wider_sets_need_all_their_parts() {
        struct Part {
            const char* name;
            std::vector<bool CpuFeatures::*> parts;
        };
        using Cpu = CpuFeatures;
        const std::vector<bool Cpu::*> avx512{&Cpu::avx512f, &Cpu::avx512bw, &Cpu::avx512vl, &Cpu::avx512dq};
        std::vector<bool Cpu::*> with_vnni = avx512;
        with_vnni.push_back(&Cpu::avx512_vnni);
        for (const auto& [name, parts] :
             {Part{"avxvnni", {&Cpu::avx_vnni}}, Part{"avx512", avx512}, Part{"avx512vnni", with_vnni}}) {
            CpuFeatures cpu = with_avx2();
            for (const auto part : parts) {
                QVERIFY(!select_table(name, cpu).has_value());
                cpu.*part = true;
            }
#if defined(__x86_64__) || defined(_M_X64)
            QCOMPARE((*select_table(name, cpu))->name, std::string_view(name));
            QCOMPARE((*select_table("", cpu))->name, std::string_view(name));
#endif
            cpu.avx2 = false;
            const auto table = select_table(name, cpu);
            QVERIFY(!table.has_value() && table.error().code == ErrorCode::unsupported);
        }
    }

    void arm_sets_need_their_parts() {
        CpuFeatures cpu;
        QVERIFY(select_table("neon", cpu).error().code == ErrorCode::unsupported);
        cpu.neon = true;
        QVERIFY(select_table("neondot", cpu).error().code == ErrorCode::unsupported);
#if defined(__aarch64__)
        QCOMPARE((*select_table("", cpu))->name, std::string_view("neon"));
        cpu.neon_dot = true;
        QCOMPARE((*select_table("", cpu))->name, std::string_view("neondot"));
        QVERIFY(detect_cpu_features().neon);
#endif
    }

    void scalar_can_be_forced() {
        QCOMPARE((*select_table("scalar", with_avx2()))->name, std::string_view("scalar"));
    }

    void what_the_processor_lacks_is_an_error() {
        const auto table = select_table("avx2", CpuFeatures{});
        QVERIFY(!table.has_value());
        QVERIFY(table.error().code == ErrorCode::unsupported);
        QVERIFY(table.error().message.find("avx2") != std::string::npos);
        QVERIFY(table.error().hint.find("scalar") != std::string::npos);
    }

    void an_unknown_name_is_an_error() {
        const auto table = select_table("sse9", with_avx2());
        QVERIFY(!table.has_value());
        QVERIFY(table.error().code == ErrorCode::invalid_argument);
        QVERIFY(table.error().message.find("sse9") != std::string::npos);
    }

    void the_environment_decides() {
        qputenv("KINGLET_ISA", "scalar");
        QCOMPARE((*select_table())->name, std::string_view("scalar"));
        qputenv("KINGLET_ISA", "nonsense");
        QVERIFY(!select_table().has_value());
        qunsetenv("KINGLET_ISA");
        QCOMPARE((*select_table())->name, available_tables(detect_cpu_features()).back()->name);
    }

    void dtypes_are_found_by_number_and_name() {
        std::set<std::uint32_t> numbers;
        std::set<std::string_view> names;
        for (const DTypeInfo& info : dtype_table()) {
            const auto number = static_cast<std::uint32_t>(info.type);
            QVERIFY(number < kDTypeCount);
            QVERIFY(numbers.insert(number).second);
            QVERIFY(names.insert(info.name).second);
            QVERIFY(info.block_length > 0 && info.block_bytes > 0);
            QCOMPARE(find_dtype(number), &info);
            QCOMPARE(find_dtype(info.name), &info);
            QCOMPARE(&dtype_info(info.type), &info);
        }
        QCOMPARE(find_dtype("q4_k")->type, DType::q4_k);
        QVERIFY(find_dtype("q4") == nullptr);
        QVERIFY(find_dtype(4U) == nullptr);
        QVERIFY(find_dtype(0xFFFFFFFFU) == nullptr);
    }

    void rows_are_sized_without_overflow() {
        QCOMPARE(row_bytes(DType::q4_k, 512).value(), std::uint64_t{288});
        QCOMPARE(row_bytes(DType::f16, 3).value(), std::uint64_t{6});
        QVERIFY(!row_bytes(DType::q4_k, 255).has_value());
        QVERIFY(!row_bytes(DType::f64, std::uint64_t{1} << 62).has_value());
        QCOMPARE(row_bytes(DType::f32, 0).value(), std::uint64_t{0});
    }

    void a_view_knows_its_rows_and_planes() {
        std::vector<std::byte> memory(3 * 2 * 18 * 5);
        TensorView view{memory.data(), DType::q4_0, {64, 5, 3, 1}};
        QCOMPARE(view.rows(), std::size_t{15});
        QCOMPARE(view.row_stride(), std::size_t{36});
        QCOMPARE(view.size_bytes(), memory.size());
        const TensorView last = view.plane(2);
        QCOMPARE(last.rows(), std::size_t{5});
        QVERIFY(last.row(4) == view.row(14));
    }
};

QTEST_GUILESS_MAIN(TestSelect)
#include "tst_select.moc"
