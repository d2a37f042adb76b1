#pragma once

#include <bit>
#include <cstdint>

#include "pinsage/shared.hpp"

namespace pinsage {

/// An IEEE 754 half as a float, exactly. Its exponent and fraction in a float's place are the number times 2^-112, also
/// where it is subnormal; infinity and NaN need the largest exponent.
PINSAGE_SHARED inline float half_to_float(uint16_t half) {
  const uint32_t magnitude = (half & 0x7fffu) << 13;
  uint32_t bits = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
  if ((half & 0x7c00u) == 0x7c00u) bits |= 0x7f800000u;
  return std::bit_cast<float>(bits | (half & 0x8000u) << 16);
}

}  // namespace pinsage
