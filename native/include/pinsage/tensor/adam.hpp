#pragma once

#include <cstddef>
#include <span>

#include "pinsage/execution.hpp"

namespace pinsage::tensor {

/// One variable of an Adam step: all of one length; `gradient` is read, the rest is updated in place.
struct AdamVariable {
  std::span<float> value;
  std::span<const float> gradient;
  std::span<float> first;   ///< running mean of gradients
  std::span<float> second;  ///< running mean of squared gradients
  size_t row_width = 0;     ///< not 0: rows of this width whose gradient is all zero are left as they are
};

struct AdamStep {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< decoupled from the gradient (AdamW)
  double iteration = 1;     ///< of this step, from 1
};

/// One step of Adam (Kingma & Ba, 2015) over all variables.
void adam(std::span<const AdamVariable> variables, const AdamStep& step, const Execution& execution);

}  // namespace pinsage::tensor
