#pragma once

#include <cstddef>

#include "pinsage/pool_neighbors.hpp"
#include "pinsage/tensor/sparse.hpp"

namespace pinsage {

/// Pins [begin, end) as rows of a matrix, with their neighbours' columns ascending and shares that sum to 1. A copy,
/// since others may write to the arrays meanwhile. INVALID_ARGUMENT for a neighbour that is not below `rows`.
tensor::SparseMatrix pool_shares(const PooledPins& pins, size_t begin, size_t end, Aggregator aggregator, size_t rows);

}  // namespace pinsage
