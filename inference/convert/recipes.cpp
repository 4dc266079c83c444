#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inference/convert/recipe.h"
#include "inference/convert/recipe_tables.h"

namespace kinglet::convert {

std::span<const Recipe> recipes() {
    static const std::vector<Recipe> table = [] {
        std::vector<Recipe> all;
        for (const auto family :
             {llama_recipes, layer_norm_recipes, encoder_recipes, gemma_recipes, hybrid_recipes}) {
            for (Recipe& recipe : family()) all.push_back(std::move(recipe));
        }
        return all;
    }();
    return table;
}

const Recipe* find_recipe(std::string_view model_class) {
    for (const Recipe& recipe : recipes()) {
        if (std::ranges::find(recipe.classes, model_class) != recipe.classes.end()) return &recipe;
    }
    return nullptr;
}

std::string convertible_classes() {
    std::string out;
    for (const Recipe& recipe : recipes()) {
        for (const std::string_view name : recipe.classes)
            out += fmt::format("{}{}", out.empty() ? "" : ", ", name);
    }
    return out;
}

}  // namespace kinglet::convert
