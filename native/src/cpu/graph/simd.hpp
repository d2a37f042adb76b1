#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// The graph kernels' vector code: one implementation per instruction set, chosen when the program starts, all with the
/// same results. `plain` is the implementation without vectors.
namespace pinsage::simd {

/// words[k][i] = word k of the Philox call of counter (starts[i], walks[i], hop, stream). All arrays have room for
/// `padding` more.
void draw_words(uint64_t seed, uint32_t hop, uint32_t stream, const uint32_t* starts, const uint32_t* walks,
                size_t count, uint32_t* const words[4]);

/// Keeps, in order, the elements of `columns` arrays for which values[i] >= least; returns how many.
size_t keep_at_least(const uint32_t* values, uint32_t least, size_t count, uint32_t* const* arrays, size_t columns);

/// Sorts ascending, in `ids` or `scratch`, and returns where. Both have room for `padding` more.
uint32_t* sort(uint32_t* ids, size_t count, uint32_t* scratch);

/// How often each id was visited, by ascending id: ids [distinct], counts [distinct], and how many there are. Visits
/// are in any order and do not survive. All arrays have room for `padding` more.
size_t count_visits(uint32_t* visits, size_t count, uint32_t* scratch, uint32_t* ids, uint32_t* counts);

/// Makes the count of one id 0.
void remove(uint32_t id, const uint32_t* ids, uint32_t* counts, size_t size);

/// The `limit` most visited of ascending ids, most visited first, ties by smaller id, without those of count 0; returns
/// how many. `scratch` has room for 3 (min(limit, size) + padding), the other arrays for `padding` more.
size_t top(const uint32_t* ids, const uint32_t* counts, size_t size, size_t limit, uint32_t* scratch, uint32_t* to_ids,
           uint32_t* to_counts);

/// Rows to gather from a table, and where they go.
struct RowGather {
  size_t width;  ///< numbers of a row
  const uint32_t* rows;
  size_t count;
  uint32_t known;  ///< rows from here on are zeros
  float* out;      ///< [count, width]
  bool streaming;  ///< past the caches: for outputs that are larger than they are
};

/// out row i = row rows[i] of a table of floats, of IEEE halves, or of integers times their row's scale, which is
/// scales[row · scale_stride].
void gather_f32(const float* table, const RowGather& gather);
void gather_f16(const uint16_t* table, const RowGather& gather);
void gather_i8(const int8_t* table, const float* scales, size_t scale_stride, const RowGather& gather);

inline constexpr size_t padding = 128;

/// The instruction sets that this machine has, best first; the last is "plain".
std::vector<std::string> targets();
/// Uses one of them from now on in the whole process: for tests. Empty: the best.
void use_target(const std::string& name);

}  // namespace pinsage::simd
