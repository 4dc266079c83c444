#include "inference/convert/hyper.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

namespace kinglet::convert {
namespace {

// The bounds that inference/arch has too: far above every model, far below any overflow.
constexpr int max_width = 1 << 17;
constexpr int max_layers = 1024;
constexpr int max_heads = 4096;
constexpr int max_head_size = 1024;
constexpr int max_context = 1 << 26;
constexpr double tau = 6.283185307179586476925;

/// The object that holds the rope's parameters for a kind of layer; null where there is none.
const Json* rope_object(const Model& model, std::string_view layer_type) {
    const Json* rope = model.config.find({"rope_parameters", "rope_scaling"});
    if (rope == nullptr || !rope->is_object()) return nullptr;
    const Json* inner = member(*rope, layer_type);
    return inner != nullptr ? inner : rope;
}

double rope_number(Model& model, std::string_view name, double fallback) {
    const auto value = number_of(rope_parameter(model, name));
    if (!value) return fallback;
    if (std::abs(*value) < 1e9) return *value;
    model.config.fail(ErrorCode::bad_format, fmt::format("{} of the rope is {}", name, *value),
                      "The file is damaged; download it again.");
    return fallback;
}

/// The length that the model saw before its context was stretched.
double original_context(Model& model) {
    const double context = model.config.number({"max_position_embeddings"}, 1, max_context, 2048);
    const double top = model.config.number({"original_max_position_embeddings"}, 1, max_context, context);
    const double inner = rope_number(model, "original_max_position_embeddings", top);
    return std::clamp(inner, 1.0, static_cast<double>(max_context));
}

double rope_factor(Model& model) {
    const double factor = rope_number(model, "factor", 0);
    if (factor > 0) return factor;
    model.config.fail(ErrorCode::bad_format, "the rope's scaling has no factor",
                      "The file is damaged; download it again.");
    return 1;
}

/// YaRN: vectors grow by 0.1 ln(factor) + 1 unless the config says otherwise.
void describe_yarn(Model& model) {
    const double factor = rope_factor(model);
    model.text("rope.scaling.type", "yarn");
    model.number("rope.scaling.factor", factor);
    model.integer("rope.scaling.original_context_length", static_cast<std::int64_t>(original_context(model)));
    model.number("rope.scaling.yarn_beta_fast", rope_number(model, "beta_fast", 32));
    model.number("rope.scaling.yarn_beta_slow", rope_number(model, "beta_slow", 1));
    const double growth = factor > 1 ? 0.1 * std::log(factor) : 0;
    const double all = rope_number(model, "mscale_all_dim", 0);
    const double own = rope_number(model, "mscale", 0);
    const double given = rope_number(model, "attention_factor", 0);
    if (given > 0) {
        model.number("rope.scaling.attn_factor", given / (growth + 1));
        return;
    }
    if (all == 0 || own == 0) return;
    model.number("rope.scaling.yarn_log_multiplier", all);
    if (own != 1) model.number("rope.scaling.attn_factor", (own * growth + 1) / (growth + 1));
}

/// Llama 3: slow rotations are stretched by the factor, fast ones not at all, those between in part.
void describe_llama3(Model& model, double base) {
    const double factor = rope_factor(model);
    const double context = original_context(model);
    const double longest = context / std::max(rope_number(model, "low_freq_factor", 1), 1e-3);
    const double shortest = context / std::max(rope_number(model, "high_freq_factor", 4), 1e-3);
    ComputedTensor tensor{"rope_freqs.weight", {}};
    for (int i = 0; i < model.facts.rope_size; i += 2) {
        const double wave = tau * std::pow(base, static_cast<double>(i) / model.facts.rope_size);
        double divisor = 1;
        if (wave > longest) {
            divisor = factor;
        } else if (wave > shortest) {
            const double share =
                (context / wave - context / longest) / (context / shortest - context / longest);
            divisor = 1 / ((1 - share) / factor + share);
        }
        tensor.values.push_back(static_cast<float>(divisor));
    }
    model.computed.push_back(std::move(tensor));
}

void add_factors(Model& model, std::string_view name, std::string_view tensor) {
    const Json* list = rope_parameter(model, name);
    ComputedTensor out{std::string(tensor), {}};
    if (list != nullptr && list->is_array()) {
        for (const Json& item : *list) out.values.push_back(static_cast<float>(number_of(&item).value_or(1)));
    }
    if (out.values.size() != static_cast<std::size_t>(model.facts.rope_size / 2)) {
        model.config.fail(ErrorCode::bad_format,
                          fmt::format("{} has {} numbers, not the {} that the heads need", name,
                                      out.values.size(), model.facts.rope_size / 2),
                          "The file is damaged; download it again.");
    }
    model.computed.push_back(std::move(out));
}

/// Long-rope: one list of divisors for short texts, another for long ones.
void describe_longrope(Model& model) {
    const double context = model.config.number({"max_position_embeddings"}, 1, max_context, 2048);
    const double original = original_context(model);
    const double stretch =
        rope_parameter(model, "factor") != nullptr && !model.config.has({"original_max_position_embeddings"})
            ? rope_factor(model)
            : context / original;
    const double usual =
        stretch > 1 && original > 1 ? std::sqrt(1 + std::log(stretch) / std::log(original)) : 1;
    model.integer("rope.scaling.original_context_length", static_cast<std::int64_t>(original));
    model.number("rope.scaling.attn_factor", rope_number(model, "attention_factor", usual));
    add_factors(model, "long_factor", "rope_factors_long.weight");
    add_factors(model, "short_factor", "rope_factors_short.weight");
}

}  // namespace

void Model::integer(std::string_view name, std::int64_t value) {
    writer.add_u32(key(name), static_cast<std::uint32_t>(value));
}
void Model::number(std::string_view name, double value) {
    writer.add_f32(key(name), static_cast<float>(value));
}
void Model::flag(std::string_view name, bool value) {
    writer.add_bool(key(name), value);
}
void Model::text(std::string_view name, std::string_view value) {
    writer.add_string(key(name), value);
}
void Model::integers(std::string_view name, const std::vector<std::int32_t>& values) {
    writer.add_i32s(key(name), values);
}
void Model::flags(std::string_view name, const std::vector<bool>& values) {
    const auto plain = std::make_unique<bool[]>(values.size());
    std::copy(values.begin(), values.end(), plain.get());
    writer.add_bools(key(name), {plain.get(), values.size()});
}

void describe_sizes(Model& model, Epsilon epsilon, const UsualSizes& usual) {
    Config& c = model.config;
    Facts& f = model.facts;
    // A value of 0 stands for "must be there".
    const auto sized = [&](Config::Names names, int most, int fallback) {
        return static_cast<int>(fallback > 0 ? c.integer(names, 1, most, fallback)
                                             : c.integer(names, 1, most));
    };
    f.width = sized({"hidden_size", "n_embd", "dim", "d_model"}, max_width, 0);
    f.layers = sized({"num_hidden_layers", "n_layer", "n_layers", "num_layers"}, max_layers, 0);
    f.heads = sized({"num_attention_heads", "n_head", "n_heads"}, max_heads, usual.heads);
    f.kv_heads = sized({"num_key_value_heads"}, max_heads, usual.kv_heads > 0 ? usual.kv_heads : f.heads);
    const int share = std::clamp(f.width / f.heads, 1, max_head_size);
    f.head_size = sized({"head_dim"}, max_head_size, usual.head_size > 0 ? usual.head_size : share);
    f.rope_size = f.head_size;
    if (const Json* tied = c.find({"tie_word_embeddings", "tie_embedding"})) f.tied = flag_of(tied);

    model.integer("context_length", sized({"max_position_embeddings", "n_positions", "n_ctx",
                                           "max_seq_length", "max_sequence_length"},
                                          max_context, usual.context));
    model.integer("embedding_length", f.width);
    model.integer("block_count", f.layers);
    model.integer("attention.head_count", f.heads);
    const double eps = c.number({"rms_norm_eps", "layer_norm_epsilon", "layer_norm_eps", "norm_eps",
                                 "norm_epsilon", "layer_norm_rms_epsilon"},
                                0, 1, usual.epsilon);
    model.number(
        epsilon == Epsilon::rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon", eps);
}

void describe_heads(Model& model) {
    const Facts& f = model.facts;
    if (f.layer_kv_heads.empty()) {
        model.integer("attention.head_count_kv", f.kv_heads);
    } else {
        model.integers("attention.head_count_kv", f.layer_kv_heads);
    }
    const int size = f.key_size > 0 ? f.key_size : f.head_size;
    if (size * f.heads == f.width) return;
    model.integer("attention.key_length", size);
    model.integer("attention.value_length", size);
}

void describe_pooling(Model& model) {
    const auto path = model.checkpoint.folder() / "1_Pooling" / "config.json";
    const auto json = read_optional_json(path);
    if (!json) {
        model.config.fail(json.error().code, json.error().message, json.error().hint);
        return;
    }
    const auto says = [&](std::string_view name) { return flag_of(member(*json, name)).value_or(false); };
    // The numbers of the GGUF format.
    int type = 1;
    if (says("pooling_mode_cls_token")) type = 2;
    if (says("pooling_mode_lasttoken")) type = 3;
    model.integer("pooling_type", type);
}

void describe_window(Model& model) {
    if (!model.config.flag({"use_sliding_window"}, true)) return;
    const auto window = model.config.integer({"sliding_window"}, 0, max_context, 0);
    if (window > 0) model.integer("attention.sliding_window", window);
}

void describe_experts(Model& model) {
    model.facts.experts = static_cast<int>(
        model.config.integer({"num_experts", "num_local_experts", "n_routed_experts"}, 1, 1024));
    model.integer("expert_count", model.facts.experts);
    model.integer("expert_used_count", model.config.integer({"num_experts_per_tok", "top_k_experts"}, 1, 64));
}

const Json* rope_parameter(const Model& model, std::string_view name, std::string_view layer_type) {
    const Json* rope = rope_object(model, layer_type);
    const Json* found = rope == nullptr ? nullptr : member(*rope, name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

double rope_base(Model& model, double fallback, std::string_view layer_type) {
    if (const auto base = number_of(rope_parameter(model, "rope_theta", layer_type));
        base && *base >= 1e-3 && *base <= 1e12)
        return *base;
    return model.config.number({"rope_theta", "rotary_emb_base", "theta"}, 1e-3, 1e12, fallback);
}

void describe_rope(Model& model, UsualRope usual) {
    Config& c = model.config;
    Facts& f = model.facts;
    double share = c.number({"partial_rotary_factor", "rotary_pct", "rope_pct", "rotary_emb_fraction"}, 0, 1,
                            usual.share);
    if (const auto inner = number_of(rope_parameter(model, "partial_rotary_factor"));
        inner && *inner > 0 && *inner <= 1)
        share = *inner;
    f.rope_size = static_cast<int>(f.head_size * share) / 2 * 2;
    const double base = rope_base(model, usual.base);
    model.integer("rope.dimension_count", f.rope_size);
    model.number("rope.freq_base", base);

    const std::string* named = text_of(rope_parameter(model, "rope_type"));
    if (named == nullptr) named = text_of(rope_parameter(model, "type"));
    const std::string type = named == nullptr ? "default" : *named;
    // "dynamic" begins only beyond the context that the model was trained for.
    if (type == "default" || type == "none" || type == "mrope" || type == "dynamic" || type == "proportional")
        return;
    if (type == "linear") {
        model.text("rope.scaling.type", "linear");
        model.number("rope.scaling.factor", rope_factor(model));
    } else if (type == "yarn") {
        describe_yarn(model);
    } else if (type == "llama3") {
        describe_llama3(model, base);
    } else if (type == "longrope" || type == "su") {
        describe_longrope(model);
    } else {
        c.fail(ErrorCode::unsupported, fmt::format("the rope scaling \"{}\" is not known", shown(type)),
               "Choose another model.");
    }
}

void require_activation(Model& model, std::initializer_list<std::string_view> names) {
    const std::string name =
        model.config.text({"hidden_activation", "hidden_act", "activation_function", "activation"}, "");
    const bool known = name.empty() || std::find(names.begin(), names.end(), name) != names.end();
    model.config.require(
        known, fmt::format("the activation \"{}\" is not the one of {}", shown(name), model.architecture));
}

std::vector<bool> layers_of_type(Model& model, std::string_view type) {
    const std::vector<std::string> types = model.config.texts({"layer_types", "layers_block_type"});
    if (types.empty()) return {};
    if (types.size() != static_cast<std::size_t>(model.facts.layers)) {
        model.config.fail(
            ErrorCode::bad_format,
            fmt::format("layer_types has {} entries for {} layers", types.size(), model.facts.layers),
            "The file is damaged; download it again.");
    }
    std::vector<bool> out(static_cast<std::size_t>(model.facts.layers));
    for (std::size_t i = 0; i < std::min(types.size(), out.size()); ++i) out[i] = types[i] == type;
    return out;
}

}  // namespace kinglet::convert
