#include "pinsage/info.hpp"

#include "cpu/graph/simd.hpp"

namespace pinsage {

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

}  // namespace pinsage
