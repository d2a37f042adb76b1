// d(a, b) = 1 - Σ a_k b_k, summed in as many registers as the processor needs to be busy. Sums depend on the
// instruction set in their last bits: who needs the same bits everywhere scores the found vectors again.
#include "cpu/search/vector_distance.hpp"

#include <cstdint>
#include <cstring>
#include <usearch/index_plugins.hpp>

#ifdef PINSAGE_HAVE_HIGHWAY

#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/search/vector_distance.cpp"
#include <hwy/foreach_target.h>
// Highway wants to be first among what is compiled per target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pinsage::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Halves = hn::Rebind<hwy::float16_t, Floats>;

HWY_INLINE hn::Vec<Floats> load(Floats d, const float* values) {
  return hn::LoadU(d, values);
}
HWY_INLINE hn::Vec<Floats> load(Floats d, const hwy::float16_t* values) {
  return hn::PromoteTo(d, hn::LoadU(Halves(), values));
}

template <class Number>
HWY_INLINE float distance(const std::byte* first, const std::byte* second, size_t width) {
  const Floats d;
  const size_t lanes = hn::Lanes(d);
  const auto* a = reinterpret_cast<const Number*>(first);
  const auto* b = reinterpret_cast<const Number*>(second);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  size_t k = 0;
  for (; k + 4 * lanes <= width; k += 4 * lanes) {
    s0 = hn::MulAdd(load(d, a + k), load(d, b + k), s0);
    s1 = hn::MulAdd(load(d, a + k + lanes), load(d, b + k + lanes), s1);
    s2 = hn::MulAdd(load(d, a + k + 2 * lanes), load(d, b + k + 2 * lanes), s2);
    s3 = hn::MulAdd(load(d, a + k + 3 * lanes), load(d, b + k + 3 * lanes), s3);
  }
  for (; k + lanes <= width; k += lanes) s0 = hn::MulAdd(load(d, a + k), load(d, b + k), s0);
  if (k < width) {
    // What is left, with zeros behind it.
    HWY_ALIGN Number rest[2][hn::MaxLanes(d)] = {};
    std::memcpy(rest[0], a + k, (width - k) * sizeof(Number));
    std::memcpy(rest[1], b + k, (width - k) * sizeof(Number));
    s1 = hn::MulAdd(load(d, rest[0]), load(d, rest[1]), s1);
  }
  return 1 - hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

float distance_f32(const std::byte* a, const std::byte* b, size_t width) {
  return distance<float>(a, b, width);
}
float distance_f16(const std::byte* a, const std::byte* b, size_t width) {
  return distance<hwy::float16_t>(a, b, width);
}

}  // namespace pinsage::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

#if !defined(PINSAGE_HAVE_HIGHWAY) || HWY_ONCE

namespace pinsage {
namespace {

// Compilers make vector code of it for the target they build for; widening products are what every one of them has.
float distance_i8(const std::byte* first, const std::byte* second, size_t width) {
  const auto* a = reinterpret_cast<const int8_t*>(first);
  const auto* b = reinterpret_cast<const int8_t*>(second);
  int32_t sum = 0;
  for (size_t k = 0; k < width; ++k) sum += int32_t{a[k]} * b[k];
  return 1 - static_cast<float>(sum) / (127.f * 127.f);
}

}  // namespace

#ifdef PINSAGE_HAVE_HIGHWAY

HWY_EXPORT(distance_f32);
HWY_EXPORT(distance_f16);

VectorDistance vector_distance(VectorIndex::Store store) {
  if (store == VectorIndex::Store::i8) return distance_i8;
  // Before the processor was looked at, the pointers are to functions that look at it in every call.
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return store == VectorIndex::Store::f16 ? &HWY_DYNAMIC_DISPATCH(distance_f16) : &HWY_DYNAMIC_DISPATCH(distance_f32);
}

#else

namespace {

template <class Number>
float distance(const std::byte* first, const std::byte* second, size_t width) {
  const auto* a = reinterpret_cast<const Number*>(first);
  const auto* b = reinterpret_cast<const Number*>(second);
  float sum = 0;
  for (size_t k = 0; k < width; ++k) sum += float{a[k]} * float{b[k]};
  return 1 - sum;
}

}  // namespace

VectorDistance vector_distance(VectorIndex::Store store) {
  if (store == VectorIndex::Store::i8) return distance_i8;
  return store == VectorIndex::Store::f16 ? distance<unum::usearch::f16_bits_t> : distance<float>;
}

#endif

}  // namespace pinsage

#endif
