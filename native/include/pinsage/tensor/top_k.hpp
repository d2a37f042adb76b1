#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pinsage/execution.hpp"

namespace pinsage::tensor {

/// The k ≤ columns largest elements of each row of x [rows, columns], largest first, the earlier of two equal ones
/// first, NaN last: their values and their columns, both [rows, k].
void top_k(std::span<const float> x, size_t columns, size_t k, std::span<float> values, std::span<int32_t> indices,
           const Execution& execution);

}  // namespace pinsage::tensor
