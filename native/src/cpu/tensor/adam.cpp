#include "pinsage/tensor/adam.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "cpu/tensor/simd.hpp"

namespace pinsage::tensor {
namespace {

constexpr size_t grain = 16384;

/// The step's constants as the loop uses them.
struct Factors {
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float first, second;  ///< 1 / (1 − βᵗ), the bias corrections
  float epsilon, rate, shrink;
};

PINSAGE_SIMD void update(float* __restrict w, const float* __restrict g, float* __restrict m, float* __restrict v,
                         size_t count, const Factors& f) {
  const Factors k = f;
  for (size_t i = 0; i < count; ++i) {
    const float first = k.beta1 * m[i] + k.one_minus_beta1 * g[i];
    const float second = k.beta2 * v[i] + k.one_minus_beta2 * (g[i] * g[i]);
    m[i] = first;
    v[i] = second;
    w[i] = w[i] * k.shrink - k.rate * ((first * k.first) / (std::sqrt(second * k.second) + k.epsilon));
  }
}

PINSAGE_SIMD bool any_nonzero(const float* x, size_t count) {
  // Without the sign bit: −0 is 0.
  uint32_t bits = 0;
  for (size_t i = 0; i < count; ++i) bits |= std::bit_cast<uint32_t>(x[i]) << 1;
  return bits != 0;
}

}  // namespace

void adam(std::span<const AdamVariable> variables, const AdamStep& step, const Execution& execution) {
  const Factors factors = {
      .beta1 = static_cast<float>(step.beta1),
      .one_minus_beta1 = static_cast<float>(1 - step.beta1),
      .beta2 = static_cast<float>(step.beta2),
      .one_minus_beta2 = static_cast<float>(1 - step.beta2),
      .first = static_cast<float>(1 / (1 - std::pow(step.beta1, step.iteration))),
      .second = static_cast<float>(1 / (1 - std::pow(step.beta2, step.iteration))),
      .epsilon = static_cast<float>(step.epsilon),
      .rate = static_cast<float>(step.learning_rate),
      .shrink = static_cast<float>(1 - step.learning_rate * step.weight_decay),
  };
  for (const AdamVariable& variable : variables) {
    const auto update_range = [&](size_t begin, size_t end) {
      update(variable.value.data() + begin, variable.gradient.data() + begin, variable.first.data() + begin,
             variable.second.data() + begin, end - begin, factors);
    };
    const size_t count = variable.value.size(), width = variable.row_width;
    if (width == 0) {
      parallel_for(execution, count, grain, [&](size_t begin, size_t end, int) { update_range(begin, end); });
    } else {
      parallel_for(execution, count / width, std::max<size_t>(1, grain / width), [&](size_t begin, size_t end, int) {
        for (size_t row = begin; row < end; ++row) {
          if (any_nonzero(variable.gradient.data() + row * width, width)) update_range(row * width, (row + 1) * width);
        }
      });
    }
  }
}

}  // namespace pinsage::tensor
