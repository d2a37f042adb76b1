#include "pinsage/tensor/softmax.hpp"

#include <algorithm>

#include "cpu/tensor/softmax_row.hpp"

namespace pinsage::tensor {
namespace {

PINSAGE_SIMD void softmax_row(const float* x, size_t columns, float* y) {
  const float scale = static_cast<float>(1.0 / exponentials(x, columns, largest(x, columns), y));
  for (size_t j = 0; j < columns; ++j) y[j] *= scale;
}

}  // namespace

void softmax(std::span<const float> x, size_t columns, std::span<float> y, const Execution& execution) {
  if (columns == 0) return;
  parallel_for(execution, x.size() / columns, std::max<size_t>(1, 8192 / columns), [&](size_t begin, size_t end, int) {
    for (size_t i = begin; i < end; ++i) softmax_row(x.data() + i * columns, columns, y.data() + i * columns);
  });
}

}  // namespace pinsage::tensor
