// A sort for a few hundred numbers. Highway's own VQSort costs 430 ns a call and leans on compress-stores, which are
// slow on Zen 4.
#if defined(PINSAGE_SORT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef PINSAGE_SORT_INL_HPP
#undef PINSAGE_SORT_INL_HPP
#else
#define PINSAGE_SORT_INL_HPP
#endif

#include <algorithm>
#include <bit>
#include <utility>

#include "cpu/graph/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace pinsage::simd::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR

// Blocks of vectors are sorted by networks in registers, then sorted runs merge, a vector at a time.
//
// A block is a matrix with a vector for each row. First its columns are sorted, which compares whole vectors and moves
// no lane; then neighbouring columns merge (Batcher's bitonic merge, 1968), 2, 4, … of them to one run that goes down
// one column after the other; at last the matrix is transposed.

/// Twice as many vectors as a block has must be registers.
constexpr size_t block_vectors = HWY_MAX_BYTES >= 64 ? 16 : 8;

HWY_INLINE void exchange(V& low, V& high) {
  const V smaller = hn::Min(low, high);
  high = hn::Max(low, high);
  low = smaller;
}

/// Compares each lane with the one whose number differs in `bit`; the upper of the two keeps the larger number.
HWY_INLINE V exchange_lanes(V v, V lane, uint32_t bits, uint32_t upper_bit) {
  const D d;
  const V other = hn::TableLookupLanes(v, hn::IndicesFromVec(d, hn::Xor(lane, hn::Set(d, bits))));
  return hn::IfThenElse(hn::TestBit(lane, hn::Set(d, upper_bit)), hn::Max(v, other), hn::Min(v, other));
}

/// Makes a bitonic vector ascend.
HWY_INLINE V clean(V v) {
  const V lane = hn::Iota(D(), 0);
  for (uint32_t bit = hn::MaxLanes(D()) / 2; bit > 0; bit /= 2) v = exchange_lanes(v, lane, bit, bit);
  return v;
}

/// Sorts each column: merges of odd and even places (Batcher 1968).
template <size_t rows>
HWY_INLINE void sort_columns(V (&v)[rows]) {
#pragma GCC unroll 16
  for (size_t run = 1; run < rows; run *= 2) {
#pragma GCC unroll 16
    for (size_t distance = run; distance > 0; distance /= 2) {
#pragma GCC unroll 16
      for (size_t first = distance % run; first + distance < rows; first += 2 * distance) {
#pragma GCC unroll 16
        for (size_t i = first; i < std::min(first + distance, rows - distance); ++i) {
          if (i / (2 * run) == (i + distance) / (2 * run)) exchange(v[i], v[i + distance]);
        }
      }
    }
  }
}

/// Merges each pair of runs of `columns` columns.
template <uint32_t columns, size_t rows>
HWY_INLINE void merge_columns(V (&v)[rows]) {
  const D d;
  const V lane = hn::Iota(d, 0);
  const auto mirror = hn::IndicesFromVec(d, hn::Xor(lane, hn::Set(d, 2 * columns - 1)));
  const auto upper = hn::TestBit(lane, hn::Set(d, columns));
  // Element i of the two runs meets element i from their end: in the mirrored row, in the mirrored lane.
  if constexpr (rows == 1) {
    v[0] = exchange_lanes(v[0], lane, 2 * columns - 1, columns);
  } else {
#pragma GCC unroll 16
    for (size_t i = 0; i < rows / 2; ++i) {
      const V mirrored = hn::TableLookupLanes(v[rows - 1 - i], mirror);
      const V smaller = hn::Min(v[i], mirrored), larger = hn::Max(v[i], mirrored);
      v[i] = hn::IfThenElse(upper, larger, smaller);
      v[rows - 1 - i] = hn::TableLookupLanes(hn::IfThenElse(upper, smaller, larger), mirror);
    }
  }
#pragma GCC unroll 16
  for (uint32_t bit = columns / 2; bit > 0; bit /= 2) {
#pragma GCC unroll 16
    for (size_t i = 0; i < rows; ++i) v[i] = exchange_lanes(v[i], lane, bit, bit);
  }
#pragma GCC unroll 16
  for (size_t distance = rows / 2; distance > 0; distance /= 2) {
#pragma GCC unroll 16
    for (size_t i = 0; i < rows; ++i) {
      if ((i & distance) == 0) exchange(v[i], v[i + distance]);
    }
  }
}

/// Stores the matrix column by column: squares of 4 rows and lanes are transposed in registers and stored whole.
template <size_t rows>
HWY_INLINE void store_columns(const V (&v)[rows], uint32_t* to) {
  const D d;
  constexpr size_t lanes = hn::MaxLanes(d);
  alignas(64) uint32_t matrix[rows * lanes];
  if constexpr (rows >= 4 && lanes >= 4) {
    const D64 d64;
    for (size_t row = 0; row < rows; row += 4) {
      const V64 low_01 = hn::BitCast(d64, hn::InterleaveLower(d, v[row], v[row + 1]));
      const V64 high_01 = hn::BitCast(d64, hn::InterleaveUpper(d, v[row], v[row + 1]));
      const V64 low_23 = hn::BitCast(d64, hn::InterleaveLower(d, v[row + 2], v[row + 3]));
      const V64 high_23 = hn::BitCast(d64, hn::InterleaveUpper(d, v[row + 2], v[row + 3]));
      uint32_t* square = matrix + row * lanes;
      hn::Store(hn::BitCast(d, hn::InterleaveLower(d64, low_01, low_23)), d, square);
      hn::Store(hn::BitCast(d, hn::InterleaveUpper(d64, low_01, low_23)), d, square + lanes);
      hn::Store(hn::BitCast(d, hn::InterleaveLower(d64, high_01, high_23)), d, square + 2 * lanes);
      hn::Store(hn::BitCast(d, hn::InterleaveUpper(d64, high_01, high_23)), d, square + 3 * lanes);
    }
    const hn::Full128<uint32_t> quarter;
    for (size_t lane = 0; lane < lanes; ++lane) {
      for (size_t row = 0; row < rows; row += 4) {
        const uint32_t* from = matrix + (row + lane % 4) * lanes + lane / 4 * 4;
        hn::StoreU(hn::Load(quarter, from), quarter, to + lane * rows + row);
      }
    }
  } else {
    for (size_t row = 0; row < rows; ++row) hn::Store(v[row], d, matrix + row * lanes);
    for (size_t lane = 0; lane < lanes; ++lane) {
      for (size_t row = 0; row < rows; ++row) to[lane * rows + row] = matrix[row * lanes + lane];
    }
  }
}

/// Sorts `rows` (a power of 2) whole vectors in place.
template <size_t rows>
HWY_INLINE void sort_block(uint32_t* ids) {
  const D d;
  constexpr size_t lanes = hn::MaxLanes(d);
  V v[rows];
#pragma GCC unroll 16
  for (size_t i = 0; i < rows; ++i) v[i] = hn::LoadU(d, ids + i * lanes);
  sort_columns(v);
  if constexpr (lanes >= 2) merge_columns<1>(v);
  if constexpr (lanes >= 4) merge_columns<2>(v);
  if constexpr (lanes >= 8) merge_columns<4>(v);
  if constexpr (lanes >= 16) merge_columns<8>(v);
  store_columns(v, ids);
}

/// Merges two sorted runs of whole vectors: their lower half from the front and their upper half from the back, two
/// chains of which neither waits for the other.
HWY_INLINE void merge(const uint32_t* a, const uint32_t* a_end, const uint32_t* b, const uint32_t* b_end,
                      uint32_t* to) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const uint32_t *const a_begin = a, *const b_begin = b;
  const uint32_t *a_back = a_end - lanes, *b_back = b_end - lanes;
  size_t left = (a_end - a + b_end - b) / lanes;
  uint32_t* to_back = to + left * lanes;
  V low = hn::LoadU(d, a), high = hn::LoadU(d, a_back);
  V next_low = hn::LoadU(d, b), next_high = hn::LoadU(d, b_back);
  for (;;) {
    const V mirrored_low = hn::Reverse(d, next_low);
    hn::StoreU(clean(hn::Min(low, mirrored_low)), d, to);
    to += lanes;
    if (--left == 0) break;
    const V mirrored_high = hn::Reverse(d, next_high);
    hn::StoreU(clean(hn::Max(high, mirrored_high)), d, to_back -= lanes);
    if (--left == 0) break;
    low = clean(hn::Max(low, mirrored_low));
    high = clean(hn::Min(high, mirrored_high));
    // The run whose next element is nearer goes on.
    const bool low_from_a = b + lanes == b_end || (a + lanes != a_end && a[lanes] <= b[lanes]);
    const uint32_t*& from = low_from_a ? a : b;
    next_low = hn::LoadU(d, from += lanes);
    const bool high_from_a = b_back == b_begin || (a_back != a_begin && a_back[-1] >= b_back[-1]);
    const uint32_t*& back = high_from_a ? a_back : b_back;
    next_high = hn::LoadU(d, back -= lanes);
  }
}

/// Sorts ascending, in `ids` or `scratch`, and returns where.
HWY_INLINE uint32_t* sort(uint32_t* ids, size_t count, uint32_t* scratch) {
  const size_t lanes = hn::Lanes(D());
  const size_t run = block_vectors * lanes;
  // Whole blocks, and a smaller power of two of vectors at the end.
  const size_t last = std::bit_ceil((count % run + lanes - 1) / lanes) * lanes;
  const size_t blocks_end = count / run * run;
  const size_t end = blocks_end + (count % run == 0 ? 0 : last);
  std::fill(ids + count, ids + end, 0xffffffffu);
  for (size_t begin = 0; begin < blocks_end; begin += run) sort_block<block_vectors>(ids + begin);
  switch ((end - blocks_end) / lanes) {
    case 16:
      if constexpr (block_vectors == 16) sort_block<16>(ids + blocks_end);
      break;
    case 8:
      sort_block<8>(ids + blocks_end);
      break;
    case 4:
      sort_block<4>(ids + blocks_end);
      break;
    case 2:
      sort_block<2>(ids + blocks_end);
      break;
    case 1:
      sort_block<1>(ids + blocks_end);
      break;
  }
  for (size_t sorted = run; sorted < end; sorted *= 2) {
    for (size_t begin = 0; begin < end; begin += 2 * sorted) {
      const size_t middle = std::min(begin + sorted, end), stop = std::min(begin + 2 * sorted, end);
      if (middle == stop) {
        std::copy(ids + begin, ids + stop, scratch + begin);
      } else {
        merge(ids + begin, ids + middle, ids + middle, ids + stop, scratch + begin);
      }
    }
    std::swap(ids, scratch);
  }
  return ids;
}

#endif

}  // namespace pinsage::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
