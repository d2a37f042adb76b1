#include "pinsage/info.hpp"

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

}  // namespace pinsage
