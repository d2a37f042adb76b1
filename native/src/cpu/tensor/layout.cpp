#include "pinsage/tensor/layout.hpp"

#include <algorithm>
#include <cstring>

namespace pinsage::tensor {

void copy_block(const float* from, size_t from_stride, float* to, size_t to_stride, size_t rows, size_t width,
                const Execution& execution) {
  if (rows == 0 || width == 0) return;
  if (rows > 1 && from_stride == width && to_stride == width) {
    return copy_block(from, 0, to, 0, 1, rows * width, execution);
  }
  constexpr size_t grain = 65536;
  if (rows == 1) {
    parallel_for(execution, width, grain, [&](size_t begin, size_t end, int) {
      std::memcpy(to + begin, from + begin, (end - begin) * sizeof(float));
    });
    return;
  }
  parallel_for(execution, rows, std::max<size_t>(1, grain / width), [&](size_t begin, size_t end, int) {
    for (size_t row = begin; row < end; ++row) {
      std::memcpy(to + row * to_stride, from + row * from_stride, width * sizeof(float));
    }
  });
}

void transpose(std::span<const float> x, size_t rows, size_t columns, std::span<float> y, const Execution& execution) {
  // Square tiles: both the rows that are read and those that are written stay in the first-level cache.
  constexpr size_t tile = 32;
  parallel_for(execution, columns, tile, [&](size_t begin, size_t end, int) {
    for (size_t first = 0; first < rows; first += tile) {
      const size_t last = std::min(first + tile, rows);
      for (size_t column = begin; column < end; ++column) {
        for (size_t row = first; row < last; ++row) y[column * rows + row] = x[row * columns + column];
      }
    }
  });
}

}  // namespace pinsage::tensor
