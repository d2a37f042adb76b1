#include "pinsage/tensor/gemm.hpp"

#include <omp.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "cpu/tensor/simd.hpp"
#include "pinsage/array.hpp"

#if defined(PINSAGE_HAVE_ONEDNN)
#include <oneapi/dnnl/dnnl.hpp>

#include "cpu/tensor/signals.hpp"
#elif defined(PINSAGE_HAVE_BLAS)
extern "C" void sgemm_(const char* transpose_a, const char* transpose_b, const int* m, const int* n, const int* k,
                       const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
                       const float* beta, float* c, const int* ldc);
#endif

namespace pinsage::tensor {
namespace {

#if defined(PINSAGE_HAVE_ONEDNN)

PINSAGE_SIMD void add(const float* __restrict x, size_t count, float* __restrict y) {
  for (size_t i = 0; i < count; ++i) y[i] += x[i];
}

/// c = beta c + op(a) op(b) over `k` terms, whose first lie at `a` and `b`.
void multiply_some(const Product& p, size_t k, const float* a, const float* b, float beta, float* c) {
  const auto status = dnnl_sgemm(p.transpose_a ? 'T' : 'N', p.transpose_b ? 'T' : 'N', p.m, p.n, k, 1.0f, a,
                                 p.transpose_a ? p.m : p.k, b, p.transpose_b ? p.k : p.n, beta, c, p.n);
  if (status == dnnl_out_of_memory) throw std::bad_alloc();
  if (status != dnnl_success)
    throw Error("INTERNAL", "oneDNN refused a matrix product: status " + std::to_string(status));
}

/// A weight's gradient, aᵀ b over many rows, is a small matrix with long sums, which leaves oneDNN's own division of
/// work too little to divide: here each thread takes a part of the sums.
bool has_long_sums(const Product& p) {
  return p.transpose_a && !p.transpose_b && p.k >= 16 * std::max(p.m, p.n);
}

/// multiply(first row, end, sums, whether to add to what they are) for each part of the rows, then all sums to c.
template <class Multiply>
void in_parts(const Product& p, float* c, const Execution& execution, Multiply&& multiply) {
  const auto parts = static_cast<size_t>(execution.thread_count());
  const size_t size = p.m * p.n, rows = (p.k + parts - 1) / parts;
  Array<float> sums((parts - 1) * size);
  parallel_for(execution, parts, 1, [&](size_t part, size_t, int) {
    const size_t begin = std::min(part * rows, p.k), end = std::min(begin + rows, p.k);
    const bool first = part == 0;
    multiply(begin, end, first ? c : sums.data() + (part - 1) * size, first && p.accumulate);
  });
  parallel_for(execution, size, 16384, [&](size_t begin, size_t end, int) {
    for (size_t part = 1; part < parts; ++part) {
      add(sums.data() + (part - 1) * size + begin, end - begin, c + begin);
    }
  });
}

/// bᵀ, for b of [n, k].
Array<float> transposed(const float* b, size_t n, size_t k, const Execution& execution) {
  Array<float> result(n * k);
  constexpr size_t tile = 16;  // rows of a tile, a line of the result
  parallel_for(execution, n, tile, [&](size_t begin, size_t end, int) {
    for (size_t l = 0; l < k; ++l) {
      for (size_t j = begin; j < end; ++j) result[l * n + j] = b[j * k + l];
    }
  });
  return result;
}

void multiply(const Product& p, const float* a, const float* b, float* c, const Execution& execution) {
  if (p.transpose_b && p.m >= 16 * std::max(p.n, p.k)) {
    // Cheaper than what oneDNN loses by reading it the other way for every block of rows.
    Product straight = p;
    straight.transpose_b = false;
    return multiply(straight, a, transposed(b, p.n, p.k, execution).data(), c, execution);
  }
  // oneDNN takes its number of threads from the calling thread's OpenMP setting.
  omp_set_num_threads(execution.thread_count());
  const SignalsBlocked guard(execution.thread_count());
  if (execution.thread_count() == 1 || !has_long_sums(p)) {
    return multiply_some(p, p.k, a, b, p.accumulate ? 1.0f : 0.0f, c);
  }
  in_parts(p, c, execution, [&](size_t begin, size_t end, float* sums, bool accumulate) {
    multiply_some(p, end - begin, a + begin * p.m, b + begin * p.n, accumulate ? 1.0f : 0.0f, sums);
  });
}

/// To the nearest bfloat16, ties to even; NaN stays NaN.
PINSAGE_SIMD void round_to_bf16(const float* from, size_t count, uint16_t* to) {
  for (size_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<uint32_t>(from[i]);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    to[i] = static_cast<uint16_t>(from[i] != from[i] ? bits >> 16 | 0x40 : rounded);
  }
}

/// A product of bfloat16 matrices, made once for its shape: to make it again takes 30 microseconds, though oneDNN keeps
/// the kernels that it has generated.
class Bf16Product {
 public:
  enum class Second {
    as_it_is,
    packed,  ///< in the order in which oneDNN reads it, see pack()
  };

  /// For the calling thread's team of `threads`: oneDNN divides a product for so many when it is made, and is a third
  /// slower where fewer come.
  Bf16Product(const Product& p, size_t m, size_t k, bool accumulate, int threads, Second second = Second::as_it_is)
      : a_shape_({dim(m), dim(k)}, bf16, strides(p.transpose_a, p.transpose_a ? p.m : p.k)),
        b_strides_(strides(p.transpose_b, p.transpose_b ? p.k : p.n)),
        b_shape_(second == Second::packed ? dnnl::memory::desc({dim(k), dim(p.n)}, bf16, dnnl::memory::format_tag::any)
                                          : dnnl::memory::desc({dim(k), dim(p.n)}, bf16, b_strides_)),
        c_shape_({dim(m), dim(p.n)}, dnnl::memory::data_type::f32, strides(false, p.n)) {
    const int team = omp_get_max_threads();
    omp_set_num_threads(threads);
    const dnnl::matmul::primitive_desc chosen = description(accumulate);
    b_shape_ = chosen.weights_desc();
    scratch_shape_ = chosen.scratchpad_desc();
    primitive_ = dnnl::matmul(chosen);
    omp_set_num_threads(team);
  }

  /// op(b), rounded and packed.
  dnnl::memory pack(const float* b) const {
    const dnnl::memory::desc shape(b_shape_.dims(), dnnl::memory::data_type::f32, b_strides_);
    dnnl::memory from(shape, engine(), const_cast<float*>(b)), to(b_shape_, engine());
    dnnl::stream stream(engine());
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    return to;
  }

  /// Several threads may run one product at once.
  void run(const uint16_t* a, const uint16_t* b, float* c) const {
    run(a, dnnl::memory(b_shape_, engine(), const_cast<uint16_t*>(b)), c);
  }
  void run(const uint16_t* a, const dnnl::memory& b, float* c) const {
    dnnl::stream stream(engine());
    primitive_.execute(stream, {{DNNL_ARG_SRC, dnnl::memory(a_shape_, engine(), const_cast<uint16_t*>(a))},
                                {DNNL_ARG_WEIGHTS, b},
                                {DNNL_ARG_DST, dnnl::memory(c_shape_, engine(), c)},
                                {DNNL_ARG_SCRATCHPAD, dnnl::memory(scratch_shape_, engine(), scratch())}});
    stream.wait();
  }

 private:
  static constexpr auto bf16 = dnnl::memory::data_type::bf16;

  /// The calling thread's.
  void* scratch() const {
    thread_local Array<char> memory;
    const size_t size = scratch_shape_.get_size();
    if (memory.size() < size) memory = Array<char>(size);
    return memory.data();
  }
  static dnnl::memory::dim dim(size_t size) { return static_cast<dnnl::memory::dim>(size); }
  static dnnl::memory::dims strides(bool transpose, size_t stride) {
    return transpose ? dnnl::memory::dims{1, dim(stride)} : dnnl::memory::dims{dim(stride), 1};
  }
  static const dnnl::engine& engine() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
  }
  dnnl::matmul::primitive_desc description(bool accumulate) const {
    dnnl::post_ops after;
    if (accumulate) after.append_sum();
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    // Else all threads that run the product write to one scratchpad of oneDNN's, and get wrong results.
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return {{a_shape_, b_shape_, c_shape_}, attributes, engine()};
  }

  dnnl::memory::desc a_shape_;
  dnnl::memory::dims b_strides_;
  dnnl::memory::desc b_shape_, c_shape_, scratch_shape_;
  dnnl::matmul primitive_;
};

/// Room for rounded operands, kept by each thread.
uint16_t* bf16_buffer(size_t count) {
  thread_local Array<uint16_t> buffer;
  if (buffer.size() < count) buffer = Array<uint16_t>(count);
  return buffer.data();
}

/// Rows that are rounded and multiplied at once: they stay in the second-level cache meanwhile.
constexpr size_t bf16_rows = 256;

/// aᵀ b in parts, as in float32.
void multiply_bf16_in_parts(const Product& p, const float* a, const float* b, float* c, const Execution& execution) {
  const Bf16Product block(p, p.m, bf16_rows, true, 1);
  in_parts(p, c, execution, [&](size_t begin, size_t end, float* sums, bool accumulate) {
    uint16_t* const rounded_a = bf16_buffer(bf16_rows * (p.m + p.n));
    uint16_t* const rounded_b = rounded_a + bf16_rows * p.m;
    if (!accumulate) std::fill_n(sums, p.m * p.n, 0.0f);
    for (size_t row = begin; row < end; row += bf16_rows) {
      const size_t rows = std::min(bf16_rows, end - row);
      round_to_bf16(a + row * p.m, rows * p.m, rounded_a);
      round_to_bf16(b + row * p.n, rows * p.n, rounded_b);
      if (rows == bf16_rows) {
        block.run(rounded_a, rounded_b, sums);
      } else {
        Bf16Product(p, p.m, rows, true, 1).run(rounded_a, rounded_b, sums);
      }
    }
  });
}

/// op(b) is rounded and packed once, the rows of a are rounded as they are multiplied.
void multiply_bf16_rows(const Product& p, const float* a, const float* b, float* c, const Execution& execution) {
  const Bf16Product block(p, bf16_rows, p.k, p.accumulate, 1, Bf16Product::Second::packed);
  const dnnl::memory packed = block.pack(b);
  parallel_for(execution, p.m, bf16_rows, [&](size_t begin, size_t end, int) {
    const size_t rows = end - begin;
    uint16_t* const rounded_a = bf16_buffer(rows * p.k);
    round_to_bf16(a + begin * p.k, rows * p.k, rounded_a);
    if (rows == bf16_rows) {
      block.run(rounded_a, packed, c + begin * p.n);
    } else {
      const Bf16Product last(p, rows, p.k, p.accumulate, 1, Bf16Product::Second::packed);
      last.run(rounded_a, last.pack(b), c + begin * p.n);
    }
  });
}

void multiply_bf16(const Product& p, const float* a, const float* b, float* c, const Execution& execution) {
  omp_set_num_threads(execution.thread_count());
  const SignalsBlocked guard(execution.thread_count());
  try {
    if (has_long_sums(p)) return multiply_bf16_in_parts(p, a, b, c, execution);
    if (!p.transpose_a && p.m >= 2 * bf16_rows) return multiply_bf16_rows(p, a, b, c, execution);
    std::vector<uint16_t> rounded(p.m * p.k + p.k * p.n);
    uint16_t* const rounded_b = rounded.data() + p.m * p.k;
    round_to_bf16(a, p.m * p.k, rounded.data());
    round_to_bf16(b, p.k * p.n, rounded_b);
    Bf16Product(p, p.m, p.k, p.accumulate, execution.thread_count()).run(rounded.data(), rounded_b, c);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
    if (error.status != dnnl_unimplemented)
      throw Error("INTERNAL", std::string("oneDNN refused a matrix product: ") + error.what());
    throw Error("MISSING_DEPENDENCY", "This processor has no bf16 matrix products: use precision 'float32'.");
  }
}

#elif defined(PINSAGE_HAVE_BLAS)

void multiply(const Product& p, const float* a, const float* b, float* c, const Execution&) {
  // Fortran is column-major: its matrices are our transposes, and cᵀ = op(b)ᵀ op(a)ᵀ.
  const int m = static_cast<int>(p.n), n = static_cast<int>(p.m), k = static_cast<int>(p.k);
  const int lda = p.transpose_b ? k : m, ldb = p.transpose_a ? n : k;
  const float one = 1, beta = p.accumulate ? 1.0f : 0.0f;
  sgemm_(p.transpose_b ? "T" : "N", p.transpose_a ? "T" : "N", &m, &n, &k, &one, b, &lda, a, &ldb, &beta, c, &m);
}

#else

PINSAGE_SIMD void add_scaled(size_t count, float scale, const float* __restrict x, float* __restrict y) {
  for (size_t i = 0; i < count; ++i) y[i] += scale * x[i];
}

/// Blocks of k keep the rows of op(b) in cache; each row of c is summed in the order of k.
void multiply(const Product& p, const float* a, const float* b, float* c, const Execution& execution) {
  std::vector<float> b_transposed;
  if (p.transpose_b) {
    b_transposed.resize(p.k * p.n);
    for (size_t j = 0; j < p.n; ++j) {
      for (size_t l = 0; l < p.k; ++l) b_transposed[l * p.n + j] = b[j * p.k + l];
    }
    b = b_transposed.data();
  }
  const size_t block = std::max<size_t>(1, (256 << 10) / (sizeof(float) * p.n));
  parallel_for(execution, p.m, 16, [&](size_t begin, size_t end, int) {
    if (!p.accumulate) std::fill(c + begin * p.n, c + end * p.n, 0.0f);
    for (size_t first = 0; first < p.k; first += block) {
      for (size_t i = begin; i < end; ++i) {
        for (size_t l = first; l < std::min(first + block, p.k); ++l) {
          add_scaled(p.n, p.transpose_a ? a[l * p.m + i] : a[i * p.k + l], b + l * p.n, c + i * p.n);
        }
      }
    }
  });
}

#endif

}  // namespace

void gemm(const Product& product, const float* a, const float* b, float* c, const Execution& execution) {
  if (product.m == 0 || product.n == 0) return;
  if (product.k == 0) {
    if (!product.accumulate) std::fill(c, c + product.m * product.n, 0.0f);
    return;
  }
  // Waking other threads takes longer than a small product.
  const bool small = product.m * product.n * product.k < (size_t{1} << 21);
  const Execution team{.threads = small ? 1 : execution.thread_count(), .control = execution.control};
  if (product.precision == Precision::float32) return multiply(product, a, b, c, team);
  if (product.precision == Precision::tf32) {
    throw Error("MISSING_DEPENDENCY", "TF32 matrix products need an NVIDIA GPU: use precision 'float32' or 'bf16'.");
  }
#if defined(PINSAGE_HAVE_ONEDNN)
  multiply_bf16(product, a, b, c, team);
#else
  throw Error("MISSING_DEPENDENCY",
              "bf16 matrix products need oneDNN: install it and build again, or use precision 'float32'.");
#endif
}

}  // namespace pinsage::tensor
