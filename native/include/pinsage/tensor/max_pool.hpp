#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pinsage/execution.hpp"

/// Max pooling over neighbours: y_uj = max of h[neighbors_ut, j] over the t with weights_ut > 0, and 0 where there is
/// none.
namespace pinsage::tensor {

/// n nodes with `neighbors_per_node` neighbours each: rows of h [rows, width], of which those with weight > 0 count.
struct MaxPool {
  std::span<const float> h;
  size_t width = 0;
  std::span<const int32_t> neighbors;
  std::span<const float> weights;
  size_t neighbors_per_node = 0;
};

/// INVALID_ARGUMENT when a neighbour is no row of h.
void check_neighbors(std::span<const int32_t> neighbors, size_t rows);

/// y [n, width]. INVALID_ARGUMENT when a neighbour is no row of h.
void max_pool(const MaxPool& pool, std::span<float> y, const Execution& execution);

/// dh [rows, width]: dy_uj goes to the first t that reaches the maximum.
void max_pool_gradient(const MaxPool& pool, std::span<const float> dy, std::span<float> dh, const Execution& execution);

}  // namespace pinsage::tensor
