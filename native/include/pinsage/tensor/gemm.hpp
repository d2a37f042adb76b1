#pragma once

#include <cstddef>

#include "pinsage/execution.hpp"

namespace pinsage::tensor {

enum class Precision {
  float32,
  bf16,  ///< operands rounded to bfloat16 (8 bits of mantissa), products summed in float32
  tf32,  ///< operands rounded to TF32 (10 bits of mantissa), products summed in float32; on NVIDIA GPUs alone
};
inline constexpr size_t precisions = 3;

/// The shape of c = op(a) op(b): op(a) is m × k, op(b) k × n, c m × n, all dense and row-major; op is the transpose
/// where asked.
struct Product {
  size_t m = 0;
  size_t n = 0;
  size_t k = 0;
  bool transpose_a = false;
  bool transpose_b = false;
  Precision precision = Precision::float32;
  bool accumulate = false;  ///< c += op(a) op(b) instead
};

/// c = op(a) op(b), by oneDNN, else by the BLAS found at build time, else by a plain blocked loop. MISSING_DEPENDENCY
/// for bf16 without oneDNN, or on a processor for which oneDNN has no bf16 kernel.
void gemm(const Product& product, const float* a, const float* b, float* c, const Execution& execution);

}  // namespace pinsage::tensor
