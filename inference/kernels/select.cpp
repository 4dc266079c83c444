#include "inference/kernels/select.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "inference/kernels/emulated.h"
#include "inference/kernels/scalar/scalar_table.h"
#if defined(KINGLET_HAVE_NEON)
#include "inference/kernels/neon/neon_table.h"
#endif
#if defined(KINGLET_HAVE_X86)
#include "inference/kernels/avx2/avx2_table.h"
#include "inference/kernels/x86/tables.h"
#endif

namespace kinglet::kernels {
namespace {

/// A table and what it needs; null where this build has no such table.
struct Level {
    std::string_view name;
    bool (*runs_on)(const CpuFeatures& cpu);
    const KernelTable& (*table)();
};

bool has_avx2(const CpuFeatures& cpu) {
    return cpu.avx2 && cpu.fma && cpu.f16c;
}
bool has_avx_vnni(const CpuFeatures& cpu) {
    return has_avx2(cpu) && cpu.avx_vnni;
}
bool has_avx512(const CpuFeatures& cpu) {
    return has_avx2(cpu) && cpu.avx512f && cpu.avx512bw && cpu.avx512vl && cpu.avx512dq;
}
bool has_avx512_vnni(const CpuFeatures& cpu) {
    return has_avx512(cpu) && cpu.avx512_vnni;
}
bool has_neon(const CpuFeatures& cpu) {
    return cpu.neon;
}
bool has_neon_dot(const CpuFeatures& cpu) {
    return cpu.neon && cpu.neon_dot;
}

// Slowest first; those of another processor never run here.
constexpr Level kLevels[] = {
    {"scalar", [](const CpuFeatures&) { return true; }, scalar_table},
#if defined(KINGLET_HAVE_X86)
    {"avx2", has_avx2, avx2_table},
    {"avxvnni", has_avx_vnni, avxvnni_table},
    {"avx512", has_avx512, avx512_table},
    {"avx512vnni", has_avx512_vnni, avx512vnni_table},
#else
    {"avx2", has_avx2, nullptr},
    {"avxvnni", has_avx_vnni, nullptr},
    {"avx512", has_avx512, nullptr},
    {"avx512vnni", has_avx512_vnni, nullptr},
#endif
#if defined(KINGLET_HAVE_NEON)
    {"neon", has_neon, neon_table},
    {"neondot", has_neon_dot, neondot_table},
#else
    {"neon", has_neon, nullptr},
    {"neondot", has_neon_dot, nullptr},
#endif
};

bool is_known(std::string_view name) {
    return std::any_of(std::begin(kLevels), std::end(kLevels),
                       [name](const Level& level) { return level.name == name; });
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
    std::vector<const KernelTable*> tables;
    for (const Level& level : kLevels) {
        if (level.table != nullptr && level.runs_on(cpu)) tables.push_back(&level.table());
    }
    return tables;
}

Result<const KernelTable*> select_table(std::string_view forced, const CpuFeatures& cpu) {
    const std::vector<const KernelTable*> tables = available_tables(cpu);
    if (forced.empty()) return tables.back();
    for (const KernelTable* table : tables) {
        if (table->name == forced) return table;
    }
    for (const KernelTable* table : emulated_tables()) {
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
