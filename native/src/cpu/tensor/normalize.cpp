#include "pinsage/tensor/normalize.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/tensor/sum.hpp"

namespace pinsage::tensor {
namespace {

/// 1 / |x|, or 0 for a row without direction.
PINSAGE_SIMD double inverse_length(const float* x, size_t width) {
  const double length = std::sqrt(sum_blocks(
      width, [x](size_t i) __attribute__((always_inline)) { return x[i] * x[i]; }));
  return length < 1e-12 ? 0.0 : 1.0 / length;
}

PINSAGE_SIMD double dot(const float* x, const float* y, size_t width) {
  return sum_blocks(
      width, [ x, y ](size_t i) __attribute__((always_inline)) { return x[i] * y[i]; });
}

PINSAGE_SIMD void scale_row(const float* x, float scale, size_t width, float* y) {
  for (size_t j = 0; j < width; ++j) y[j] = x[j] * scale;
}

/// z = a x + b y.
PINSAGE_SIMD void combine_rows(float a, const float* x, float b, const float* y, size_t width, float* z) {
  for (size_t j = 0; j < width; ++j) z[j] = a * x[j] + b * y[j];
}

template <class Row>
void each_row(size_t elements, size_t width, const Execution& execution, Row row) {
  if (width == 0) return;
  parallel_for(execution, elements / width, std::max<size_t>(1, 32768 / width), [&](size_t begin, size_t end, int) {
    for (size_t i = begin; i < end; ++i) row(i * width);
  });
}

}  // namespace

void l2_normalize(std::span<const float> x, size_t width, std::span<float> y, const Execution& execution) {
  each_row(x.size(), width, execution, [&](size_t first) {
    scale_row(x.data() + first, static_cast<float>(inverse_length(x.data() + first, width)), width, y.data() + first);
  });
}

void l2_normalize_gradient(std::span<const float> x, std::span<const float> dy, size_t width, std::span<float> dx,
                           const Execution& execution) {
  each_row(x.size(), width, execution, [&](size_t first) {
    const double inverse = inverse_length(x.data() + first, width);
    const double along = dot(x.data() + first, dy.data() + first, width) * inverse * inverse;
    combine_rows(static_cast<float>(inverse), dy.data() + first, static_cast<float>(-along * inverse), x.data() + first,
                 width, dx.data() + first);
  });
}

}  // namespace pinsage::tensor
