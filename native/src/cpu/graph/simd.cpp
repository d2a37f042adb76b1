#include "cpu/graph/simd.hpp"

#include <algorithm>

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

#include "cpu/graph/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace pinsage::simd::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

using plain::draw_words, plain::gather_f16, plain::gather_f32, plain::gather_i8, plain::keep_at_least;

#else

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

#endif

}  // namespace pinsage::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pinsage::simd {

HWY_EXPORT(draw_words);
HWY_EXPORT(keep_at_least);
HWY_EXPORT(gather_f32);
HWY_EXPORT(gather_f16);
HWY_EXPORT(gather_i8);

void draw_words(uint64_t seed, uint32_t hop, uint32_t stream, const uint32_t* starts, const uint32_t* walks,
                size_t count, uint32_t* const words[4]) {
  if (use_plain) return plain::draw_words(seed, hop, stream, starts, walks, count, words);
  HWY_DYNAMIC_DISPATCH(draw_words)(seed, hop, stream, starts, walks, count, words);
}

size_t keep_at_least(const uint32_t* values, uint32_t least, size_t count, uint32_t* const* arrays, size_t columns) {
  if (use_plain) return plain::keep_at_least(values, least, count, arrays, columns);
  return HWY_DYNAMIC_DISPATCH(keep_at_least)(values, least, count, arrays, columns);
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
