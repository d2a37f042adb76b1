#include "pinsage/tensor/adam.hpp"

#include <cmath>

#include "cpu/tensor/simd.hpp"

namespace pinsage::tensor {
namespace {

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
    parallel_for(execution, variable.value.size(), 16384, [&](size_t begin, size_t end, int) {
      update(variable.value.data() + begin, variable.gradient.data() + begin, variable.first.data() + begin,
             variable.second.data() + begin, end - begin, factors);
    });
  }
}

}  // namespace pinsage::tensor
