#pragma once

#include <cstddef>

namespace pinsage {

/// Σ x y
float dot(const float* x, const float* y, size_t count);

/// y += scale x
void add_scaled(float scale, const float* x, size_t count, float* y);

}  // namespace pinsage
