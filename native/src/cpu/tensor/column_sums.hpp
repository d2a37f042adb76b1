#pragma once

#include <span>
#include <vector>

#include "pinsage/execution.hpp"

namespace pinsage::tensor {

/// y [width] = scale Σ over rows of what add_row(row, sum) adds to sum [width]. Fixed blocks of rows are summed apart,
/// in float32, then added up in float64: the same bits on any number of threads.
template <class AddRow>
void sum_blocks_of_rows(size_t rows, size_t width, float scale, std::span<float> y, const Execution& execution,
                        AddRow&& add_row) {
  constexpr size_t block = 256;
  const size_t blocks = (rows + block - 1) / block;
  std::vector<float> partial(blocks * width);
  parallel_for(execution, rows, block, [&](size_t begin, size_t end, int) {
    float* const sum = partial.data() + begin / block * width;
    for (size_t row = begin; row < end; ++row) add_row(row, sum);
  });
  std::vector<double> total(width);
  for (size_t i = 0; i < blocks; ++i) {
    for (size_t j = 0; j < width; ++j) total[j] += static_cast<double>(partial[i * width + j]);
  }
  for (size_t j = 0; j < width; ++j) y[j] = static_cast<float>(total[j] * scale);
}

}  // namespace pinsage::tensor
