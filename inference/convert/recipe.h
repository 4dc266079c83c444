// How checkpoints become GGUF files: one recipe an architecture, and one rule a tensor.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inference/convert/checkpoint.h"
#include "inference/convert/config.h"
#include "inference/gguf/writer.h"

namespace kinglet::convert {

/// Which layers need a tensor; where one is needed and missing, the conversion fails and names it.
enum class Need : std::uint8_t {
    always,
    optional,
    attention,     ///< layers with attention
    recurrent,     ///< layers without
    dense,         ///< in models without experts
    experts,       ///< in models with experts
    own_keys,      ///< layers with keys of their own; those of other layers are left out
    own_values,    ///< layers with values that are not the keys too; those of other layers are left out
    per_layer,     ///< in models with an input for each layer
    normed_heads,  ///< in models that norm each head of queries and keys
    serial,        ///< in models whose attention and feed-forward network do not run side by side
    untied,    ///< the output matrix: needed where the config says it is not the embedding, left out where it
               ///< is
    own_head,  ///< as untied, but nothing is missed where it is not there
};

/// Where the rows of the result come from.
enum class Rows : std::uint8_t {
    same,
    query,          ///< from paired halves of each query head to paired neighbours
    key,            ///< the same for key heads
    transposed,     ///< rows become columns
    first_half,     ///< of each matrix
    second_half,    ///< of each matrix
    interleaved,    ///< from query, key, value of each head in turn to all queries, all keys, all values
    value_heads,    ///< delta-net value heads from "those of a key head together" to "key head = index mod
                    ///< count"
    value_rows,     ///< the same with rows of whole heads instead of one row a head
    value_tail,     ///< the same for the last part of a matrix that begins with queries and keys
    value_columns,  ///< the same for the columns
    single_column,  ///< a vector as a matrix of one column
    groups,         ///< a vector as a matrix of one row a group
    query_heads,    ///< one vector a query head, below each other
    key_heads,      ///< one vector a key head, below each other
};

/// What is done to each value.
enum class Change : std::uint8_t {
    none,
    plus_one,      ///< norms that are stored as their distance from 1
    negative_exp,  ///< decays that are stored as logarithms
};

/// Turns the tensor `source` of a checkpoint, whose name is without the recipe's prefix, into the GGUF tensor
/// `target`. "#" stands for the layer, "@" for the expert, or for the head where the rows say so (all of them
/// make one tensor). Without a target the tensor is left out; such a source may end in "*".
struct TensorRule {
    std::string_view source;
    std::string_view target;
    Need need = Need::always;
    Rows rows = Rows::same;
    Change change = Change::none;
};

/// What rules depend on besides their text.
struct Facts {
    int layers = 0;
    int width = 0;
    int heads = 0;
    int kv_heads = 0;
    std::vector<std::int32_t> layer_kv_heads;  ///< one a layer where they differ; 0 = no attention
    int head_size = 0;
    int key_size = 0;  ///< attention.key_length where it is not head_size
    int rope_size = 0;
    int experts = 0;
    std::vector<bool> attends;     ///< one a layer, or empty = all
    std::vector<bool> own_keys;    ///< one a layer, or empty = all
    std::vector<bool> own_values;  ///< one a layer, or empty = all
    bool per_layer = false;
    bool head_norms = false;
    bool parallel = false;
    std::optional<bool>
        tied;           ///< whether the output matrix is the embedding; unknown where the config is silent
    int key_heads = 0;  ///< of delta nets
    int value_heads = 0;
    int state_size = 0;
    int groups = 0;  ///< of Mamba 2
};

/// A tensor that is computed from the config instead of read.
struct ComputedTensor {
    std::string name;
    std::vector<float> values;
};

/// One conversion while it is being described.
struct Model {
    Config& config;
    const Checkpoint& checkpoint;
    gguf::Writer& writer;
    std::string architecture;
    Facts facts;
    std::vector<ComputedTensor> computed;
    std::vector<std::string> notes;  ///< what a person should know, one sentence each

    std::string key(std::string_view name) const { return architecture + "." + std::string(name); }
    void integer(std::string_view name, std::int64_t value);
    void number(std::string_view name, double value);
    void flag(std::string_view name, bool value);
    void text(std::string_view name, std::string_view value);
    void integers(std::string_view name, const std::vector<std::int32_t>& values);
    void flags(std::string_view name, const std::vector<bool>& values);
};

/// One kind of checkpoint: "architectures" in its config.json, and how it is converted.
struct Recipe {
    std::vector<std::string_view> classes;
    std::string_view architecture;  ///< general.architecture of the result
    std::vector<std::string_view>
        prefixes;  ///< what may stand before the names of its tensors, longest first
    std::vector<std::span<const TensorRule>> rules;
    /// Writes the hyper-parameters and sets the facts. Errors go to model.config.
    void (*describe)(Model& model);
};

/// All recipes.
std::span<const Recipe> recipes();

/// The recipe for a class name of "architectures"; null where there is none.
const Recipe* find_recipe(std::string_view model_class);

/// The class names that can be converted, comma-separated, for messages.
std::string convertible_classes();

}  // namespace kinglet::convert
