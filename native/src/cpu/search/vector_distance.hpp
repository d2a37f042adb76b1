#pragma once

#include <cstddef>

#include "pinsage/vector_index.hpp"

namespace pinsage {

/// 1 - Σ a_k b_k of two stored vectors of `width` numbers, as usearch calls it: addresses and numbers are of one type.
/// The product of two vectors of 8-bit integers is divided by 127².
using VectorDistance = float (*)(size_t a, size_t b, size_t width);

/// The fastest that this processor has.
VectorDistance vector_distance(VectorIndex::Store store);

}  // namespace pinsage
