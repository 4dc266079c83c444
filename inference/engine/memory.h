// What a sequence keeps from token to token: for each layer its keys and values, or a recurrent state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "inference/arch/description.h"
#include "inference/base/aligned_buffer.h"
#include "inference/base/result.h"
#include "inference/engine/engine.h"
#include "inference/engine/session_file.h"
#include "inference/kernels/kernel_table.h"
#include "inference/tensor/dtype.h"

namespace kinglet::engine {

/// How keys and values of that type are stored.
DType dtype_of(KvType type);

/// One layer's memory. It has its own length (tokens it has taken in), because a computation that is stopped
/// halfway has reached some layers and not others.
class LayerMemory {
  public:
    virtual ~LayerMemory() = default;
    /// Forgets everything.
    virtual void clear() = 0;
    /// The largest length, at most `wanted`, that truncate() can go back to. 0 is always possible.
    virtual int restorable(int wanted) const = 0;
    /// Goes back to a length that restorable() gave.
    virtual void truncate(int length) = 0;
    /// Remembers the state of now, where going back is not possible otherwise. False where memory is short.
    [[nodiscard]] virtual bool snapshot() = 0;
    /// Keeps what another of the same shape keeps, without its snapshots.
    virtual void copy(const LayerMemory& other) = 0;
    /// Writes all that it keeps, and reads it into a memory of the same shape that is empty. False where what
    /// is read does not fit it.
    virtual void save(StateWriter& out) const = 0;
    [[nodiscard]] virtual bool load(StateReader& in) = 0;

    int length() const { return length_; }

  protected:
    int length_ = 0;
};

/// Keys and values by head and position. With a window, only what the window can still see is kept: when the
/// buffer is full, its tail moves to the front.
class KeyValueMemory final : public LayerMemory {
  public:
    /// Sizes of a layer's keys and values, in values.
    struct Shape {
        int heads = 0;
        int key_size = 0;
        int value_size = 0;
        int window = 0;    ///< 0 = everything is kept
        int capacity = 0;  ///< positions in the buffer
    };

    static std::uint64_t bytes(const Shape& shape, KvType type);
    /// What a layer of this shape is kept in where `wanted` was asked for: blocks need whole ones in a head.
    static DType stored_type(const Shape& shape, KvType wanted);
    /// False where memory is short.
    [[nodiscard]] bool create(const Shape& shape, KvType type);

    /// Takes in the next n positions: row i holds the keys of all heads at keys + i * stride, likewise the
    /// values.
    void append(const kernels::KernelTable& table, int n, const float* keys, const float* values,
                std::size_t stride);
    /// The key (value) of a head at a position that is still kept; further positions follow at *_stride()
    /// bytes.
    const std::byte* key(int head, int position) const;
    const std::byte* value(int head, int position) const;
    std::size_t key_stride() const { return key_stride_; }
    std::size_t value_stride() const { return value_stride_; }
    DType type() const { return type_; }
    /// The first position that key() and value() may be asked for.
    int first_kept() const { return base_; }

    void clear() override;
    int restorable(int wanted) const override;
    void truncate(int length) override;
    bool snapshot() override;
    void copy(const LayerMemory& other) override;
    void save(StateWriter& out) const override;
    bool load(StateReader& in) override;

  private:
    bool load_saved(StateReader& in);
    void make_room(int n);
    void save_marked();
    /// Copies between the saved positions and the buffer.
    void copy_saved(bool back);

    Shape shape_;
    DType type_ = DType::f32;
    std::size_t key_stride_ = 0;
    std::size_t value_stride_ = 0;
    int base_ = 0;  ///< position in slot 0
    AlignedBuffer<std::byte> keys_, values_;

    // A window's latest snapshot: the length to come back to. What the window sees from there is copied away
    // only when it is about to be lost.
    int marked_ = -1;
    bool saved_ = false;
    int saved_from_ = 0;
    AlignedBuffer<std::byte> saved_keys_, saved_values_;
};

/// A state of fixed size that each token changes: the tail of a convolution and a matrix. It cannot be run
/// backwards; snapshots are the positions to go back to.
class RecurrentMemory final : public LayerMemory {
  public:
    [[nodiscard]] bool create(std::size_t tail_values, std::size_t state_values);
    static std::uint64_t bytes(std::size_t tail_values, std::size_t state_values);

    float* tail() { return now_.data(); }
    float* state() { return now_.data() + tail_values_; }
    /// Tail and state, one after the other.
    std::span<float> all() { return {now_.data(), now_.size()}; }
    void advance(int n) { length_ += n; }

    void clear() override;
    int restorable(int wanted) const override;
    void truncate(int length) override;
    bool snapshot() override;
    void copy(const LayerMemory& other) override;
    void save(StateWriter& out) const override;
    bool load(StateReader& in) override;

  private:
    static constexpr std::size_t max_snapshots = 4;
    struct Snapshot {
        int length = 0;
        AlignedBuffer<float> values;
    };
    std::size_t tail_values_ = 0;
    AlignedBuffer<float> now_;
    std::vector<Snapshot> snapshots_;  ///< by length
};

/// The memory of all layers.
class SequenceMemory {
  public:
    /// `batch`: the most tokens that are appended at once. Errors: out_of_memory.
    static Result<SequenceMemory> create(const arch::Description& model, int context_length, int batch,
                                         KvType type);
    static std::uint64_t bytes(const arch::Description& model, int context_length, int batch, KvType type);
    /// Layers that keep keys and values, and how many of them cannot keep them in `type`.
    struct Fallback {
        int layers = 0;
        int as_f16 = 0;
    };
    static Fallback fallback(const arch::Description& model, KvType type);

    int context_length() const { return context_length_; }
    /// Tokens that every layer has taken in.
    int length() const { return length_; }
    /// Told after a batch has gone through all layers.
    void advance(int n) { length_ += n; }

    void clear();
    /// Goes back to `wanted` tokens or, where a layer cannot, to the nearest earlier length that all can;
    /// returns it.
    int truncate(int wanted);
    /// Lets truncate() come back to the present length. A refusal for want of memory only costs time later.
    void snapshot();
    /// Keeps what the memory of another session of the same model, context and type keeps.
    void copy(const SequenceMemory& other);
    void save(StateWriter& out) const;
    /// Into an empty memory, which is of no more use where this fails. False where what is read does not fit.
    [[nodiscard]] bool load(StateReader& in);
    /// Whether any layer needs snapshots to go back.
    bool needs_snapshots() const { return needs_snapshots_; }

    /// Null for a layer that uses another's.
    KeyValueMemory* key_values(int layer) { return key_values_[static_cast<std::size_t>(layer)]; }
    const KeyValueMemory* key_values(int layer) const { return key_values_[static_cast<std::size_t>(layer)]; }
    RecurrentMemory* state(int layer) { return states_[static_cast<std::size_t>(layer)]; }

  private:
    std::vector<std::unique_ptr<LayerMemory>> layers_;
    std::vector<KeyValueMemory*> key_values_;
    std::vector<RecurrentMemory*> states_;
    int context_length_ = 0;
    int length_ = 0;
    bool needs_snapshots_ = false;
};

}  // namespace kinglet::engine
