#pragma once

#include <cstddef>
#include <span>

#include "pinsage/execution.hpp"

/// Softmax of the rows of a float32 matrix [rows, columns]; y may be x.
namespace pinsage::tensor {

/// y_ij = exp(x_ij − max_i) / Σ_j exp(x_ij − max_i).
void softmax(std::span<const float> x, size_t columns, std::span<float> y, const Execution& execution);

}  // namespace pinsage::tensor
