#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace pinsage::test {

inline std::mt19937 generator(7);

/// From -1 to 1.
inline std::vector<float> numbers(size_t count) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(generator() % 2001) / 1000 - 1;
  return values;
}

inline std::vector<int32_t> rows(size_t count, size_t below) {
  std::vector<int32_t> values(count);
  for (int32_t& value : values) value = static_cast<int32_t>(generator() % below);
  return values;
}

}  // namespace pinsage::test
