#pragma once

#include <cstddef>
#include <span>

#include "pinsage/execution.hpp"

namespace pinsage::tensor {

/// How one number becomes inputs of a linear map: a column for each bin between neighbouring edges, one for the
/// standardised number, one that says that it is missing.
struct Piecewise {
  std::span<const double> edges;  ///< ascending
  double mean = 0;
  double deviation = 1;

  size_t bins() const { return edges.empty() ? 0 : edges.size() - 1; }
  size_t columns() const { return bins() + 2; }
};

/// Columns `offset` … of y [numbers, stride] (Gorishniy, Rubachev, Babenko: On Embeddings for Numerical Features in
/// Tabular Deep Learning, 2022): min((x − b) / (b' − b), 1) for the bins [b, b') with x > b, else 0; the standardised
/// number within ±5; 0. A missing number (NaN): zeros, and 1 in the last column.
void piecewise_linear(std::span<const float> numbers, const Piecewise& piecewise, std::span<float> y, size_t stride,
                      size_t offset, const Execution& execution);

}  // namespace pinsage::tensor
