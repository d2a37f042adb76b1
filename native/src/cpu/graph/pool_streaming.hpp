#pragma once

#include "pinsage/pool_neighbors.hpp"

namespace pinsage {

/// pool_neighbors() with RowAccess::stream.
void pool_streaming(std::span<const float> rows, size_t width, const PooledPins& pins, Aggregator aggregator,
                    std::span<float> out, const Execution& execution);

}  // namespace pinsage
