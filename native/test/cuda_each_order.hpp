#pragma once

#ifdef PINSAGE_EMULATED
#include "cuda/emulation.hpp"
#endif

namespace pinsage::test {

#ifdef PINSAGE_EMULATED
inline constexpr bool emulated = true;
#else
inline constexpr bool emulated = false;
#endif

/// Runs the work; on the emulated device with threads, blocks and items forwards, then backwards: where a barrier is
/// missing, or two write the same, results differ.
template <class Work>
void in_each_order(Work&& work) {
#ifdef PINSAGE_EMULATED
  cuda::emulated_order = cuda::Order::forwards;
  work();
  cuda::emulated_order = cuda::Order::backwards;
#endif
  work();
}

}  // namespace pinsage::test
