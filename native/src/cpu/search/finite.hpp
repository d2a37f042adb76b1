#pragma once

#include <cstddef>
#include <string>

#include "pinsage/error.hpp"

namespace pinsage {

/// Throws NOT_FINITE when a number is infinite or NaN. @param name what they are, in the plural
inline void check_finite(const float* values, size_t count, const char* name) {
  // A number minus itself is 0 unless it is not finite: no branch in the loop.
  constexpr size_t kLanes = 16;
  float differences[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) differences[lane] += values[i + lane] - values[i + lane];
  }
  for (; i < count; ++i) differences[0] += values[i] - values[i];
  for (const float difference : differences) {
    if (difference != 0) throw Error("NOT_FINITE", std::string(name) + " hold a number that is infinite or NaN", name);
  }
}

}  // namespace pinsage
