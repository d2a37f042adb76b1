#pragma once

#include <cstddef>

#include "pinsage/vector_index.hpp"

namespace pinsage {

/// 1 - Σ a_k b_k of two stored vectors of `width` numbers. The product of two vectors of 8-bit integers is divided by
/// 127².
using VectorDistance = float (*)(const std::byte* a, const std::byte* b, size_t width);

/// The fastest that this processor has.
VectorDistance vector_distance(VectorIndex::Store store);

}  // namespace pinsage
