#pragma once

#include <bit>
#include <cstdint>

#include "pinsage/shared.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// Ascending keys are descending scores and then ascending ids: positive floats order as their bits do.
PINSAGE_SHARED inline uint64_t rank_key(float score, PinId pin) {
  return uint64_t{~std::bit_cast<uint32_t>(score)} << 32 | pin;
}
PINSAGE_SHARED inline float score_of(uint64_t key) {
  return std::bit_cast<float>(~static_cast<uint32_t>(key >> 32));
}

}  // namespace pinsage
