#pragma once

#include <algorithm>
#include <atomic>
#include <vector>

#include "cpu/graph/half.hpp"
#include "cpu/graph/simd.hpp"
#include "pinsage/philox.hpp"

/// The vector code's plain form: what it computes, and what runs where Highway is absent.
namespace pinsage::simd {

/// Set by tests: the plain form on a machine that has vectors.
inline std::atomic<bool> use_plain{false};

}  // namespace pinsage::simd

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

inline size_t count_visits(uint32_t* visits, size_t count, uint32_t*, uint32_t* ids, uint32_t* counts) {
  std::sort(visits, visits + count);
  size_t distinct = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0 && visits[i] == visits[i - 1]) {
      ++counts[distinct - 1];
    } else {
      ids[distinct] = visits[i];
      counts[distinct++] = 1;
    }
  }
  return distinct;
}

inline void remove(uint32_t id, const uint32_t* ids, uint32_t* counts, size_t size) {
  for (size_t i = 0; i < size; ++i) counts[i] = ids[i] == id ? 0 : counts[i];
}

inline size_t top(const uint32_t* ids, const uint32_t* counts, size_t size, size_t limit, uint32_t*, uint32_t* to_ids,
                  uint32_t* to_counts) {
  std::vector<size_t> order;
  for (size_t i = 0; i < size; ++i) {
    if (counts[i] > 0) order.push_back(i);
  }
  const size_t kept = std::min(limit, order.size());
  std::partial_sort(order.begin(), order.begin() + kept, order.end(), [&](size_t a, size_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : ids[a] < ids[b];
  });
  for (size_t i = 0; i < kept; ++i) {
    to_ids[i] = ids[order[i]];
    to_counts[i] = counts[order[i]];
  }
  return kept;
}

template <class T, class Widen>
void gather(const T* table, const RowGather& gather, Widen&& widen) {
  for (size_t i = 0; i < gather.count; ++i) {
    const uint32_t row = gather.rows[i];
    float* out = gather.out + i * gather.width;
    if (row < gather.known) {
      const T* from = table + row * gather.width;
      std::transform(from, from + gather.width, out, [&](T value) { return widen(value, row); });
    } else {
      std::fill_n(out, gather.width, 0.0f);
    }
  }
}

inline void gather_f32(const float* table, const RowGather& rows) {
  gather(table, rows, [](float value, uint32_t) { return value; });
}

inline void gather_f16(const uint16_t* table, const RowGather& rows) {
  gather(table, rows, [](uint16_t value, uint32_t) { return half_to_float(value); });
}

inline void gather_i8(const int8_t* table, const float* scales, size_t scale_stride, const RowGather& rows) {
  gather(table, rows, [&](int8_t value, uint32_t row) { return value * scales[row * scale_stride]; });
}

}  // namespace pinsage::simd::plain
