#include "pinsage/tensor/top_k.hpp"

#include <algorithm>
#include <bit>
#include <vector>

namespace pinsage::tensor {
namespace {

/// Falls as the value rises: 0 and −0 are equal, NaN comes after everything.
uint32_t rank_of(float value) {
  if (value != value) return UINT32_MAX;
  const auto bits = std::bit_cast<uint32_t>(value == 0.0f ? 0.0f : value);
  return bits >> 31 ? bits : ~bits & 0x7fffffff;
}

}  // namespace

void top_k(std::span<const float> x, size_t columns, size_t k, std::span<float> values, std::span<int32_t> indices,
           const Execution& execution) {
  if (columns == 0 || k == 0) return;
  const size_t rows_per_chunk = std::max<size_t>(1, 16384 / columns);
  parallel_for(execution, x.size() / columns, rows_per_chunk, [&](size_t begin, size_t end, int) {
    // Rank and column in one number: one comparison decides both, and no two are equal.
    std::vector<uint64_t> keys(columns);
    for (size_t row = begin; row < end; ++row) {
      const float* const from = x.data() + row * columns;
      for (size_t j = 0; j < columns; ++j) keys[j] = uint64_t{rank_of(from[j])} << 32 | j;
      const auto last = keys.begin() + static_cast<std::ptrdiff_t>(k);
      if (k < columns) std::nth_element(keys.begin(), last, keys.end());
      std::sort(keys.begin(), last);
      for (size_t i = 0; i < k; ++i) {
        const auto column = static_cast<uint32_t>(keys[i]);
        indices[row * k + i] = static_cast<int32_t>(column);
        values[row * k + i] = from[column];
      }
    }
  });
}

}  // namespace pinsage::tensor
