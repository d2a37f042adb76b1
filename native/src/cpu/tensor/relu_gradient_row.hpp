#pragma once

#include <cstddef>

namespace pinsage::tensor {

/// dz = dy where y > 0, else 0, and sum += dz; dz may be dy.
void relu_gradient_row(const float* dy, const float* y, size_t width, float* dz, float* sum);

}  // namespace pinsage::tensor
