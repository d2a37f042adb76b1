#pragma once

#include <cstddef>
#include <span>

#include "pinsage/execution.hpp"

/// Sums and other reductions of a float32 matrix [rows, columns]. Sums are made of fixed blocks in a fixed order: the
/// same bits at any number of threads.
namespace pinsage::tensor {

/// y_i = Σ_j x_ij, times `scale`.
void sum_rows(std::span<const float> x, size_t columns, float scale, std::span<float> y, const Execution& execution);

/// y_j = Σ_i x_ij, times `scale`.
void sum_columns(std::span<const float> x, size_t columns, float scale, std::span<float> y, const Execution& execution);

enum class Reduction { max, min, product };
inline constexpr size_t reductions = 3;

/// y_i = the largest, the smallest or the product of x_ij over j; NaN if a row holds one; −∞, ∞ or 1 for no columns.
void reduce_rows(Reduction reduction, std::span<const float> x, size_t columns, std::span<float> y,
                 const Execution& execution);

/// Σ x_i² over all arrays, in float64.
double sum_of_squares(std::span<const std::span<const float>> arrays, const Execution& execution);

}  // namespace pinsage::tensor
