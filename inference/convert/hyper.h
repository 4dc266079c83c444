// Hyper-parameters that most architectures share.
#pragma once

#include "inference/convert/recipe.h"

namespace kinglet::convert {

enum class Epsilon : std::uint8_t { rms, layer };

/// What holds where the config is silent; 0 = the config must say.
struct UsualSizes {
    double epsilon = 1e-6;
    int heads = 0;
    int kv_heads = 0;   ///< 0 = as many as there are heads
    int head_size = 0;  ///< 0 = the width, shared by the heads
    int context = 0;
};

/// Sizes, heads and the epsilon: context_length, embedding_length, block_count, attention.head_count,
/// layer_norm epsilon. Sets the facts that go with them.
void describe_sizes(Model& model, Epsilon epsilon, const UsualSizes& usual = {});

/// attention.head_count_kv, key_length and value_length, from the facts; called once the recipe has set them.
void describe_heads(Model& model);

/// pooling_type, from the folder that sentence-transformers keeps it in.
void describe_pooling(Model& model);

/// What holds of a rope where the config is silent.
struct UsualRope {
    double base = 10000;
    double share = 1;  ///< of a head that is rotated
};

/// rope.dimension_count, rope.freq_base and rope.scaling.*; where the scaling stretches frequencies one by
/// one, their factors as computed tensors.
void describe_rope(Model& model, UsualRope usual = {});

/// attention.sliding_window where the config has one and says that it is used.
void describe_window(Model& model);

/// expert_count and expert_used_count.
void describe_experts(Model& model);

/// The member `name` of the rope's parameters, whichever way this config writes them; null where there is
/// none.
const Json* rope_parameter(const Model& model, std::string_view name,
                           std::string_view layer_type = "full_attention");

/// rope_theta of a kind of layer.
double rope_base(Model& model, double fallback, std::string_view layer_type = "full_attention");

/// Fails where hidden_act names another activation than one of these.
void require_activation(Model& model, std::initializer_list<std::string_view> names);

/// One flag a layer: whether layer_types says `type`. Empty where the config has no such list; fails where it
/// has another length than there are layers.
std::vector<bool> layers_of_type(Model& model, std::string_view type);

}  // namespace kinglet::convert
