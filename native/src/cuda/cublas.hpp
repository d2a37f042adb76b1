#pragma once

#include <string>

#include "pinsage/tensor/gemm.hpp"

namespace pinsage::cuda {

/// Matrix products on a stream by cuBLAS, which is opened for the first one.
class Cublas {
 public:
  /// On this cudaStream_t. Throws MISSING_DEPENDENCY where there is no cuBLAS.
  explicit Cublas(void* stream);
  Cublas(const Cublas&) = delete;
  ~Cublas();

  /// c = op(a) op(b) as the product says, of row-major matrices on the GPU, none of them empty.
  void multiply(const tensor::Product& product, const float* a, const float* b, float* c);

 private:
  void* handle_ = nullptr;
};

}  // namespace pinsage::cuda
