#pragma once

#include <cstdint>

#include "pinsage/tensor/gemm.hpp"

namespace pinsage::cuda {

/// What we call of cuBLAS 12 and 13, as its documentation has it. It is never linked, and its headers are not needed.
struct CublasFunctions {
  using Status = int;
  Status (*create)(void** handle);
  Status (*destroy)(void* handle);
  Status (*set_stream)(void* handle, void* stream);
  Status (*gemm)(void* handle, int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k, const void* alpha,
                 const void* a, int type_a, int64_t lda, const void* b, int type_b, int64_t ldb, const void* beta,
                 void* c, int type_c, int64_t ldc, int compute, int algorithm);
  const char* (*status_name)(Status status);

  /// Those of the library, which is opened by the first call. Throws MISSING_DEPENDENCY where there is none.
  static const CublasFunctions& get();
};

/// Matrix products on a stream by cuBLAS. Belongs to one thread.
class Cublas {
 public:
  /// On this cudaStream_t.
  explicit Cublas(void* stream, const CublasFunctions& functions = CublasFunctions::get());
  Cublas(const Cublas&) = delete;
  ~Cublas();

  /// c = op(a) op(b) as the product says, of row-major matrices on the GPU, none of them empty: the caller answers for
  /// products without terms.
  void multiply(const tensor::Product& product, const float* a, const float* b, float* c);

 private:
  void check(CublasFunctions::Status status, const char* what) const;

  const CublasFunctions& functions_;
  void* handle_ = nullptr;
};

}  // namespace pinsage::cuda
