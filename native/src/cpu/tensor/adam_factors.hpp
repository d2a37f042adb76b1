#pragma once

#include <cmath>

#include "pinsage/shared.hpp"
#include "pinsage/tensor/adam.hpp"

namespace pinsage::tensor {

/// A step's constants as the loop uses them.
struct AdamFactors {
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float first, second;  ///< 1 / (1 − βᵗ), the bias corrections
  float epsilon, rate, shrink;

  explicit AdamFactors(const AdamStep& step)
      : beta1(static_cast<float>(step.beta1)),
        one_minus_beta1(static_cast<float>(1 - step.beta1)),
        beta2(static_cast<float>(step.beta2)),
        one_minus_beta2(static_cast<float>(1 - step.beta2)),
        first(static_cast<float>(1 / (1 - std::pow(step.beta1, step.iteration)))),
        second(static_cast<float>(1 / (1 - std::pow(step.beta2, step.iteration)))),
        epsilon(static_cast<float>(step.epsilon)),
        rate(static_cast<float>(step.learning_rate)),
        shrink(static_cast<float>(1 - step.learning_rate * step.weight_decay)) {}

  /// One weight w with gradient g and moments m and v.
  PINSAGE_SHARED void update(float& w, float g, float& m, float& v) const {
    m = beta1 * m + one_minus_beta1 * g;
    v = beta2 * v + one_minus_beta2 * (g * g);
    w = w * shrink - rate * ((m * first) / (std::sqrt(v * second) + epsilon));
  }
};

}  // namespace pinsage::tensor
