#include "inference/arch/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kinglet::arch {

void build_llama(Builder& b);

namespace {

// One line an architecture, by name.
constexpr std::array table{
    Architecture{"llama", build_llama},
};

}  // namespace

std::span<const Architecture> architectures() { return table; }

std::string supported_names() {
    std::string out;
    for (const Architecture& row : table) out += fmt::format("{}{}", out.empty() ? "" : ", ", row.name);
    return out;
}

Result<Description> describe(const gguf::File& file) {
    const auto name = file.metadata().required_string("general.architecture");
    if (!name) return tl::unexpected(name.error());
    const auto row = std::find_if(table.begin(), table.end(), [&](const auto& a) { return a.name == *name; });
    if (row == table.end()) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{}: the architecture \"{}\" is not supported", file.name(), name->substr(0, 64)),
                    fmt::format("Choose a model of one of these: {}.", supported_names()));
    }
    Builder builder(file, std::string(*name));
    row->build(builder);
    return builder.finish();
}

}  // namespace kinglet::arch
