#pragma once

#include <cstddef>

#include "cpu/tensor/simd.hpp"

namespace pinsage::tensor {

/// Lanes of a sum. Written out, so that the order of additions does not depend on the width of the machine's registers.
constexpr size_t lanes = 16;

/// A block of a sum: short enough for float32 lanes, which are then added in float64.
constexpr size_t sum_block = 4096;

/// Σ f(i) for i < count ≤ sum_block, lane by lane.
template <class Term>
[[gnu::always_inline]] inline double sum_lanes(size_t count, Term term) {
  float lane[lanes] = {};
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (size_t j = 0; j < lanes; ++j) lane[j] += term(i + j);
  }
  double sum = 0;
  for (size_t j = 0; j < lanes; ++j) sum += static_cast<double>(lane[j]);
  for (; i < count; ++i) sum += static_cast<double>(term(i));
  return sum;
}

/// Σ f(i) for any count, block by block.
template <class Term>
[[gnu::always_inline]] inline double sum_blocks(size_t count, Term term) {
  double sum = 0;
  for (size_t begin = 0; begin < count; begin += sum_block) {
    const size_t length = count - begin < sum_block ? count - begin : sum_block;
    sum += sum_lanes(
        length, [&](size_t i) __attribute__((always_inline)) { return term(begin + i); });
  }
  return sum;
}

}  // namespace pinsage::tensor
