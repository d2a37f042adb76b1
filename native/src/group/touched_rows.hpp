#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Rows of a table that hold anything, as a set with a bit for each: of the gradient of an embedding table, those that
/// a batch looked up.
namespace pinsage::touched {

inline size_t words(size_t rows) {
  return (rows + 63) / 64;
}

/// Adds the rows of `table` that are not all +0: those, which nobody sums, are what their sums are.
inline void mark(std::span<const float> table, size_t width, std::span<uint64_t> set) {
  for (size_t row = 0; row < table.size() / width; ++row) {
    const float* const values = table.data() + row * width;
    uint32_t any = 0;
    for (size_t i = 0; i < width; ++i) any |= std::bit_cast<uint32_t>(values[i]);
    set[row / 64] |= uint64_t{any != 0} << row % 64;
  }
}

inline size_t count(std::span<const uint64_t> set) {
  size_t count = 0;
  for (const uint64_t word : set) count += static_cast<size_t>(std::popcount(word));
  return count;
}

/// The numbers of the rows of a set, neighbours together.
inline void append_runs(std::span<float> table, size_t width, std::span<const uint64_t> set,
                        std::vector<std::span<float>>& runs) {
  const auto has = [&](size_t row) { return (set[row / 64] >> row % 64 & 1) != 0; };
  const size_t rows = table.size() / width;
  for (size_t row = 0; row < rows; ++row) {
    if (!has(row)) continue;
    const size_t first = row;
    while (row < rows && has(row)) ++row;
    runs.push_back(table.subspan(first * width, (row - first) * width));
  }
}

}  // namespace pinsage::touched
