// Writes small LoRA adapters for the models of model_writer.h, and such that are wrong in one way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "inference/base/result.h"

namespace kinglet::test {

/// A pair of random matrices for one square matrix of a model.
struct TestAdapter {
    std::uint64_t seed = 1;
    std::string tensor = "blk.0.attn_output.weight";
    std::uint64_t width = 64;  ///< TestModel::width
    std::uint64_t rank = 2;
    float alpha = 8;
    std::string architecture = "llama";
    bool not_a_number = false;  ///< one value of it
};

Status write_adapter(const std::filesystem::path& path, const TestAdapter& adapter);

}  // namespace kinglet::test
