#include "cuda/cublas.hpp"

#include <cstdint>

#include "cuda/library.hpp"
#include "pinsage/error.hpp"

namespace pinsage::cuda {
namespace {

/// What we call of cuBLAS 12 and 13, as its documentation has it. It is never linked, and its headers are not needed.
struct Functions {
  using Status = int;
  Status (*create)(void** handle);
  Status (*destroy)(void* handle);
  Status (*set_stream)(void* handle, void* stream);
  Status (*gemm)(void* handle, int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k, const void* alpha,
                 const void* a, int type_a, int64_t lda, const void* b, int type_b, int64_t ldb, const void* beta,
                 void* c, int type_c, int64_t ldc, int compute, int algorithm);

  Functions() {
    static const Library library(cublas_search);
    find(library, create, "cublasCreate_v2");
    find(library, destroy, "cublasDestroy_v2");
    find(library, set_stream, "cublasSetStream_v2");
    find(library, gemm, "cublasGemmEx_64");
  }

  static const Functions& get() {
    static const Functions functions;
    return functions;
  }

 private:
  template <class Function>
  static void find(const Library& library, Function*& function, const char* name) {
    function = library.function<Function>(name);
    if (function == nullptr) {
      throw Error("MISSING_DEPENDENCY", library.path() + " has no " + name + ": cuBLAS 12 or later is needed.");
    }
  }
};

constexpr int none = 0, transposed = 1;  // cublasOperation_t
constexpr int real_32 = 0;               // cudaDataType_t
constexpr int default_algorithm = -1;    // cublasGemmAlgo_t

/// cublasComputeType_t
int compute_type(tensor::Precision precision) {
  switch (precision) {
    case tensor::Precision::float32:
      return 68;
    case tensor::Precision::bf16:
      return 75;
    case tensor::Precision::tf32:
      return 77;
  }
  return 68;
}

void check(Functions::Status status, const char* what) {
  constexpr Functions::Status success = 0, allocation_failed = 3;
  if (status == success) return;
  if (status == allocation_failed) {
    throw Error("OUT_OF_MEMORY", "There is not enough memory on the GPU for cuBLAS.");
  }
  throw Error("INTERNAL", std::string("cuBLAS failed to ") + what + ": status " + std::to_string(status));
}

}  // namespace

Cublas::Cublas(void* stream) {
  const Functions& functions = Functions::get();
  check(functions.create(&handle_), "start");
  const Functions::Status status = functions.set_stream(handle_, stream);
  if (status != 0) functions.destroy(handle_);
  check(status, "take a stream");
}

Cublas::~Cublas() {
  Functions::get().destroy(handle_);
}

void Cublas::multiply(const tensor::Product& product, const float* a, const float* b, float* c) {
  const auto m = static_cast<int64_t>(product.m), n = static_cast<int64_t>(product.n),
             k = static_cast<int64_t>(product.k);
  const float one = 1, beta = product.accumulate ? 1.0f : 0.0f;
  // cuBLAS is column-major: its matrices are our transposes, and cᵀ = op(b)ᵀ op(a)ᵀ.
  check(Functions::get().gemm(handle_, product.transpose_b ? transposed : none, product.transpose_a ? transposed : none,
                              n, m, k, &one, b, real_32, product.transpose_b ? k : n, a, real_32,
                              product.transpose_a ? m : k, &beta, c, real_32, n, compute_type(product.precision),
                              default_algorithm),
        "multiply");
}

}  // namespace pinsage::cuda
