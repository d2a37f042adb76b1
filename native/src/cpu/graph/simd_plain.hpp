#pragma once

#include <algorithm>

#include "cpu/graph/simd.hpp"
#include "pinsage/philox.hpp"

/// The vector code's plain form: what it computes, and what runs where Highway is absent.
namespace pinsage::simd::plain {

inline void draw_words(uint64_t seed, uint32_t hop, uint32_t stream, const uint32_t* starts, const uint32_t* walks,
                       size_t count, uint32_t* const words[4]) {
  for (size_t i = 0; i < count; ++i) {
    const Words drawn = philox4x32(seed, {starts[i], walks[i], hop, stream});
    for (int k = 0; k < 4; ++k) words[k][i] = drawn[k];
  }
}

inline size_t keep_at_least(const uint32_t* values, uint32_t least, size_t count, uint32_t* const* arrays,
                            size_t columns) {
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    for (size_t column = 0; column < columns; ++column) arrays[column][kept] = arrays[column][i];
    kept += values[i] >= least;
  }
  return kept;
}

inline uint32_t* sort(uint32_t* ids, size_t count, uint32_t*) {
  std::sort(ids, ids + count);
  return ids;
}

inline void sum_row(const uint32_t* ids, const float* weights, size_t degree, size_t, uint32_t last_id,
                    const float (*x)[columns], double sums[columns]) {
  std::fill_n(sums, columns, 0.0);
  for (size_t i = 0; i < degree; ++i) {
    const float* from = x[std::min(ids[i], last_id)];
    const double weight = weights == nullptr ? 1 : weights[i];
    for (int c = 0; c < columns; ++c) sums[c] += weight * from[c];
  }
}

inline void copy_rows(const float* table, size_t width, const uint32_t* rows, size_t count, uint32_t known, float* out,
                      bool) {
  for (size_t i = 0; i < count; ++i, out += width) {
    if (rows[i] < known) {
      std::copy_n(table + rows[i] * width, width, out);
    } else {
      std::fill_n(out, width, 0.0f);
    }
  }
}

}  // namespace pinsage::simd::plain
