#include "pinsage/tensor/linear.hpp"

#include <algorithm>

#include "cpu/tensor/column_sums.hpp"
#include "cpu/tensor/relu_gradient_row.hpp"
#include "cpu/tensor/simd.hpp"

namespace pinsage::tensor {
namespace {

constexpr size_t grain = 32768;

PINSAGE_SIMD void add_row(float* y, const float* bias, size_t width) {
  for (size_t j = 0; j < width; ++j) y[j] += bias[j];
}

PINSAGE_SIMD void add_row_relu(float* y, const float* bias, size_t width) {
  for (size_t j = 0; j < width; ++j) {
    const float z = y[j] + bias[j];
    y[j] = z <= 0.0f ? 0.0f : z;
  }
}

PINSAGE_SIMD void relu_row(float* y, size_t width) {
  for (size_t j = 0; j < width; ++j) y[j] = y[j] <= 0.0f ? 0.0f : y[j];
}

PINSAGE_SIMD void where_positive(const float* dy, const float* y, size_t count, float* dz) {
  for (size_t i = 0; i < count; ++i) dz[i] = y[i] > 0.0f ? dy[i] : 0.0f;
}

}  // namespace

PINSAGE_SIMD void relu_gradient_row(const float* dy, const float* y, size_t width, float* dz, float* __restrict sum) {
  for (size_t i = 0; i < width; ++i) {
    const float value = y[i] > 0.0f ? dy[i] : 0.0f;
    dz[i] = value;
    sum[i] += value;
  }
}

void add_bias(std::span<float> y, size_t width, std::span<const float> bias, bool relu, const Execution& execution) {
  if (width == 0 || (bias.empty() && !relu)) return;
  parallel_for(execution, y.size() / width, std::max<size_t>(1, grain / width), [&](size_t begin, size_t end, int) {
    for (size_t row = begin; row < end; ++row) {
      float* const first = y.data() + row * width;
      if (bias.empty()) {
        relu_row(first, width);
      } else if (relu) {
        add_row_relu(first, bias.data(), width);
      } else {
        add_row(first, bias.data(), width);
      }
    }
  });
}

void relu_gradient(std::span<const float> dy, std::span<const float> y, size_t width, std::span<float> dz,
                   std::span<float> db, const Execution& execution) {
  if (db.empty() || width == 0) {
    parallel_for(execution, dy.size(), grain, [&](size_t begin, size_t end, int) {
      where_positive(dy.data() + begin, y.data() + begin, end - begin, dz.data() + begin);
    });
    return;
  }
  sum_blocks_of_rows(dy.size() / width, width, 1.0f, db, execution, [&](size_t row, float* sum) {
    const size_t first = row * width;
    relu_gradient_row(dy.data() + first, y.data() + first, width, dz.data() + first, sum);
  });
}

}  // namespace pinsage::tensor
