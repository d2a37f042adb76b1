#include "pinsage/info.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "cpu/graph/simd.hpp"

namespace pinsage {

namespace {

std::atomic<uint64_t> told_memory = UINT64_MAX;

}  // namespace

const char* blas_name() {
#if defined(PINSAGE_HAVE_ONEDNN)
  return "oneDNN";
#elif defined(PINSAGE_HAVE_BLAS)
  return "BLAS";
#else
  return "plain loop";
#endif
}

std::string simd_name() {
  return simd::targets().front();
}

uint64_t usable_memory() {
  static const auto machine =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(machine, told_memory.load(std::memory_order_relaxed));
}

void set_usable_memory(uint64_t bytes) {
  told_memory.store(bytes, std::memory_order_relaxed);
}

}  // namespace pinsage
