#pragma once

#include <cstdint>
#include <string>

namespace pinsage {

/// The library that matrix products run on: "oneDNN", "BLAS" or "plain loop".
const char* blas_name();

/// The instruction set that the graph kernels run on, as Highway calls it ("AVX3", "NEON", …); "plain" without Highway.
std::string simd_name();

/// Bytes of memory that the process may use: the machine's, or as many of them as it was told that it has.
uint64_t usable_memory();
void set_usable_memory(uint64_t bytes);

}  // namespace pinsage
