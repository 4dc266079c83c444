// Where the recipes are, by family.
#pragma once

#include <vector>

#include "inference/convert/recipe.h"

namespace kinglet::convert {

std::vector<Recipe> llama_recipes();
std::vector<Recipe> layer_norm_recipes();
std::vector<Recipe> encoder_recipes();
std::vector<Recipe> gemma_recipes();
std::vector<Recipe> hybrid_recipes();

}  // namespace kinglet::convert
