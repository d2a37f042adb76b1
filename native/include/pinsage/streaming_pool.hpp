#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pinsage/execution.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// N(u) of n pins, as importance_neighborhoods() makes them.
struct PooledPins {
  std::span<const PinId> ids;      ///< [n, neighbors]
  std::span<const float> weights;  ///< [n, neighbors] 0 is padding
  size_t neighbors = 0;
};

enum class Aggregator { importance, mean, max };

/// Pools neighbours' rows (PinSage §3.1) without looking them up: all rows are read once, in order, and each is added
/// where it is wanted. For rows in a mapped file that memory does not hold.
///
///     y_u = Σ_v α_v x_v / Σ_v α_v ,  v in N(u)       α = 1 for the mean; or, coordinate by coordinate, max_v x_v
///
/// rows x [pins, width], out y [n, width]; 0 for a pin without neighbours. Sums are in the order of the neighbours'
/// ids, whatever the number of threads.
void pool_streaming(std::span<const float> rows, size_t width, const PooledPins& pins, Aggregator aggregator,
                    std::span<float> out, const Execution& execution);

}  // namespace pinsage
