#include "inference/kernels/select.h"

#include <cstdlib>

#include "inference/kernels/scalar/scalar_table.h"
#if defined(KINGLET_HAVE_AVX2)
#include "inference/kernels/avx2/avx2_table.h"
#endif

namespace kinglet::kernels {
namespace {

bool is_known(std::string_view name) {
    for (const std::string_view known : {"scalar", "avx2"}) {
        if (name == known) return true;
    }
    return false;
}

std::string names_of(const std::vector<const KernelTable*>& tables) {
    std::string names;
    for (const KernelTable* table : tables) {
        if (!names.empty()) names += ", ";
        names += table->name;
    }
    return names;
}

}  // namespace

std::vector<const KernelTable*> available_tables(const CpuFeatures& cpu) {
    std::vector<const KernelTable*> tables{&scalar_table()};
#if defined(KINGLET_HAVE_AVX2)
    if (cpu.avx2 && cpu.fma && cpu.f16c) tables.push_back(&avx2_table());
#else
    (void)cpu;
#endif
    return tables;
}

Result<const KernelTable*> select_table(std::string_view forced, const CpuFeatures& cpu) {
    const std::vector<const KernelTable*> tables = available_tables(cpu);
    if (forced.empty()) return tables.back();
    for (const KernelTable* table : tables) {
        if (table->name == forced) return table;
    }
    const std::string hint = "Set KINGLET_ISA to one of these, or leave it unset: " + names_of(tables) + ".";
    if (is_known(forced)) {
        return fail(ErrorCode::unsupported,
                    "KINGLET_ISA asks for " + std::string(forced) + ", which this processor cannot run.",
                    hint);
    }
    return fail(ErrorCode::invalid_argument,
                "KINGLET_ISA asks for \"" + std::string(forced) +
                    "\", which is no instruction set that Kinglet knows.",
                hint);
}

Result<const KernelTable*> select_table() {
    const char* forced = std::getenv("KINGLET_ISA");
    return select_table(forced != nullptr ? forced : "", detect_cpu_features());
}

}  // namespace kinglet::kernels
