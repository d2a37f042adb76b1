#pragma once

#include <cstddef>
#include <span>

#include "pinsage/execution.hpp"

/// Moving float32 elements without arithmetic.
namespace pinsage::tensor {

/// Copies a block of rows × width elements between arrays whose rows are `from_stride` and `to_stride` apart: what a
/// slice, a pad or one part of a concatenation along the last axis is.
void copy_block(const float* from, size_t from_stride, float* to, size_t to_stride, size_t rows, size_t width,
                const Execution& execution);

/// y [columns, rows] = xᵀ, x [rows, columns].
void transpose(std::span<const float> x, size_t rows, size_t columns, std::span<float> y, const Execution& execution);

}  // namespace pinsage::tensor
