#pragma once

#include <cstddef>
#include <span>

#include "pinsage/execution.hpp"

/// Rows of length 1: y_i = x_i / |x_i|. A row shorter than 1e-12 has no direction: it becomes zeros and passes no
/// gradient on.
namespace pinsage::tensor {

/// x, y [n, width]; y may be x.
void l2_normalize(std::span<const float> x, size_t width, std::span<float> y, const Execution& execution);

/// dx_i = (dy_i − y_i (y_i · dy_i)) / |x_i|, from x itself.
void l2_normalize_gradient(std::span<const float> x, std::span<const float> dy, size_t width, std::span<float> dx,
                           const Execution& execution);

}  // namespace pinsage::tensor
