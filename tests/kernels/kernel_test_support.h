// What the kernel tests share: seeded data of every dtype, and how far two results may be apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "inference/kernels/kernel_table.h"
#include "inference/tensor/dtype.h"

namespace kinglet::test {

/// The seed of this run: KINGLET_TEST_SEED where it is set, else a new one. Tests print it when they start.
std::uint64_t test_seed();

/// Numbers of a normal distribution, every tenth one ten times as large.
std::vector<float> random_floats(std::mt19937_64& random, std::size_t count);

/// Blocks of a dtype that hold every bit pattern with equal probability, but scales of a sane size.
std::vector<std::byte> random_blocks(std::mt19937_64& random, DType type, std::size_t count);

/// Every table that can be tested here, scalar first: those that this machine can run, then those whose
/// instructions the program emulates (kernels/emulated.h).
const std::vector<const kernels::KernelTable*>& tables_to_test();

/// Activations in int8 form.
struct QuantizedRows {
    QuantizedRows(const kernels::KernelTable& table, const std::vector<float>& x, std::size_t n,
                  std::size_t cols);
    kernels::ActivationRows rows() const;

  private:
    const std::vector<float>& x_;
    std::size_t n_;
    std::size_t cols_;
    std::vector<std::int8_t> q_;
    std::vector<float> scales_;
    std::vector<std::int16_t> sums_;
    std::vector<float> weighted_sums_;
};

}  // namespace kinglet::test
