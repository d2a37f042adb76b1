#include "cpu/graph/simd.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <utility>

#include "cpu/graph/half.hpp"
#include "cpu/graph/simd_plain.hpp"
#include "pinsage/array.hpp"

#ifdef PINSAGE_HAVE_HIGHWAY

// Arrays of vectors need a size that is known when compiling.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/graph/simd.cpp"
#include <hwy/foreach_target.h>
// Highway wants to be first among what is compiled per target.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pinsage::simd::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

using plain::count_at_least, plain::draw_words, plain::encode_runs, plain::gather_f16, plain::gather_f32,
    plain::gather_i8, plain::keep_at_least, plain::select, plain::sort, plain::sum_row;

#else

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<uint32_t>;
using D64 = hn::Repartition<uint64_t, D>;
using V = hn::Vec<D>;
using V64 = hn::Vec<D64>;

// Philox multiplies 32 bits to 64: each chain holds one counter in the low half of every 64-bit lane, and what the high
// half holds is never looked at. The even and the odd elements of a vector are two such chains.

struct Counters {
  V64 c0, c1, c2, c3;
};

HWY_INLINE V64 multiply_low(V64 x, V factor) {
  return hn::MulEven(hn::BitCast(D(), x), factor);
}

HWY_INLINE void philox_round(Counters& c, V factor_0, V factor_1, V64 key_0, V64 key_1) {
  const V64 product_0 = multiply_low(c.c0, factor_0);
  const V64 product_1 = multiply_low(c.c2, factor_1);
  c = {hn::Xor(hn::Xor(hn::ShiftRight<32>(product_1), c.c1), key_0), product_1,
       hn::Xor(hn::Xor(hn::ShiftRight<32>(product_0), c.c3), key_1), product_0};
}

HWY_INLINE void store_words(V64 even, V64 odd, uint32_t* to) {
  const D d;
  hn::StoreU(hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even)), d, to);
}

void draw_words(uint64_t seed, uint32_t hop, uint32_t stream, const uint32_t* starts, const uint32_t* walks,
                size_t count, uint32_t* const words[4]) {
  const D d;
  const D64 d64;
  const V factor_0 = hn::Set(d, philox::multiplier_0), factor_1 = hn::Set(d, philox::multiplier_1);
  for (size_t i = 0; i < count; i += hn::Lanes(d)) {
    const V64 start = hn::BitCast(d64, hn::LoadU(d, starts + i)), walk = hn::BitCast(d64, hn::LoadU(d, walks + i));
    const V64 hops = hn::Set(d64, hop), streams = hn::Set(d64, stream);
    Counters even{start, walk, hops, streams};
    Counters odd{hn::ShiftRight<32>(start), hn::ShiftRight<32>(walk), hops, streams};
    auto key_0 = static_cast<uint32_t>(seed), key_1 = static_cast<uint32_t>(seed >> 32);
    for (int round = 0; round < philox::rounds; ++round) {
      const V64 keys_0 = hn::Set(d64, key_0), keys_1 = hn::Set(d64, key_1);
      philox_round(even, factor_0, factor_1, keys_0, keys_1);
      philox_round(odd, factor_0, factor_1, keys_0, keys_1);
      key_0 += philox::weyl_0;
      key_1 += philox::weyl_1;
    }
    store_words(even.c0, odd.c0, words[0] + i);
    store_words(even.c1, odd.c1, words[1] + i);
    store_words(even.c2, odd.c2, words[2] + i);
    store_words(even.c3, odd.c3, words[3] + i);
  }
}

/// Not all targets compare unsigned numbers.
HWY_INLINE hn::Mask<D> at_least(V value, V least) {
  return hn::Eq(hn::Max(value, least), value);
}

size_t keep_at_least(const uint32_t* values, uint32_t least, size_t count, uint32_t* const* arrays, size_t columns) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V limit = hn::Set(d, least);
  size_t kept = 0;
  for (size_t i = 0; i < count; i += lanes) {
    auto keep = at_least(hn::LoadU(d, values + i), limit);
    if (i + lanes > count) keep = hn::And(keep, hn::FirstN(d, count - i));
    // Whole vectors are stored: what lies behind the kept ones is overwritten by the next, and was read before.
    for (size_t column = 0; column < columns; ++column) {
      hn::StoreU(hn::Compress(hn::LoadU(d, arrays[column] + i), keep), d, arrays[column] + kept);
    }
    kept += hn::CountTrue(d, keep);
  }
  return kept;
}

size_t encode_runs(uint32_t* sorted, size_t count, uint32_t* ids, uint32_t* counts) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  sorted[count] = ~sorted[count - 1];
  size_t runs = 0;
  for (size_t i = 0; i < count; i += lanes) {
    const V id = hn::LoadU(d, sorted + i);
    auto ends_here = hn::Ne(id, hn::LoadU(d, sorted + i + 1));
    if (i + lanes > count) ends_here = hn::And(ends_here, hn::FirstN(d, count - i));
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

size_t count_at_least(const uint32_t* values, uint32_t least, size_t count) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V limit = hn::Set(d, least);
  size_t found = 0;
  for (size_t i = 0; i < count; i += lanes) {
    auto reaches = at_least(hn::LoadU(d, values + i), limit);
    if (i + lanes > count) reaches = hn::And(reaches, hn::FirstN(d, count - i));
    found += hn::CountTrue(d, reaches);
  }
  return found;
}

size_t select(const uint32_t* values, const uint32_t* ids, size_t count, uint32_t least, uint32_t most,
              uint32_t* to_values, uint32_t* to_ids) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V low = hn::Set(d, least), high = hn::Set(d, most);
  size_t selected = 0;
  for (size_t i = 0; i < count; i += lanes) {
    const V value = hn::LoadU(d, values + i);
    auto chosen = hn::And(at_least(value, low), at_least(high, value));
    if (i + lanes > count) chosen = hn::And(chosen, hn::FirstN(d, count - i));
    hn::StoreU(hn::Compress(value, chosen), d, to_values + selected);
    hn::StoreU(hn::Compress(hn::LoadU(d, ids + i), chosen), d, to_ids + selected);
    selected += hn::CountTrue(d, chosen);
  }
  return selected;
}

// Sorting: bitonic networks (Batcher 1968) within vectors and over blocks of 8 vectors, then merges of sorted runs, a
// vector at a time. Highway's own VQSort costs 430 ns a call and leans on compress-stores, which are slow on Zen 4.

constexpr size_t block_vectors = 8;

/// Compares each lane with its partner's. The lanes of `larger` take the larger of the two.
HWY_INLINE V exchange(V v, hn::Vec<D> partners, hn::Mask<D> larger) {
  const V other = hn::TableLookupLanes(v, hn::IndicesFromVec(D(), partners));
  return hn::IfThenElse(larger, hn::Max(v, other), hn::Min(v, other));
}

/// Makes a bitonic vector ascend.
HWY_INLINE V clean(V v) {
  const D d;
  const V lane = hn::Iota(d, 0);
  for (size_t distance = hn::MaxLanes(d) / 2; distance > 0; distance /= 2) {
    const V bit = hn::Set(d, static_cast<uint32_t>(distance));
    v = exchange(v, hn::Xor(lane, bit), hn::TestBit(lane, bit));
  }
  return v;
}

/// Sorts the lanes of a vector.
HWY_INLINE V sort_lanes(V v) {
  const D d;
  const V lane = hn::Iota(d, 0);
  for (size_t run = 2; run <= hn::MaxLanes(d); run *= 2) {
    // The first step of a merge compares with the mirrored lane, so that all runs ascend.
    const V mirror = hn::Set(d, static_cast<uint32_t>(run - 1)), half = hn::Set(d, static_cast<uint32_t>(run / 2));
    v = exchange(v, hn::Xor(lane, mirror), hn::TestBit(lane, half));
    for (size_t distance = run / 4; distance > 0; distance /= 2) {
      const V bit = hn::Set(d, static_cast<uint32_t>(distance));
      v = exchange(v, hn::Xor(lane, bit), hn::TestBit(lane, bit));
    }
  }
  return v;
}

/// Sorts `vectors` (a power of 2, at most 8) whole vectors in place.
template <size_t vectors>
HWY_INLINE void sort_block(uint32_t* ids) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  V v[vectors];
  for (size_t i = 0; i < vectors; ++i) v[i] = sort_lanes(hn::LoadU(d, ids + i * lanes));
  for (size_t run = 2; run <= vectors; run *= 2) {
    for (size_t first = 0; first < vectors; first += run) {
      for (size_t i = 0; i < run / 2; ++i) {
        V& low = v[first + i];
        V& high = v[first + run - 1 - i];
        const V mirrored = hn::Reverse(d, high);
        // The upper half stays mirrored: only that it is bitonic matters to what follows.
        high = hn::Max(low, mirrored);
        low = hn::Min(low, mirrored);
      }
      for (size_t distance = run / 4; distance > 0; distance /= 2) {
        for (size_t i = 0; i < run; ++i) {
          if (i & distance) continue;
          const V low = v[first + i], high = v[first + i + distance];
          v[first + i] = hn::Min(low, high);
          v[first + i + distance] = hn::Max(low, high);
        }
      }
    }
    for (size_t i = 0; i < vectors; ++i) v[i] = clean(v[i]);
  }
  for (size_t i = 0; i < vectors; ++i) hn::StoreU(v[i], d, ids + i * lanes);
}

/// Merges two sorted runs of whole vectors.
void merge(const uint32_t* a, const uint32_t* a_end, const uint32_t* b, const uint32_t* b_end, uint32_t* to) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  V held = hn::LoadU(d, a), next = hn::LoadU(d, b);
  a += lanes;
  b += lanes;
  for (;; to += lanes) {
    const V mirrored = hn::Reverse(d, next);
    hn::StoreU(clean(hn::Min(held, mirrored)), d, to);
    held = clean(hn::Max(held, mirrored));
    if (a == a_end && b == b_end) break;
    // The run whose next element is smaller goes on.
    const bool from_a = b == b_end || (a != a_end && *a <= *b);
    const uint32_t* from = from_a ? a : b;
    next = hn::LoadU(d, from);
    a += from_a ? lanes : 0;
    b += from_a ? 0 : lanes;
  }
  hn::StoreU(held, d, to + lanes);
}

uint32_t* sort(uint32_t* ids, size_t count, uint32_t* scratch) {
  const size_t lanes = hn::Lanes(D());
  const size_t run = block_vectors * lanes;
  // Whole blocks, and a smaller power of two of vectors at the end.
  const size_t last = std::bit_ceil((count % run + lanes - 1) / lanes) * lanes;
  const size_t blocks_end = count / run * run;
  const size_t end = blocks_end + (count % run == 0 ? 0 : last);
  std::fill(ids + count, ids + end, 0xffffffffu);
  for (size_t begin = 0; begin < blocks_end; begin += run) sort_block<block_vectors>(ids + begin);
  switch ((end - blocks_end) / lanes) {
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

using F = hn::ScalableTag<float>;
using VF = hn::Vec<F>;

// The number or the vector of numbers at an address, as floats. All targets widen halves by the arithmetic of
// half_to_float: their own instructions differ in what they make of NaNs.

HWY_INLINE float widen_one(const float* from, float) {
  return *from;
}
HWY_INLINE VF widen(const float* from, float) {
  return hn::LoadU(F(), from);
}

HWY_INLINE float widen_one(const uint16_t* from, float) {
  return half_to_float(*from);
}
HWY_INLINE VF widen(const uint16_t* from, float) {
  const D d;
  const V half = hn::PromoteTo(d, hn::LoadU(hn::Rebind<uint16_t, D>(), from));
  const V magnitude = hn::ShiftLeft<13>(hn::And(half, hn::Set(d, 0x7fffu)));
  const V bits = hn::BitCast(d, hn::Mul(hn::BitCast(F(), magnitude), hn::Set(F(), 0x1p112f)));
  const V special = hn::Set(d, 0x7c00u), sign = hn::ShiftLeft<16>(hn::And(half, hn::Set(d, 0x8000u)));
  const V exponent = hn::IfThenElseZero(hn::Eq(hn::And(half, special), special), hn::Set(d, 0x7f800000u));
  return hn::BitCast(F(), hn::Or(hn::Or(bits, exponent), sign));
}

HWY_INLINE float widen_one(const int8_t* from, float scale) {
  return *from * scale;
}
HWY_INLINE VF widen(const int8_t* from, float scale) {
  const hn::Rebind<int32_t, F> d;
  const auto wide = hn::PromoteTo(d, hn::LoadU(hn::Rebind<int8_t, F>(), from));
  return hn::Mul(hn::ConvertTo(F(), wide), hn::Set(F(), scale));
}

template <class T, class ScaleOf, class PrefetchScale>
HWY_INLINE void gather(const T* table, const RowGather& gather, ScaleOf&& scale_of, PrefetchScale&& prefetch_scale) {
  constexpr size_t line = 64 / sizeof(T), bytes_ahead = 8192;
  const F d;
  const size_t lanes = hn::Lanes(d), width = gather.width;
  const size_t ahead = std::clamp<size_t>(bytes_ahead / (width * sizeof(T)), 4, 64);
  // Streaming stores need whole aligned vectors.
  const bool streams =
      gather.streaming && width % (64 / sizeof(float)) == 0 && reinterpret_cast<uintptr_t>(gather.out) % 64 == 0;
  float* out = gather.out;
  for (size_t i = 0; i < gather.count; ++i, out += width) {
    if (i + ahead < gather.count && gather.rows[i + ahead] < gather.known) {
      const uint32_t row = gather.rows[i + ahead];
      for (size_t k = 0; k < width; k += line) prefetch(table + row * width + k);
      prefetch_scale(row);
    }
    const uint32_t row = gather.rows[i];
    if (row >= gather.known) {
      std::fill_n(out, width, 0.0f);
      continue;
    }
    const T* from = table + row * width;
    const float scale = scale_of(row);
    if (streams) {
      for (size_t k = 0; k < width; k += lanes) hn::Stream(widen(from + k, scale), d, out + k);
    } else {
      size_t k = 0;
      for (; k + lanes <= width; k += lanes) hn::StoreU(widen(from + k, scale), d, out + k);
      for (; k < width; ++k) out[k] = widen_one(from + k, scale);
    }
  }
  if (streams) hwy::FlushStream();
}

void gather_f32(const float* table, const RowGather& rows) {
  gather(
      table, rows, [](uint32_t) { return 1.0f; }, [](uint32_t) {});
}

void gather_f16(const uint16_t* table, const RowGather& rows) {
  gather(
      table, rows, [](uint32_t) { return 1.0f; }, [](uint32_t) {});
}

void gather_i8(const int8_t* table, const float* scales, size_t scale_stride, const RowGather& rows) {
  gather(
      table, rows, [&](uint32_t row) { return scales[row * scale_stride]; },
      [&](uint32_t row) { prefetch(scales + row * scale_stride); });
}

template <bool weighted>
HWY_INLINE void sum_row(const uint32_t* ids, const float* weights, size_t degree, size_t readable, uint32_t last_id,
                        const float (*x)[columns], double sums[columns]) {
  constexpr size_t ahead = 32;
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> narrow;
  constexpr size_t lanes = hn::MaxLanes(d), vectors = columns / lanes;
  hn::Vec<decltype(d)> sum[vectors];
  for (auto& part : sum) part = hn::Zero(d);
  for (size_t i = 0; i < degree; ++i) {
    if (i + ahead < readable) prefetch(x[std::min(ids[i + ahead], last_id)]);
    const float* from = x[std::min(ids[i], last_id)];
    for (size_t k = 0; k < vectors; ++k) {
      auto value = hn::PromoteTo(d, hn::LoadU(narrow, from + k * lanes));
      if constexpr (weighted) value = hn::Mul(value, hn::Set(d, weights[i]));
      sum[k] = hn::Add(sum[k], value);
    }
  }
  for (size_t k = 0; k < vectors; ++k) hn::StoreU(sum[k], d, sums + k * lanes);
}

void sum_row(const uint32_t* ids, const float* weights, size_t degree, size_t readable, uint32_t last_id,
             const float (*x)[columns], double sums[columns]) {
  if (weights == nullptr) {
    sum_row<false>(ids, weights, degree, readable, last_id, x, sums);
  } else {
    sum_row<true>(ids, weights, degree, readable, last_id, x, sums);
  }
}

#endif

}  // namespace pinsage::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pinsage::simd {

HWY_EXPORT(draw_words);
HWY_EXPORT(keep_at_least);
HWY_EXPORT(sort);
HWY_EXPORT(encode_runs);
HWY_EXPORT(count_at_least);
HWY_EXPORT(select);
HWY_EXPORT(sum_row);
HWY_EXPORT(gather_f32);
HWY_EXPORT(gather_f16);
HWY_EXPORT(gather_i8);

static std::atomic<bool> use_plain{false};

void draw_words(uint64_t seed, uint32_t hop, uint32_t stream, const uint32_t* starts, const uint32_t* walks,
                size_t count, uint32_t* const words[4]) {
  if (use_plain) return plain::draw_words(seed, hop, stream, starts, walks, count, words);
  HWY_DYNAMIC_DISPATCH(draw_words)(seed, hop, stream, starts, walks, count, words);
}

size_t keep_at_least(const uint32_t* values, uint32_t least, size_t count, uint32_t* const* arrays, size_t columns) {
  if (use_plain) return plain::keep_at_least(values, least, count, arrays, columns);
  return HWY_DYNAMIC_DISPATCH(keep_at_least)(values, least, count, arrays, columns);
}

uint32_t* sort(uint32_t* ids, size_t count, uint32_t* scratch) {
  if (use_plain) return plain::sort(ids, count, scratch);
  return HWY_DYNAMIC_DISPATCH(sort)(ids, count, scratch);
}

size_t encode_runs(uint32_t* sorted, size_t count, uint32_t* ids, uint32_t* counts) {
  if (use_plain) return plain::encode_runs(sorted, count, ids, counts);
  return HWY_DYNAMIC_DISPATCH(encode_runs)(sorted, count, ids, counts);
}

size_t count_at_least(const uint32_t* values, uint32_t least, size_t count) {
  if (use_plain) return plain::count_at_least(values, least, count);
  return HWY_DYNAMIC_DISPATCH(count_at_least)(values, least, count);
}

size_t select(const uint32_t* values, const uint32_t* ids, size_t count, uint32_t least, uint32_t most,
              uint32_t* to_values, uint32_t* to_ids) {
  if (use_plain) return plain::select(values, ids, count, least, most, to_values, to_ids);
  return HWY_DYNAMIC_DISPATCH(select)(values, ids, count, least, most, to_values, to_ids);
}

void sum_row(const uint32_t* ids, const float* weights, size_t degree, size_t readable, uint32_t last_id,
             const float (*x)[columns], double sums[columns]) {
  if (use_plain) return plain::sum_row(ids, weights, degree, readable, last_id, x, sums);
  HWY_DYNAMIC_DISPATCH(sum_row)(ids, weights, degree, readable, last_id, x, sums);
}

void gather_f32(const float* table, const RowGather& gather) {
  if (use_plain) return plain::gather_f32(table, gather);
  HWY_DYNAMIC_DISPATCH(gather_f32)(table, gather);
}

void gather_f16(const uint16_t* table, const RowGather& gather) {
  if (use_plain) return plain::gather_f16(table, gather);
  HWY_DYNAMIC_DISPATCH(gather_f16)(table, gather);
}

void gather_i8(const int8_t* table, const float* scales, size_t scale_stride, const RowGather& gather) {
  if (use_plain) return plain::gather_i8(table, scales, scale_stride, gather);
  HWY_DYNAMIC_DISPATCH(gather_i8)(table, scales, scale_stride, gather);
}

std::vector<std::string> targets() {
  std::vector<std::string> names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  names.emplace_back("plain");
  return names;
}

void use_target(const std::string& name) {
  use_plain = name == "plain";
  hwy::SetSupportedTargetsForTest(0);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (name == hwy::TargetName(target)) hwy::SetSupportedTargetsForTest(target);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace pinsage::simd
#endif

#else  // without Highway

namespace pinsage::simd {

void draw_words(uint64_t seed, uint32_t hop, uint32_t stream, const uint32_t* starts, const uint32_t* walks,
                size_t count, uint32_t* const words[4]) {
  plain::draw_words(seed, hop, stream, starts, walks, count, words);
}
size_t keep_at_least(const uint32_t* values, uint32_t least, size_t count, uint32_t* const* arrays, size_t columns) {
  return plain::keep_at_least(values, least, count, arrays, columns);
}
uint32_t* sort(uint32_t* ids, size_t count, uint32_t* scratch) {
  return plain::sort(ids, count, scratch);
}
size_t encode_runs(uint32_t* sorted, size_t count, uint32_t* ids, uint32_t* counts) {
  return plain::encode_runs(sorted, count, ids, counts);
}
size_t count_at_least(const uint32_t* values, uint32_t least, size_t count) {
  return plain::count_at_least(values, least, count);
}
size_t select(const uint32_t* values, const uint32_t* ids, size_t count, uint32_t least, uint32_t most,
              uint32_t* to_values, uint32_t* to_ids) {
  return plain::select(values, ids, count, least, most, to_values, to_ids);
}
void sum_row(const uint32_t* ids, const float* weights, size_t degree, size_t readable, uint32_t last_id,
             const float (*x)[columns], double sums[columns]) {
  plain::sum_row(ids, weights, degree, readable, last_id, x, sums);
}
void gather_f32(const float* table, const RowGather& gather) {
  plain::gather_f32(table, gather);
}
void gather_f16(const uint16_t* table, const RowGather& gather) {
  plain::gather_f16(table, gather);
}
void gather_i8(const int8_t* table, const float* scales, size_t scale_stride, const RowGather& gather) {
  plain::gather_i8(table, scales, scale_stride, gather);
}
std::vector<std::string> targets() {
  return {"plain"};
}
void use_target(const std::string&) {}

}  // namespace pinsage::simd

#endif
