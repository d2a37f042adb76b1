#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "cpu/graph/half.hpp"
#include "pinsage/process_group.hpp"

/// Numbers of 16 bits as they travel between processes. Loops without branches, which compilers vectorise.
namespace pinsage::wire {

using Wire = ProcessGroup::Wire;

/// Bytes of so many numbers.
inline size_t size(Wire wire, size_t count) {
  if (count == 0) return 0;
  return wire == Wire::bf16 ? 2 * count : sizeof(float) + 2 * count;
}

/// To the nearest of 8 bits of mantissa, ties to even.
inline uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : rounded);
}

inline float from_bf16(uint16_t value) {
  return std::bit_cast<float>(uint32_t{value} << 16);
}

/// To the nearest half, ties to even, of a number below 2^15.
inline uint16_t to_half(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7fffffff;
  // In a sum with 1/2, the last bit of the fraction is the smallest half.
  const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000;
  const uint32_t normal = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
  return static_cast<uint16_t>((magnitude < (113u << 23) ? subnormal : normal) | (bits >> 16 & 0x8000));
}

/// The power of two by which halves are smaller than the numbers: NaN, for all of them, where one is not finite.
inline float half_scale(std::span<const float> values) {
  uint32_t largest = 0;
  for (const float value : values) largest = std::max(largest, std::bit_cast<uint32_t>(value) & 0x7fffffff);
  if (largest >= 0x7f800000) return std::numeric_limits<float>::quiet_NaN();
  if (largest == 0) return 1;
  // The largest becomes one of [2^14, 2^15); its scale's inverse has to be finite.
  return std::ldexp(1.0f, std::max(std::ilogb(std::bit_cast<float>(largest)) - 14, -126));
}

inline void pack(Wire wire, std::span<const float> values, std::byte* to) {
  if (values.empty()) return;
  if (wire == Wire::bf16) {
    auto* const out = reinterpret_cast<uint16_t*>(to);
    for (size_t i = 0; i < values.size(); ++i) out[i] = to_bf16(values[i]);
  } else {
    const float scale = half_scale(values);
    std::memcpy(to, &scale, sizeof scale);
    auto* const out = reinterpret_cast<uint16_t*>(to + sizeof scale);
    const float inverse = 1 / scale;
    for (size_t i = 0; i < values.size(); ++i) out[i] = to_half(values[i] * inverse);
  }
}

/// Calls take(i, value) for every number.
template <class Take>
void unpack(Wire wire, const std::byte* from, size_t count, Take take) {
  if (count == 0) return;
  if (wire == Wire::bf16) {
    const auto* const in = reinterpret_cast<const uint16_t*>(from);
    for (size_t i = 0; i < count; ++i) take(i, from_bf16(in[i]));
  } else {
    float scale;
    std::memcpy(&scale, from, sizeof scale);
    const auto* const in = reinterpret_cast<const uint16_t*>(from + sizeof scale);
    for (size_t i = 0; i < count; ++i) take(i, half_to_float(in[i]) * scale);
  }
}

}  // namespace pinsage::wire
