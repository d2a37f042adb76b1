#pragma once

#include <cmath>
#include <limits>

#include "cpu/tensor/exponential.hpp"
#include "cpu/tensor/sum.hpp"

namespace pinsage::tensor {

/// The largest of `count` values (not NaN), −∞ for none.
[[gnu::always_inline]] inline float largest(const float* x, size_t count) {
  float lane[lanes];
  for (float& value : lane) value = -std::numeric_limits<float>::infinity();
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (size_t j = 0; j < lanes; ++j) lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j];
  }
  for (; i < count; ++i) lane[0] = x[i] > lane[0] ? x[i] : lane[0];
  float result = lane[0];
  for (size_t j = 1; j < lanes; ++j) result = lane[j] > result ? lane[j] : result;
  return result;
}

/// y_j = exp(x_j − shift); returns their sum.
[[gnu::always_inline]] inline double exponentials(const float* x, size_t count, float shift, float* y) {
  for (size_t j = 0; j < count; ++j) y[j] = exponential(x[j] - shift);
  return sum_blocks(
      count, [y](size_t i) __attribute__((always_inline)) { return y[i]; });
}

}  // namespace pinsage::tensor
