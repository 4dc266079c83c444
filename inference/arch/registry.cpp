#include "inference/arch/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kinglet::arch {

void build_bert(Builder& b);
void build_gemma(Builder& b);
void build_gemma_embedding(Builder& b);
void build_gemma2(Builder& b);
void build_gemma3(Builder& b);
void build_gemma4(Builder& b);
void build_gpt2(Builder& b);
void build_gptneox(Builder& b);
void build_granite(Builder& b);
void build_granitehybrid(Builder& b);
void build_lfm2(Builder& b);
void build_llama(Builder& b);
void build_minicpm(Builder& b);
void build_mistral3(Builder& b);
void build_nomic_bert(Builder& b);
void build_olmo2(Builder& b);
void build_olmoe(Builder& b);
void build_phi2(Builder& b);
void build_phi3(Builder& b);
void build_qwen2(Builder& b);
void build_qwen3(Builder& b);
void build_qwen35(Builder& b);
void build_qwen3moe(Builder& b);
void build_smollm3(Builder& b);
void build_stablelm(Builder& b);
void build_starcoder2(Builder& b);

namespace {

// One line an architecture, by name.
constexpr std::array table{
    Architecture{"bert", build_bert},
    Architecture{"gemma", build_gemma},
    Architecture{"gemma-embedding", build_gemma_embedding},
    Architecture{"gemma2", build_gemma2},
    Architecture{"gemma3", build_gemma3},
    Architecture{"gemma4", build_gemma4},
    Architecture{"gpt2", build_gpt2},
    Architecture{"gptneox", build_gptneox},
    Architecture{"granite", build_granite},
    Architecture{"granitehybrid", build_granitehybrid},
    Architecture{"lfm2", build_lfm2},
    Architecture{"llama", build_llama},
    Architecture{"minicpm", build_minicpm},
    Architecture{"mistral3", build_mistral3},
    Architecture{"nomic-bert", build_nomic_bert},
    Architecture{"olmo2", build_olmo2},
    Architecture{"olmoe", build_olmoe},
    Architecture{"phi2", build_phi2},
    Architecture{"phi3", build_phi3},
    Architecture{"qwen2", build_qwen2},
    Architecture{"qwen3", build_qwen3},
    Architecture{"qwen35", build_qwen35},
    Architecture{"qwen3moe", build_qwen3moe},
    Architecture{"smollm3", build_smollm3},
    Architecture{"stablelm", build_stablelm},
    Architecture{"starcoder2", build_starcoder2},
};

}  // namespace

std::span<const Architecture> architectures() {
    return table;
}

std::string supported_names() {
    std::string out;
    for (const Architecture& row : table) out += fmt::format("{}{}", out.empty() ? "" : ", ", row.name);
    return out;
}

Result<Description> describe(const gguf::File& file, Adapters* adapters) {
    const auto name = file.metadata().required_string("general.architecture");
    if (!name) return tl::unexpected(name.error());
    const auto row = std::find_if(table.begin(), table.end(), [&](const auto& a) { return a.name == *name; });
    if (row == table.end()) {
        return fail(
            ErrorCode::unsupported,
            fmt::format("{}: the architecture \"{}\" is not supported", file.name(), name->substr(0, 64)),
            fmt::format("Choose a model of one of these: {}.", supported_names()));
    }
    Builder builder(file, std::string(*name), adapters);
    row->build(builder);
    return builder.finish();
}

}  // namespace kinglet::arch
