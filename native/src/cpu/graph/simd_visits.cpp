// From visits to the most visited: sort, lengths of runs, threshold, order.
#include <algorithm>
#include <bit>
#include <numeric>

#include "cpu/graph/simd.hpp"
#include "cpu/graph/simd_plain.hpp"

#ifdef PINSAGE_HAVE_HIGHWAY

#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/graph/simd_visits.cpp"
#include <hwy/foreach_target.h>
// Highway wants to be first among what is compiled per target.
#include <hwy/highway.h>

#include "cpu/graph/simd-inl.hpp"
#include "cpu/graph/sort-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace pinsage::simd::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

using plain::count_visits, plain::remove, plain::sort, plain::top;

#else

using M = hn::Mask<D>;

/// The lanes of the vector at `i` that lie in a list of `count`.
HWY_INLINE M inside(M chosen, size_t i, size_t count) {
  const D d;
  return i + hn::Lanes(d) > count ? hn::And(chosen, hn::FirstN(d, count - i)) : chosen;
}

size_t count_visits(uint32_t* visits, size_t count, uint32_t* scratch, uint32_t* ids, uint32_t* counts) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  if (count == 0) return 0;
  uint32_t* const sorted = sort(visits, count, scratch);
  sorted[count] = ~sorted[count - 1];
  size_t runs = 0;
  for (size_t i = 0; i < count; i += lanes) {
    const V id = hn::LoadU(d, sorted + i);
    const M ends_here = inside(hn::Ne(id, hn::LoadU(d, sorted + i + 1)), i, count);
    hn::StoreU(hn::Compress(id, ends_here), d, ids + runs);
    hn::StoreU(hn::Compress(hn::Iota(d, static_cast<uint32_t>(i + 1)), ends_here), d, counts + runs);
    runs += hn::CountTrue(d, ends_here);
  }
  // From where runs end to their lengths, from the back: what is subtracted is still an end.
  for (size_t i = (runs - 1 + lanes - 1) / lanes * lanes; i > 0; i -= lanes) {
    uint32_t* const end = counts + 1 + (i - lanes);
    hn::StoreU(hn::Sub(hn::LoadU(d, end), hn::LoadU(d, end - 1)), d, end);
  }
  return runs;
}

void remove(uint32_t id, const uint32_t* ids, uint32_t* counts, size_t size) {
  const D d;
  const V removed = hn::Set(d, id);
  for (size_t i = 0; i < size; i += hn::Lanes(d)) {
    hn::StoreU(hn::IfThenZeroElse(hn::Eq(hn::LoadU(d, ids + i), removed), hn::LoadU(d, counts + i)), d, counts + i);
  }
}

/// The smallest count, at least 1, that no more than `limit` ids reach.
HWY_INLINE uint32_t least_that_fits(const uint32_t* counts, size_t size, size_t limit) {
  const D d;
  const auto fits = [&](uint32_t least) HWY_ATTR {
    const V bound = hn::Set(d, least);
    size_t found = 0;
    for (size_t i = 0; i < size; i += hn::Lanes(d)) {
      found += hn::CountTrue(d, inside(at_least(hn::LoadU(d, counts + i), bound), i, size));
    }
    return found <= limit;
  };
  uint32_t below = 0, least = 1;
  for (; !fits(least); least *= 2) below = least;
  while (least - below > 1) {
    const uint32_t middle = below + (least - below) / 2;
    (fits(middle) ? least : below) = middle;
  }
  return least;
}

/// Copies, in order, the ids with least <= count <= most and their counts; at least the first `limit` of them. Returns
/// how many it copied.
HWY_INLINE size_t select(const uint32_t* ids, const uint32_t* counts, size_t size, uint32_t least, uint32_t most,
                         size_t limit, uint32_t* to_ids, uint32_t* to_counts) {
  const D d;
  const V low = hn::Set(d, least), high = hn::Set(d, most);
  size_t selected = 0;
  for (size_t i = 0; i < size && selected < limit; i += hn::Lanes(d)) {
    const V count = hn::LoadU(d, counts + i);
    const M chosen = inside(hn::And(at_least(count, low), at_least(high, count)), i, size);
    hn::StoreU(hn::Compress(count, chosen), d, to_counts + selected);
    hn::StoreU(hn::Compress(hn::LoadU(d, ids + i), chosen), d, to_ids + selected);
    selected += hn::CountTrue(d, chosen);
  }
  return selected;
}

/// Orders ids by descending count, ties as they are.
HWY_INLINE void order(uint32_t* ids, uint32_t* counts, size_t size, uint32_t* scratch) {
  uint32_t* const keys = scratch;
  uint32_t* const other_keys = keys + size + padding;
  uint32_t* const unordered = other_keys + size + padding;
  std::copy_n(ids, size, unordered);
  const uint32_t most = *std::max_element(counts, counts + size);
  const int place_bits = std::bit_width(size - 1);
  if (place_bits + std::bit_width(most) <= 32) {
    for (size_t i = 0; i < size; ++i) keys[i] = (most - counts[i]) << place_bits | static_cast<uint32_t>(i);
    const uint32_t* const sorted = sort(keys, size, other_keys);
    for (size_t i = 0; i < size; ++i) {
      ids[i] = unordered[sorted[i] & ((1u << place_bits) - 1)];
      counts[i] = most - (sorted[i] >> place_bits);
    }
  } else {
    std::iota(keys, keys + size, 0);
    std::stable_sort(keys, keys + size, [&](uint32_t a, uint32_t b) { return counts[a] > counts[b]; });
    std::copy_n(counts, size, other_keys);
    for (size_t i = 0; i < size; ++i) {
      ids[i] = unordered[keys[i]];
      counts[i] = other_keys[keys[i]];
    }
  }
}

size_t top(const uint32_t* ids, const uint32_t* counts, size_t size, size_t limit, uint32_t* scratch, uint32_t* to_ids,
           uint32_t* to_counts) {
  const uint32_t least = least_that_fits(counts, size, limit);
  const size_t above = select(ids, counts, size, least, UINT32_MAX, size, to_ids, to_counts);
  if (above > 1) order(to_ids, to_counts, above, scratch);
  if (least == 1 || above == limit) return above;
  // Of those with one visit less only the first fit.
  const size_t left = limit - above;
  return above +
         std::min(left, select(ids, counts, size, least - 1, least - 1, left, to_ids + above, to_counts + above));
}

#endif

}  // namespace pinsage::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pinsage::simd {

HWY_EXPORT(sort);
HWY_EXPORT(count_visits);
HWY_EXPORT(remove);
HWY_EXPORT(top);

uint32_t* sort(uint32_t* ids, size_t count, uint32_t* scratch) {
  if (use_plain) return plain::sort(ids, count, scratch);
  return HWY_DYNAMIC_DISPATCH(sort)(ids, count, scratch);
}

size_t count_visits(uint32_t* visits, size_t count, uint32_t* scratch, uint32_t* ids, uint32_t* counts) {
  if (use_plain) return plain::count_visits(visits, count, scratch, ids, counts);
  return HWY_DYNAMIC_DISPATCH(count_visits)(visits, count, scratch, ids, counts);
}

void remove(uint32_t id, const uint32_t* ids, uint32_t* counts, size_t size) {
  if (use_plain) return plain::remove(id, ids, counts, size);
  HWY_DYNAMIC_DISPATCH(remove)(id, ids, counts, size);
}

size_t top(const uint32_t* ids, const uint32_t* counts, size_t size, size_t limit, uint32_t* scratch, uint32_t* to_ids,
           uint32_t* to_counts) {
  if (use_plain) return plain::top(ids, counts, size, limit, scratch, to_ids, to_counts);
  return HWY_DYNAMIC_DISPATCH(top)(ids, counts, size, limit, scratch, to_ids, to_counts);
}

}  // namespace pinsage::simd
#endif

#else  // without Highway

namespace pinsage::simd {

uint32_t* sort(uint32_t* ids, size_t count, uint32_t* scratch) {
  return plain::sort(ids, count, scratch);
}
size_t count_visits(uint32_t* visits, size_t count, uint32_t* scratch, uint32_t* ids, uint32_t* counts) {
  return plain::count_visits(visits, count, scratch, ids, counts);
}
void remove(uint32_t id, const uint32_t* ids, uint32_t* counts, size_t size) {
  plain::remove(id, ids, counts, size);
}
size_t top(const uint32_t* ids, const uint32_t* counts, size_t size, size_t limit, uint32_t* scratch, uint32_t* to_ids,
           uint32_t* to_counts) {
  return plain::top(ids, counts, size, limit, scratch, to_ids, to_counts);
}

}  // namespace pinsage::simd

#endif
