#pragma once

#include <cstddef>
#include <vector>

#include "pinsage/execution.hpp"

/// Moving float32 elements without arithmetic.
namespace pinsage::tensor {

/// One axis of a box of elements: how many, and how far apart they lie where they come from and where they go.
struct Axis {
  size_t size;
  size_t from;
  size_t to;
};

/// to[Σ i_a to_a] = from[Σ i_a from_a] for every index (i_1, i_2, …) of the box: what a slice, a pad, a transposition
/// or one part of a concatenation is. Axes may come in any order; no element may be written twice.
void copy_box(const float* from, float* to, std::vector<Axis> axes, const Execution& execution);

}  // namespace pinsage::tensor
