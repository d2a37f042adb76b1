#include "cuda/cublas.hpp"

#include <string>

#include "cuda/library.hpp"
#include "pinsage/error.hpp"

namespace pinsage::cuda {
namespace {

CublasFunctions open() {
  static const Library library(cublas_search);
  CublasFunctions functions;
  library.find(functions.create, "cublasCreate_v2");
  library.find(functions.destroy, "cublasDestroy_v2");
  library.find(functions.set_stream, "cublasSetStream_v2");
  library.find(functions.gemm, "cublasGemmEx_64");
  library.find(functions.status_name, "cublasGetStatusName");
  return functions;
}

constexpr int none = 0, transposed = 1;  // cublasOperation_t
constexpr int real_32 = 0;               // cudaDataType: CUDA_R_32F
constexpr int default_algorithm = -1;    // cublasGemmAlgo_t: CUBLAS_GEMM_DEFAULT

/// cublasComputeType_t
int compute_type(tensor::Precision precision) {
  constexpr int float32 = 68, fast_bf16 = 75, fast_tf32 = 77;
  switch (precision) {
    case tensor::Precision::bf16:
      return fast_bf16;
    case tensor::Precision::tf32:
      return fast_tf32;
    default:
      return float32;
  }
}

}  // namespace

const CublasFunctions& CublasFunctions::get() {
  static const CublasFunctions functions = open();
  return functions;
}

Cublas::Cublas(void* stream, const CublasFunctions& functions) : functions_(functions) {
  check(functions_.create(&handle_), "start");
  const CublasFunctions::Status status = functions_.set_stream(handle_, stream);
  if (status != 0) functions_.destroy(handle_);
  check(status, "take a stream");
}

Cublas::~Cublas() {
  functions_.destroy(handle_);
}

void Cublas::multiply(const tensor::Product& product, const float* a, const float* b, float* c) {
  const auto m = static_cast<int64_t>(product.m), n = static_cast<int64_t>(product.n),
             k = static_cast<int64_t>(product.k);
  const float one = 1, beta = product.accumulate ? 1.0f : 0.0f;
  // cuBLAS is column-major: its matrices are our transposes, and cᵀ = op(b)ᵀ op(a)ᵀ.
  check(functions_.gemm(handle_, product.transpose_b ? transposed : none, product.transpose_a ? transposed : none, n, m,
                        k, &one, b, real_32, product.transpose_b ? k : n, a, real_32, product.transpose_a ? m : k,
                        &beta, c, real_32, n, compute_type(product.precision), default_algorithm),
        "multiply");
}

void Cublas::check(CublasFunctions::Status status, const char* what) const {
  constexpr CublasFunctions::Status success = 0, allocation_failed = 3;
  if (status == success) return;
  if (status == allocation_failed) {
    throw Error("OUT_OF_MEMORY", "There is not enough memory on the GPU for cuBLAS.");
  }
  throw Error("INTERNAL", std::string("cuBLAS failed to ") + what + ": " + functions_.status_name(status) + " (" +
                              std::to_string(status) + ")");
}

}  // namespace pinsage::cuda
