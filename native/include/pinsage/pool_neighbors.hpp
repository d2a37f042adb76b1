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

/// How rows are read: each where a pin wants it, which is fastest in memory; or all once, in order, each added where it
/// is wanted, which is how a disk reads that holds what memory does not.
enum class RowAccess { look_up, stream };

/// Pools neighbours' rows (PinSage §3.1).
///
///     y_u = Σ_v α_v x_v / Σ_v α_v ,  v in N(u)       α = 1 for the mean; or, coordinate by coordinate, max_v x_v
///
/// rows x [pins, width], out y [n, width]; 0 for a pin without neighbours. Sums are in the order of the neighbours'
/// ids: the same bits with either access, and any number of threads.
void pool_neighbors(std::span<const float> rows, size_t width, const PooledPins& pins, Aggregator aggregator,
                    RowAccess access, std::span<float> out, const Execution& execution);

}  // namespace pinsage
