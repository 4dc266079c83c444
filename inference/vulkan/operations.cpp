#include "inference/vulkan/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <stdexcept>

#include "inference/vulkan/shader_code.h"

namespace kinglet::vulkan {
namespace {

using Word = std::uint32_t;

constexpr Word group_size = 64;
constexpr Word rows_a_group = 4;  // of a matrix, in matvec.comp
/// Up to this many rows of inputs, each reads the matrix for itself.
constexpr Word few_rows = 8;
constexpr Word tile_w = 64, tile_x = 32;  // matmul.comp

constexpr Word with_bias = 1, with_experts = 2, added = 4;  // include/matrix.glsl
constexpr Word with_gain = 1;                               // norm.comp; with a bias: 2

/// Push constants as a row of 32-bit words.
template <class... Values>
auto words(Values... values) {
    return std::array<Word, sizeof...(Values)>{std::bit_cast<Word>(values)...};
}

template <std::size_t count>
std::span<const std::byte> bytes(const std::array<Word, count>& push) {
    return std::as_bytes(std::span(push));
}

std::uint64_t groups_for(std::uint64_t values) {
    return (values + group_size - 1) / group_size;
}

/// A part of a slice that begins where it can be bound, and how far behind that the wanted byte is.
struct Bound {
    Slice slice;
    Word residue = 0;
};

Bound bind_at(const Slice& slice, std::uint64_t first, std::uint64_t size, std::uint64_t alignment) {
    const std::uint64_t begin = (slice.offset + first) / alignment * alignment;
    const std::uint64_t residue = slice.offset + first - begin;
    // Some bytes behind are read together with the last one; the heap keeps room for that.
    const std::uint64_t padded = (residue + size + 3) / 4 * 4 + 8;
    return {{slice.buffer, begin, padded, nullptr}, static_cast<Word>(residue)};
}

}  // namespace

std::string shader_name(DType type) {
    std::string name(dtype_info(type).name);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
}

std::uint64_t Operations::quantized_bytes(std::uint64_t columns, std::uint64_t count) {
    return columns / 32 * count * 48;  // include/quantized.glsl
}

bool Operations::multiplies_whole_numbers(const Matrix& matrix, Word count,
                                          const MultiplyOptions& options) const {
    return recorder_.context().features().integer_dot && count > few_rows && !options.chosen &&
           room_.bytes >= quantized_bytes(matrix.columns, count) &&
           find_shader("matmul_int8_" + shader_name(matrix.type)) != nullptr;
}

void Operations::quantize(const Rows& x, Word columns, Word count) {
    recorder_.wait();  // for what still reads the room
    const Word blocks = columns / 32;
    recorder_.dispatch("quantize", words(group_size), {x.slice, room_},
                       bytes(words(x.first, x.stride, blocks, count)),
                       {groups_for(static_cast<std::uint64_t>(blocks) * count)});
    recorder_.wait();
}

void Operations::multiply(const Matrix& matrix, const Rows& x, Word count, const Rows& y,
                          const MultiplyOptions& options) {
    const Limits& limits = recorder_.context().limits();
    const std::uint64_t most = limits.binding_bytes - 2 * limits.binding_alignment - 64;
    const std::uint64_t all =
        options.chosen ? matrix.data.bytes : static_cast<std::uint64_t>(matrix.rows) * matrix.row_bytes;
    if (multiplies_whole_numbers(matrix, count, options)) quantize(x, matrix.columns, count);
    if (all <= most) {
        multiply_part(matrix, 0, matrix.rows, x, count, y, options);
        return;
    }
    if (options.chosen) throw vk::OutOfDeviceMemoryError("experts too large to bind");
    const auto each = static_cast<Word>(most / matrix.row_bytes);
    for (Word first = 0; first < matrix.rows; first += each)
        multiply_part(matrix, first, std::min(each, matrix.rows - first), x, count, y, options);
}

void Operations::multiply_part(const Matrix& matrix, Word first, Word rows, const Rows& x, Word count,
                               const Rows& y, const MultiplyOptions& options) {
    const Context& context = recorder_.context();
    const std::uint64_t size =
        options.chosen ? matrix.data.bytes : static_cast<std::uint64_t>(rows) * matrix.row_bytes;
    const Bound weights = bind_at(matrix.data, static_cast<std::uint64_t>(first) * matrix.row_bytes, size,
                                  context.limits().binding_alignment);
    const Word flags =
        (options.bias ? with_bias : 0) | (options.chosen ? with_experts : 0) | (options.added ? added : 0);
    const auto push =
        words(rows, matrix.columns, count, weights.residue, matrix.row_bytes, matrix.plane_bytes, x.first,
              x.stride, options.share, y.first + first, y.stride, first, flags, options.scale);
    const std::string type = shader_name(matrix.type);
    if (options.chosen || count <= few_rows) {
        const auto constants = words(group_size, rows_a_group);
        const char* kind = context.features().subgroup_arithmetic ? "matvec_subgroup_{}" : "matvec_{}";
        recorder_.dispatch(fmt::format(fmt::runtime(kind), type), constants,
                           {weights.slice, x.slice, y.slice, options.bias, matrix.grid, options.chosen},
                           bytes(push), {(rows + rows_a_group - 1) / rows_a_group, count});
        return;
    }
    const Groups tiles{(rows + tile_w - 1) / tile_w, (count + tile_x - 1) / tile_x};
    if (multiplies_whole_numbers(matrix, count, options)) {
        recorder_.dispatch("matmul_int8_" + type, {}, {weights.slice, room_, y.slice, options.bias},
                           bytes(push), tiles);
        return;
    }
    // Halves reach less far than the weights of these types may.
    const bool halves = context.features().float16 && matrix.type != DType::f32 && matrix.type != DType::bf16;
    recorder_.dispatch(fmt::format("{}{}", halves ? "matmul_fp16_" : "matmul_", type), {},
                       {weights.slice, x.slice, y.slice, options.bias, matrix.grid}, bytes(push), tiles);
}

void Operations::embed(const Matrix& table, const Slice& ids, Word count, const Slice& y, float scale) {
    const Limits& limits = recorder_.context().limits();
    const std::uint64_t most = limits.binding_bytes - 2 * limits.binding_alignment - 64;
    const auto each = static_cast<Word>(std::min<std::uint64_t>(table.rows, most / table.row_bytes));
    for (Word first = 0; first < table.rows; first += each) {
        const Word rows = std::min(each, table.rows - first);
        const Bound part =
            bind_at(table.data, static_cast<std::uint64_t>(first) * table.row_bytes,
                    static_cast<std::uint64_t>(rows) * table.row_bytes, limits.binding_alignment);
        const auto push = words(first, rows, table.columns, part.residue, table.row_bytes, Word{0}, scale);
        recorder_.dispatch("embed_" + shader_name(table.type), words(group_size),
                           {part.slice, ids, y, table.grid}, bytes(push),
                           {groups_for((table.columns + 7) / 8), count});
    }
}

void Operations::norm(const Heads& x, const Heads& y, Word count, const NormOptions& options) {
    const Word flags = (options.gain ? with_gain : 0) | (options.bias ? 2U : 0U);
    const auto push =
        words(x.size, x.heads, x.rows.first, x.rows.stride, x.step, y.rows.first, y.rows.stride, y.step,
              options.gain_first, options.gain_first, options.own_step, flags, options.epsilon);
    recorder_.dispatch("norm", words(group_size, static_cast<Word>(options.kind)),
                       {x.rows.slice, y.rows.slice, options.gain, options.bias}, bytes(push),
                       {static_cast<std::uint64_t>(count) * x.heads});
}

void Operations::rope(const Heads& x, Word count, const RopeOptions& options) {
    const auto push = words(x.rows.first, x.rows.stride, x.heads, x.step, count, options.pairs, x.size,
                            options.angles.first, options.growth, options.original);
    const Word halves = options.pairing == arch::RopePairing::halves ? 1 : 0;
    recorder_.dispatch("rope", words(group_size, halves), {x.rows.slice, options.angles.slice, step_},
                       bytes(push),
                       {groups_for(static_cast<std::uint64_t>(count) * x.heads * ((x.size + 1) / 2))});
}

void Operations::map(MapOperation operation, const Heads& a, const Heads& b, const Heads& y, Word count,
                     float factor) {
    const auto push = words(y.size, y.heads, count, a.rows.first, a.rows.stride, a.step, b.rows.first,
                            b.rows.stride, b.step, y.rows.first, y.rows.stride, y.step, factor);
    recorder_.dispatch("map", words(group_size, static_cast<Word>(operation)),
                       {a.rows.slice, b.rows.slice, y.rows.slice}, bytes(push),
                       {groups_for(static_cast<std::uint64_t>(count) * y.heads * y.size)});
}

void Operations::store(const Rows& x, Word count, Word heads, const Cache& cache) {
    const Word piece = cache.type == DType::f32 ? 1 : cache.type == DType::f16 ? 2 : 32;
    const auto push = words(x.first, x.stride, count, heads, cache.size, Word{0}, cache.capacity);
    recorder_.dispatch("store_" + shader_name(cache.type), words(group_size), {x.slice, cache.data, step_},
                       bytes(push),
                       {groups_for(static_cast<std::uint64_t>(count) * heads * (cache.size / piece))});
}

void Operations::attention(const Heads& queries, Word count, const Cache& keys, const Cache& values,
                           const Rows& y, const AttentionOptions& options) {
    const bool split = options.splits > 1;
    const Slice& out = split ? options.parts : y.slice;
    const auto push =
        words(queries.rows.first, queries.rows.stride, queries.step, split ? Word{0} : y.first, y.stride,
              options.heads, options.heads / options.kv_heads, Word{0}, Word{0}, keys.bytes, values.bytes,
              keys.capacity, options.window, options.causal ? Word{1} : Word{0}, options.splits,
              options.scale, options.softcap);
    recorder_.dispatch("attention_" + shader_name(keys.type), words(group_size, keys.size, values.size),
                       {keys.data, values.data, queries.rows.slice, out, step_}, bytes(push),
                       {options.heads, count, options.splits});
    if (!split) return;
    recorder_.wait();
    const auto merge = words(Word{0}, y.first, y.stride, options.heads, values.size, options.splits);
    recorder_.dispatch("attention_merge", words(group_size), {options.parts, y.slice}, bytes(merge),
                       {options.heads, count});
}

void Operations::softmax(const Slice& rows, Word size, Word count) {
    recorder_.dispatch("softmax", words(group_size), {rows}, bytes(words(Word{0}, size)), {count});
}

void Operations::argmax(const Slice& rows, Word size, Word count, const Slice& y) {
    recorder_.dispatch("argmax", words(group_size), {rows, y}, bytes(words(Word{0}, size, Word{0})), {count});
}

void Operations::choose_experts(const Slice& probabilities, Word experts, Word used, Word count,
                                bool normalise, const Slice& chosen, const Slice& portions) {
    const auto push = words(Word{0}, experts, used, count, Word{0}, Word{0}, normalise ? Word{1} : Word{0});
    recorder_.dispatch("experts", words(group_size), {probabilities, chosen, portions}, bytes(push),
                       {groups_for(count)});
}

void Operations::blend(const Slice& parts, const Slice& portions, Word size, Word used, Word count,
                       const Slice& y) {
    const auto push = words(Word{0}, Word{0}, Word{0}, size, used, count);
    recorder_.dispatch("blend", words(group_size), {parts, portions, y}, bytes(push),
                       {groups_for(static_cast<std::uint64_t>(count) * size)});
}

void Operations::convolution(const Rows& x, Word count, Word channels, Word taps, const Slice& kernel,
                             const Slice& bias, const Slice& tail) {
    const auto push =
        words(x.first, x.stride, count, channels, taps, Word{0}, Word{0}, bias ? Word{1} : Word{0}, Word{0});
    recorder_.dispatch("convolution", words(group_size), {x.slice, kernel, bias, tail}, bytes(push),
                       {groups_for(channels)});
}

void Operations::delta_net(const Rows& x, Word count, const DeltaNet& d, const Slice& y) {
    const auto push = words(x.first, x.stride, count, d.size, d.key_heads, d.value_heads, d.state_first,
                            Word{0}, Word{0}, Word{0});
    recorder_.dispatch("delta_net", words(group_size), {x.slice, d.state, d.decay, d.step_bias, y},
                       bytes(push), {d.value_heads});
}

void Operations::mamba(const Rows& x, Word count, const Mamba& m, const Slice& y) {
    const auto push = words(x.first, x.stride, count, m.inner, m.state_size, m.heads, m.groups, m.state_first,
                            Word{0}, Word{0}, Word{0}, Word{0});
    recorder_.dispatch("mamba", words(group_size), {x.slice, m.state, m.step_bias, m.decay, m.skip, y},
                       bytes(push), {m.heads});
}

}  // namespace kinglet::vulkan
