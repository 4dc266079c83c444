// LoRA adapters: which low-rank additions a model's matrices get, by the names of their tensors.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/result.h"
#include "inference/gguf/reader.h"
#include "inference/tensor/low_rank.h"

namespace kinglet::arch {

/// The additions of one or several adapter files, to be bound while a model is described. Views the files;
/// errors name the one concerned in Error::path.
class Adapters {
  public:
    /// Takes in a file: general.type = adapter, adapter.type = lora, and for each adapted TENSOR a pair
    /// TENSOR.lora_a (rank, inputs) and TENSOR.lora_b (outputs, rank) of floats; the addition is
    /// strength * adapter.lora.alpha / rank. Errors: bad_format (no adapter, half a pair, shapes that do not
    /// go together), unsupported (another kind of adapter or element type), invalid_argument (made for
    /// another architecture).
    Status add(const gguf::File& file, float strength, std::string_view architecture);

    /// The additions to a matrix; each can be taken once. Errors: bad_format where a shape does not fit it.
    Result<std::vector<LowRank>> take(std::string_view tensor, std::int64_t outputs, std::int64_t inputs);

    /// Fails where something was not taken, naming it: it would be left out in silence otherwise.
    Status check_all_taken(std::string_view model) const;

    bool empty() const { return parts_.empty(); }

  private:
    struct Part {
        std::string file;  ///< its name, for errors
        LowRank matrices;
        bool taken = false;
    };
    Status add_pair(const gguf::File& file, std::string_view tensor, double factor);

    std::multimap<std::string, Part, std::less<>> parts_;  ///< by tensor
};

}  // namespace kinglet::arch
