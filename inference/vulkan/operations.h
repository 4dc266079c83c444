// What models are computed of, as commands: each function records one shader, or few. tests/vulkan holds
// every one against the scalar kernels.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "inference/arch/description.h"
#include "inference/vulkan/recorder.h"

namespace kinglet::vulkan {

/// Rows of floats in a buffer, in values.
struct Rows {
    Slice slice;
    std::uint32_t first = 0;
    std::uint32_t stride = 0;
    /// The same rows from a value of each on.
    Rows from(std::uint32_t value) const { return {slice, first + value, stride}; }
    Rows row(std::uint32_t index) const { return {slice, first + index * stride, stride}; }
};

/// A weight matrix as it lies in its file.
struct Matrix {
    Slice data;
    DType type = DType::f32;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint32_t row_bytes = 0;
    std::uint32_t plane_bytes = 0;  ///< from expert to expert, where there are any
    Slice grid;                     ///< code words, for formats that have them
    explicit operator bool() const { return static_cast<bool>(data); }
};

/// Beyond y = W x.
struct MultiplyOptions {
    Slice bias;
    float scale = 1;
    bool added = false;  ///< to what is there
    /// The matrix of each row of y, and how many successive rows of y share one of x.
    Slice chosen;
    std::uint32_t share = 1;
};

/// Vectors of `size` values, `heads` of them in a row, `step` values apart.
struct Heads {
    Rows rows;
    std::uint32_t heads = 1;
    std::uint32_t size = 0;
    std::uint32_t step = 0;
};

enum class NormOperation : std::uint32_t { rms, layer, length };

struct NormOptions {
    NormOperation kind = NormOperation::rms;
    Slice gain, bias;
    std::uint32_t gain_first = 0;  ///< value in both
    std::uint32_t own_step = 0;    ///< from one head's gain to the next one's
    float epsilon = 0;
};

/// y = f(a, b); the numbers are those of shaders/map.comp.
enum class MapOperation : std::uint32_t {
    add_scaled = 0,  ///< a + factor * b
    multiply = 1,
    scale = 2,    ///< a * factor
    softcap = 3,  ///< factor * tanh(a / factor)
    clamp = 4,    ///< to +-factor
    times_sigmoid = 5,
    silu = 6,
    gelu_tanh = 7,
    gelu_erf = 8,
    relu = 9,
    relu_squared = 10,
    gated = 16,  ///< added to an activation: f(a) * b
};

/// f(a) * b for an activation f.
constexpr MapOperation times_b(MapOperation activation) {
    return static_cast<MapOperation>(static_cast<std::uint32_t>(activation) +
                                     static_cast<std::uint32_t>(MapOperation::gated));
}

/// The cache of one layer's keys or values: by head and position.
struct Cache {
    Slice data;
    DType type = DType::f16;
    std::uint32_t size = 0;      ///< of a vector
    std::uint32_t bytes = 0;     ///< of one
    std::uint32_t capacity = 0;  ///< positions
};

struct AttentionOptions {
    std::uint32_t heads = 0;
    std::uint32_t kv_heads = 0;
    std::uint32_t window = 0;
    bool causal = true;
    float scale = 1;
    float softcap = 0;
    std::uint32_t splits = 1;  ///< into how many parts the positions are shared out
    Slice parts;  ///< room for them: count * heads * splits * (value size + 2) values, where splits > 1
};

struct RopeOptions {
    arch::RopePairing pairing = arch::RopePairing::halves;
    std::uint32_t pairs = 0;  ///< 0 = none are rotated
    Rows angles;              ///< a token's cosines and then its sines
    float growth = 0;         ///< see arch::Attention::position_scale
    float original = 1;
};

/// Records commands. `step` is the buffer that shaders/include/step.glsl describes.
class Operations {
  public:
    Operations(Recorder& recorder, const Slice& step) : recorder_(recorder), step_(step) {}

    /// Room for the inputs of a product as whole numbers (quantized_bytes); without it no product is computed
    /// with whole numbers.
    void set_room(const Slice& room) { room_ = room; }
    /// Of `count` rows.
    static std::uint64_t quantized_bytes(std::uint64_t columns, std::uint64_t count);
    void multiply(const Matrix& matrix, const Rows& x, std::uint32_t count, const Rows& y,
                  const MultiplyOptions& options = {});
    /// y row i = scale * table row ids[i].
    void embed(const Matrix& table, const Slice& ids, std::uint32_t count, const Slice& y, float scale);
    void norm(const Heads& x, const Heads& y, std::uint32_t count, const NormOptions& options);
    void rope(const Heads& x, std::uint32_t count, const RopeOptions& options);
    void map(MapOperation operation, const Heads& a, const Heads& b, const Heads& y, std::uint32_t count,
             float factor = 1);
    /// Takes in keys or values of all heads.
    void store(const Rows& x, std::uint32_t count, std::uint32_t heads, const Cache& cache);
    void attention(const Heads& queries, std::uint32_t count, const Cache& keys, const Cache& values,
                   const Rows& y, const AttentionOptions& options);
    void softmax(const Slice& rows, std::uint32_t size, std::uint32_t count);
    /// y[i] = index of the largest value of row i.
    void argmax(const Slice& rows, std::uint32_t size, std::uint32_t count, const Slice& y);
    /// The `used` likeliest experts of each token and their portions; changes the probabilities.
    void choose_experts(const Slice& probabilities, std::uint32_t experts, std::uint32_t used,
                        std::uint32_t count, bool normalise, const Slice& chosen, const Slice& portions);
    /// y row i = sum over its parts, each times its portion.
    void blend(const Slice& parts, const Slice& portions, std::uint32_t size, std::uint32_t used,
               std::uint32_t count, const Slice& y);
    void convolution(const Rows& x, std::uint32_t count, std::uint32_t channels, std::uint32_t taps,
                     const Slice& kernel, const Slice& bias, const Slice& tail);
    /// `weights`: decay, step_bias. The state lies behind `state_first` values of `state`.
    struct DeltaNet {
        std::uint32_t size, key_heads, value_heads;
        Slice decay, step_bias, state;
        std::uint32_t state_first;
    };
    void delta_net(const Rows& x, std::uint32_t count, const DeltaNet& d, const Slice& y);
    struct Mamba {
        std::uint32_t inner, state_size, heads, groups;
        Slice step_bias, decay, skip, state;
        std::uint32_t state_first;
    };
    void mamba(const Rows& x, std::uint32_t count, const Mamba& m, const Slice& y);

    Recorder& recorder() { return recorder_; }
    void wait() { recorder_.wait(); }

  private:
    bool multiplies_whole_numbers(const Matrix& matrix, std::uint32_t count,
                                  const MultiplyOptions& options) const;
    void quantize(const Rows& x, std::uint32_t columns, std::uint32_t count);
    /// Rows first .. first + rows of a matrix that is too large to be bound at once.
    void multiply_part(const Matrix& matrix, std::uint32_t first, std::uint32_t rows, const Rows& x,
                       std::uint32_t count, const Rows& y, const MultiplyOptions& options);

    Recorder& recorder_;
    Slice step_;
    Slice room_;
};

/// A dtype's name as shaders have it, e.g. "q4_0".
std::string shader_name(DType type);

}  // namespace kinglet::vulkan
