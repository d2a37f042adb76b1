#pragma once

#include <cstddef>
#include <span>

#include "pinsage/execution.hpp"

/// The parts of a dense layer beside its matrix products.
namespace pinsage::tensor {

/// y [n, width] += bias [width] (empty: none), then max(0, ·) if asked; in place.
void add_bias(std::span<float> y, size_t width, std::span<const float> bias, bool relu, const Execution& execution);

/// dz [n, width] = dy where y > 0, else 0, and the bias's gradient db [width] = Σ_rows dz (empty: not wanted); dz may
/// be dy.
void relu_gradient(std::span<const float> dy, std::span<const float> y, size_t width, std::span<float> dz,
                   std::span<float> db, const Execution& execution);

}  // namespace pinsage::tensor
