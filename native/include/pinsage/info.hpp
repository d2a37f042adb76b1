#pragma once

#include <string>

namespace pinsage {

/// The library that matrix products run on: "oneDNN", "BLAS" or "plain loop".
const char* blas_name();

/// The instruction set that the graph kernels run on, as Highway calls it ("AVX3", "NEON", …); "plain" without Highway.
std::string simd_name();

}  // namespace pinsage
