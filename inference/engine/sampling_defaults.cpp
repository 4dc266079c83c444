#include "inference/engine/sampling_defaults.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace kinglet::engine {
namespace {

std::optional<double> suggested(const gguf::Metadata& metadata, const char* name, double low, double high) {
    const auto value = metadata.optional_float(std::string("general.sampling.") + name);
    if (!value || !*value) return std::nullopt;
    // Written so that what is no number is refused, too.
    return **value >= low && **value <= high ? *value : std::nullopt;
}

std::optional<float> suggested_share(const gguf::Metadata& metadata, const char* name, double low,
                                     double high) {
    const auto value = suggested(metadata, name, low, high);
    return value ? std::optional(static_cast<float>(*value)) : std::nullopt;
}

}  // namespace

SamplingDefaults read_sampling_defaults(const gguf::Metadata& metadata) {
    constexpr int most_choices = 1000;
    SamplingDefaults found;
    found.temperature = suggested_share(metadata, "temp", 0, 2);
    if (const auto top_k = suggested(metadata, "top_k", -1, most_choices);
        top_k && *top_k == std::floor(*top_k))
        found.top_k = std::max(0, static_cast<int>(*top_k));
    found.top_p = suggested_share(metadata, "top_p", 0.05, 1);
    found.min_p = suggested_share(metadata, "min_p", 0, 1);
    found.repeat_penalty = suggested_share(metadata, "penalty_repeat", 1, 2);
    return found;
}

}  // namespace kinglet::engine
