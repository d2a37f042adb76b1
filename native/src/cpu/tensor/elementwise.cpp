#include "pinsage/tensor/elementwise.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/tensor/exponential.hpp"
#include "cpu/tensor/simd.hpp"

namespace pinsage::tensor {
namespace {

/// Elements that are worth waking a thread for.
constexpr size_t grain = 32768;

using UnaryLoop = void (*)(size_t, const float*, float*);
using BinaryLoop = void (*)(size_t, const float*, const float*, float*);
using ScalarLoop = void (*)(size_t, const float*, float, float*);

#define PINSAGE_UNARY(name, expression)                                \
  PINSAGE_SIMD void name(size_t count, const float* from, float* to) { \
    for (size_t i = 0; i < count; ++i) {                               \
      const float x = from[i];                                         \
      to[i] = expression;                                              \
    }                                                                  \
  }

PINSAGE_UNARY(abs_loop, std::fabs(x))
PINSAGE_UNARY(exp_loop, exponential(x))
PINSAGE_UNARY(neg_loop, -x)
PINSAGE_UNARY(reciprocal_loop, 1.0f / x)
PINSAGE_UNARY(relu_loop, x <= 0.0f ? 0.0f : x)
PINSAGE_UNARY(rsqrt_loop, 1.0f / std::sqrt(x))
PINSAGE_UNARY(sigmoid_loop, 1.0f / (1.0f + exponential(-x)))
PINSAGE_UNARY(sqrt_loop, std::sqrt(x))
PINSAGE_UNARY(square_loop, x* x)
PINSAGE_UNARY(step_loop, x != x ? x : (x > 0.0f ? 1.0f : 0.0f))

#undef PINSAGE_UNARY

/// libm's: 1 − 2 / (e^2x + 1) would lose the digits of small x.
void tanh_loop(size_t count, const float* from, float* to) {
  for (size_t i = 0; i < count; ++i) to[i] = std::tanh(from[i]);
}

/// log(1 + e^x), of whose exponential large x would make infinity.
void softplus_loop(size_t count, const float* from, float* to) {
  for (size_t i = 0; i < count; ++i) {
    const float x = from[i];
    to[i] = (x > 0.0f ? x : 0.0f) + std::log1p(std::exp(-std::fabs(x)));
  }
}

constexpr UnaryLoop unary_loops[unary_operations] = {abs_loop,  exp_loop,    neg_loop,     reciprocal_loop,
                                                     relu_loop, rsqrt_loop,  sigmoid_loop, softplus_loop,
                                                     sqrt_loop, square_loop, step_loop,    tanh_loop};

/// The same operation on two arrays, on an array and a scalar, and on a scalar and an array.
struct BinaryLoops {
  BinaryLoop arrays;
  BinaryLoop arrays_swapped;
  ScalarLoop scalar;
  ScalarLoop scalar_swapped;
};

#define PINSAGE_BINARY(name, expression)                                                                \
  [[gnu::always_inline]] inline float name##_value(float a, float b) {                                  \
    return expression;                                                                                  \
  }                                                                                                     \
  PINSAGE_SIMD void name##_arrays(size_t count, const float* x, const float* other, float* y) {         \
    for (size_t i = 0; i < count; ++i) y[i] = name##_value(x[i], other[i]);                             \
  }                                                                                                     \
  PINSAGE_SIMD void name##_arrays_swapped(size_t count, const float* x, const float* other, float* y) { \
    for (size_t i = 0; i < count; ++i) y[i] = name##_value(other[i], x[i]);                             \
  }                                                                                                     \
  PINSAGE_SIMD void name##_scalar(size_t count, const float* x, float other, float* y) {                \
    for (size_t i = 0; i < count; ++i) y[i] = name##_value(x[i], other);                                \
  }                                                                                                     \
  PINSAGE_SIMD void name##_scalar_swapped(size_t count, const float* x, float other, float* y) {        \
    for (size_t i = 0; i < count; ++i) y[i] = name##_value(other, x[i]);                                \
  }                                                                                                     \
  constexpr BinaryLoops name##_loops = {name##_arrays, name##_arrays_swapped, name##_scalar, name##_scalar_swapped};

PINSAGE_BINARY(add, a + b)
PINSAGE_BINARY(sub, a - b)
PINSAGE_BINARY(multiply, a* b)
PINSAGE_BINARY(divide, a / b)
// A comparison with NaN is false: the first operand's is tested, the second's falls through.
PINSAGE_BINARY(maximum, a > b || a != a ? a : b)
PINSAGE_BINARY(minimum, a < b || a != a ? a : b)
PINSAGE_BINARY(squared_difference, (a - b) * (a - b))

#undef PINSAGE_BINARY

constexpr BinaryLoops binary_loops[binary_operations] = {
    add_loops, sub_loops, multiply_loops, divide_loops, maximum_loops, minimum_loops, squared_difference_loops};

PINSAGE_SIMD void add_to(float* __restrict y, const float* __restrict x, size_t count) {
  for (size_t i = 0; i < count; ++i) y[i] += x[i];
}

}  // namespace

void unary(Unary operation, std::span<const float> x, std::span<float> y, const Execution& execution) {
  const UnaryLoop loop = unary_loops[static_cast<size_t>(operation)];
  parallel_for(execution, x.size(), grain,
               [&](size_t begin, size_t end, int) { loop(end - begin, x.data() + begin, y.data() + begin); });
}

void binary(Binary operation, std::span<const float> x, std::span<const float> other, Broadcast broadcast, size_t width,
            bool swapped, std::span<float> y, const Execution& execution) {
  const BinaryLoops& loops = binary_loops[static_cast<size_t>(operation)];
  const BinaryLoop arrays = swapped ? loops.arrays_swapped : loops.arrays;
  const ScalarLoop scalar = swapped ? loops.scalar_swapped : loops.scalar;
  if (broadcast == Broadcast::none || broadcast == Broadcast::scalar) {
    parallel_for(execution, x.size(), grain, [&](size_t begin, size_t end, int) {
      if (broadcast == Broadcast::none) {
        arrays(end - begin, x.data() + begin, other.data() + begin, y.data() + begin);
      } else {
        scalar(end - begin, x.data() + begin, other[0], y.data() + begin);
      }
    });
    return;
  }
  if (width == 0) return;
  const size_t rows_per_chunk = std::max<size_t>(1, grain / width);
  parallel_for(execution, x.size() / width, rows_per_chunk, [&](size_t begin, size_t end, int) {
    for (size_t row = begin; row < end; ++row) {
      const size_t first = row * width;
      if (broadcast == Broadcast::row) {
        arrays(width, x.data() + first, other.data(), y.data() + first);
      } else {
        scalar(width, x.data() + first, other[row], y.data() + first);
      }
    }
  });
}

void fill(std::span<float> y, float value, const Execution& execution) {
  parallel_for(execution, y.size(), grain,
               [&](size_t begin, size_t end, int) { std::fill(y.data() + begin, y.data() + end, value); });
}

void add_all(std::span<const std::span<const float>> terms, std::span<float> y, const Execution& execution) {
  // Short enough that the sum stays in the first-level cache while all terms are added to it.
  constexpr size_t chunk = 4096;
  parallel_for(execution, y.size(), chunk, [&](size_t begin, size_t end, int) {
    float* const sum = y.data() + begin;
    std::fill(sum, y.data() + end, 0.0f);
    for (const auto& term : terms) add_to(sum, term.data() + begin, end - begin);
  });
}

}  // namespace pinsage::tensor
