#include "cpu/linear/vectors.hpp"

#include "cpu/tensor/simd.hpp"
#include "cpu/tensor/sum.hpp"

namespace pinsage {

PINSAGE_SIMD float dot(const float* x, const float* y, size_t count) {
  return static_cast<float>(tensor::sum_blocks(
      count, [&](size_t i) __attribute__((always_inline)) { return x[i] * y[i]; }));
}

PINSAGE_SIMD void add_scaled(float scale, const float* __restrict x, size_t count, float* __restrict y) {
  for (size_t i = 0; i < count; ++i) y[i] += scale * x[i];
}

}  // namespace pinsage
