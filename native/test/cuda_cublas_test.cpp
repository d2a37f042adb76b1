// What we ask of cuBLAS, by a cuBLAS of the test's own on the host, which is column-major too.
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "cuda/cublas.hpp"

using namespace pinsage;
using cuda::Cublas;
using cuda::CublasFunctions;
using tensor::Precision;
using tensor::Product;

/// What was asked, and what it answers.
static struct {
  int handles = 0;
  void* stream = nullptr;
  int compute = 0;
  int status = 0;
} host;

static const CublasFunctions host_functions = {
    .create =
        [](void** handle) {
          *handle = &host;
          host.handles += host.status == 0 ? 1 : 0;
          return host.status;
        },
    .destroy =
        [](void*) {
          --host.handles;
          return 0;
        },
    .set_stream =
        [](void*, void* stream) {
          host.stream = stream;
          return stream == nullptr ? 14 : 0;
        },
    .gemm =
        [](void* handle, int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k, const void* alpha,
           const void* a, int type_a, int64_t lda, const void* b, int type_b, int64_t ldb, const void* beta, void* c,
           int type_c, int64_t ldc, int compute, int algorithm) {
          CHECK(handle == &host && type_a == 0 && type_b == 0 && type_c == 0 && algorithm == -1);
          CHECK(lda >= (transpose_a ? k : m) && ldb >= (transpose_b ? n : k) && ldc >= m);
          host.compute = compute;
          const auto scale = [](const void* factor) { return *static_cast<const float*>(factor); };
          const auto at = [](const void* matrix, bool transpose, int64_t row, int64_t column, int64_t stride) {
            return static_cast<const float*>(matrix)[transpose ? column + row * stride : row + column * stride];
          };
          for (int64_t i = 0; i < m; ++i) {
            for (int64_t j = 0; j < n; ++j) {
              float sum = 0;
              for (int64_t l = 0; l < k; ++l) sum += at(a, transpose_a, i, l, lda) * at(b, transpose_b, l, j, ldb);
              float& out = static_cast<float*>(c)[i + j * ldc];
              out = scale(alpha) * sum + (scale(beta) == 0 ? 0 : scale(beta) * out);
            }
          }
          return host.status;
        },
    .status_name = [](int) { return "CUBLAS_STATUS_OF_THE_TEST"; },
};

static int the_stream;

static std::vector<float> numbers(size_t count) {
  static std::mt19937 generator(11);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(generator() % 17) - 8;
  return values;
}

TEST("products are the CPU's, for every transpose and shape") {
  Cublas cublas(&the_stream, host_functions);
  CHECK(host.stream == &the_stream);
  for (int flags = 0; flags < 8; ++flags) {
    for (const auto& [m, n, k] : {std::array<size_t, 3>{1, 1, 1}, {2, 3, 5}, {7, 1, 4}, {1, 6, 2}, {5, 5, 5}}) {
      const Product product{.m = m,
                            .n = n,
                            .k = k,
                            .transpose_a = (flags & 1) != 0,
                            .transpose_b = (flags & 2) != 0,
                            .accumulate = (flags & 4) != 0};
      const std::vector<float> a = numbers(m * k), b = numbers(k * n);
      std::vector<float> actual = product.accumulate ? numbers(m * n) : std::vector<float>(m * n, NAN);
      std::vector<float> expected = actual;
      cublas.multiply(product, a.data(), b.data(), actual.data());
      // Small whole numbers: every order of sums has the same bits.
      tensor::gemm(product, a.data(), b.data(), expected.data(), {});
      CHECK(actual == expected);
    }
  }
}

TEST("precisions are cuBLAS's compute types") {
  Cublas cublas(&the_stream, host_functions);
  const float one = 1;
  float c = 0;
  for (const auto& [precision, type] :
       {std::pair{Precision::float32, 68}, {Precision::bf16, 75}, {Precision::tf32, 77}}) {
    cublas.multiply({.m = 1, .n = 1, .k = 1, .precision = precision}, &one, &one, &c);
    CHECK(host.compute == type);
  }
}

TEST("failures are errors, and no handle is left behind") {
  CHECK(host.handles == 0);
  const auto code = [](int status) {
    host.status = status;
    const std::string code = test::error_code([] { Cublas(&the_stream, host_functions); });
    host.status = 0;
    return code;
  };
  CHECK(code(3) == "OUT_OF_MEMORY");
  CHECK(code(1) == "INTERNAL");
  CHECK(code(0).empty());
  CHECK(test::error_code([] { Cublas(nullptr, host_functions); }) == "INTERNAL");
  CHECK(host.handles == 0);
}

TEST("a GPU multiplies in TF32, this processor does not") {
  const float one = 1;
  float c = 0;
  CHECK(test::error_code([&] {
          tensor::gemm({.m = 1, .n = 1, .k = 1, .precision = Precision::tf32}, &one, &one, &c, {});
        }) == "MISSING_DEPENDENCY");
}

TEST_MAIN()
