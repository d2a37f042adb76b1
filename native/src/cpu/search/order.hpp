#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace pinsage {

/// A score and an id as one number: the better candidate has the larger key. NaN is the worst score, -0 equals 0.
inline uint64_t candidate_key(float score, uint32_t id) {
  const auto bits = std::bit_cast<uint32_t>(score + 0.0f);
  const uint32_t ordered = std::isnan(score) ? 0 : (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
  return (uint64_t{ordered} << 32) | static_cast<uint32_t>(~id);
}

inline uint32_t key_id(uint64_t key) {
  return ~static_cast<uint32_t>(key);
}

inline float key_score(uint64_t key) {
  const auto ordered = static_cast<uint32_t>(key >> 32);
  if (ordered == 0) return std::numeric_limits<float>::quiet_NaN();
  return std::bit_cast<float>((ordered >> 31) != 0 ? ordered & 0x7fffffffu : ~ordered);
}

}  // namespace pinsage
