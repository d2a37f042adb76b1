// What every file of vector code works with. Compiled once for each instruction set, hence the guard that toggles.
#if defined(PINSAGE_SIMD_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef PINSAGE_SIMD_INL_HPP
#undef PINSAGE_SIMD_INL_HPP
#else
#define PINSAGE_SIMD_INL_HPP
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pinsage::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<uint32_t>;
using D64 = hn::Repartition<uint64_t, D>;
using V = hn::Vec<D>;
using V64 = hn::Vec<D64>;

#if HWY_TARGET != HWY_SCALAR

/// Not all targets compare unsigned numbers.
HWY_INLINE hn::Mask<D> at_least(V value, V least) {
  return hn::Eq(hn::Max(value, least), value);
}

#endif

}  // namespace pinsage::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
