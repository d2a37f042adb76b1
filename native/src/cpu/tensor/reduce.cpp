#include "pinsage/tensor/reduce.hpp"

#include <limits>
#include <vector>

#include "cpu/tensor/column_sums.hpp"
#include "cpu/tensor/sum.hpp"

namespace pinsage::tensor {
namespace {

constexpr size_t grain = 32768;

PINSAGE_SIMD double sum_of(const float* x, size_t count) {
  return sum_blocks(
      count, [x](size_t i) __attribute__((always_inline)) { return x[i]; });
}

PINSAGE_SIMD double sum_of_squares_of(const float* x, size_t count) {
  return sum_blocks(
      count, [x](size_t i) __attribute__((always_inline)) { return x[i] * x[i]; });
}

/// Lane by lane, then over the lanes.
template <class Combine>
[[gnu::always_inline]] inline float combined(const float* x, size_t count, float initial, Combine combine) {
  float lane[lanes];
  for (float& value : lane) value = initial;
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (size_t j = 0; j < lanes; ++j) lane[j] = combine(lane[j], x[i + j]);
  }
  for (; i < count; ++i) lane[0] = combine(lane[0], x[i]);
  float result = lane[0];
  for (size_t j = 1; j < lanes; ++j) result = combine(result, lane[j]);
  return result;
}

constexpr float infinity = std::numeric_limits<float>::infinity();

PINSAGE_SIMD float max_of(const float* x, size_t count) {
  return combined(
      x, count, -infinity, [](float a, float b) __attribute__((always_inline)) { return b > a || b != b ? b : a; });
}

PINSAGE_SIMD float min_of(const float* x, size_t count) {
  return combined(
      x, count, infinity, [](float a, float b) __attribute__((always_inline)) { return b < a || b != b ? b : a; });
}

PINSAGE_SIMD float product_of(const float* x, size_t count) {
  return combined(
      x, count, 1.0f, [](float a, float b) __attribute__((always_inline)) { return a * b; });
}

PINSAGE_SIMD void add_row(const float* x, size_t columns, float* __restrict y) {
  for (size_t j = 0; j < columns; ++j) y[j] += x[j];
}

size_t rows_of(size_t elements, size_t columns) {
  return columns == 0 ? 0 : elements / columns;
}

size_t rows_per_chunk(size_t columns) {
  return columns >= grain ? 1 : grain / columns;
}

/// Σ term-blocks of a long vector, by all threads: each fixed block on one, then the blocks in order.
template <class Block>
double sum_long(size_t count, const Execution& execution, Block block) {
  const size_t blocks = (count + grain - 1) / grain;
  std::vector<double> sums(blocks);
  parallel_for(execution, count, grain,
               [&](size_t begin, size_t end, int) { sums[begin / grain] = block(begin, end - begin); });
  double sum = 0;
  for (const double value : sums) sum += value;
  return sum;
}

}  // namespace

void sum_rows(std::span<const float> x, size_t columns, float scale, std::span<float> y, const Execution& execution) {
  if (columns == 0) {
    std::fill(y.begin(), y.end(), 0.0f);
    return;
  }
  if (y.size() == 1) {
    y[0] = static_cast<float>(
        sum_long(x.size(), execution, [&](size_t begin, size_t count) { return sum_of(x.data() + begin, count); }) *
        scale);
    return;
  }
  parallel_for(execution, y.size(), rows_per_chunk(columns), [&](size_t begin, size_t end, int) {
    for (size_t row = begin; row < end; ++row) {
      y[row] = static_cast<float>(sum_of(x.data() + row * columns, columns) * scale);
    }
  });
}

void sum_columns(std::span<const float> x, size_t columns, float scale, std::span<float> y,
                 const Execution& execution) {
  sum_blocks_of_rows(rows_of(x.size(), columns), columns, scale, y, execution,
                     [&](size_t row, float* sum) { add_row(x.data() + row * columns, columns, sum); });
}

void reduce_rows(Reduction reduction, std::span<const float> x, size_t columns, std::span<float> y,
                 const Execution& execution) {
  const auto reduce = reduction == Reduction::max ? max_of : reduction == Reduction::min ? min_of : product_of;
  parallel_for(execution, y.size(), columns == 0 ? grain : rows_per_chunk(columns), [&](size_t begin, size_t end, int) {
    for (size_t row = begin; row < end; ++row) y[row] = reduce(x.data() + row * columns, columns);
  });
}

double sum_of_squares(std::span<const std::span<const float>> arrays, const Execution& execution) {
  double sum = 0;
  for (const std::span<const float> x : arrays) {
    sum += sum_long(x.size(), execution,
                    [&](size_t begin, size_t count) { return sum_of_squares_of(x.data() + begin, count); });
  }
  return sum;
}

}  // namespace pinsage::tensor
