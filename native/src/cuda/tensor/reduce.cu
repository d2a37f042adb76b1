#include "pinsage/tensor/reduce.hpp"

#include <cmath>
#include <numeric>

#include "cuda/tensor/rows.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {
namespace {

/// Rows whose columns one thread adds up.
constexpr size_t rows_per_sum = 64;

/// y_part,j = scale · Σ over rows i of the part of x_ij.
void sum_parts(const float* x, size_t rows, size_t columns, float scale, float* y, Queue& queue) {
  const size_t parts = (rows + rows_per_sum - 1) / rows_per_sum;
  queue.place().for_each(parts * columns, [=] PINSAGE_KERNEL(size_t item) {
    const size_t part = item / columns, j = item % columns;
    const size_t end = part + 1 == parts ? rows : (part + 1) * rows_per_sum;
    float sum = 0;
    for (size_t i = part * rows_per_sum; i < end; ++i) sum += x[i * columns + j];
    y[item] = sum * scale;
  });
}

PINSAGE_SHARED double neutral(Reduction reduction) {
  return reduction == Reduction::max ? -INFINITY : reduction == Reduction::min ? INFINITY : 1.0;
}

PINSAGE_SHARED double combine(Reduction reduction, double a, double b) {
  if (reduction == Reduction::product) return a * b;
  if (a != a || b != b) return NAN;
  return reduction == Reduction::max ? (a > b ? a : b) : (a < b ? a : b);
}

/// Elements that one block adds up.
constexpr size_t elements_per_sum = 1 << 16;

size_t parts_of(DeviceSpan<const float> x) {
  return (x.size() + elements_per_sum - 1) / elements_per_sum;
}

struct Itself {
  PINSAGE_SHARED double operator()(double x) const { return x; }
};
struct Square {
  PINSAGE_SHARED double operator()(double x) const { return x * x; }
};

/// sums_part = Σ term(x_i) over the elements i of the part.
template <class Term>
void sum_elements(DeviceSpan<const float> x, Term term, double* sums, Queue& queue) {
  for_each_row(queue, parts_of(x),
               [=, from = x.data(), size = x.size()] PINSAGE_KERNEL(Block & block, size_t part, double* partial) {
                 const size_t begin = part * elements_per_sum;
                 const size_t count = size - begin < elements_per_sum ? size - begin : elements_per_sum;
                 const double sum =
                     cuda::sum(block, partial, count, [&](size_t i) { return term(double{from[begin + i]}); });
                 block.for_each_thread([&](uint32_t thread) {
                   if (thread == 0) sums[part] = sum;
                 });
               });
}

/// y_i = scale · Σ_j x_ij, a block a row.
template <class T>
void sum_each_row(const T* x, size_t rows, size_t columns, float scale, float* y, Queue& queue) {
  for_each_row(queue, rows, [=] PINSAGE_KERNEL(Block & block, size_t i, double* partial) {
    const double sum = cuda::sum(block, partial, columns, [&](size_t j) { return double{x[i * columns + j]}; });
    block.for_each_thread([&](uint32_t thread) {
      if (thread == 0) y[i] = static_cast<float>(sum * double{scale});
    });
  });
}

}  // namespace

void sum_rows(DeviceSpan<const float> x, size_t columns, float scale, DeviceSpan<float> y, Queue& queue) {
  if (y.size() != 1 || columns <= elements_per_sum) {
    return sum_each_row(x.data(), y.size(), columns, scale, y.data(), queue);
  }
  // One block alone would keep the device waiting.
  const auto sums = queue.place().array<double>(parts_of(x));
  sum_elements(x, Itself(), sums.data(), queue);
  sum_each_row(sums.data(), 1, sums.size(), scale, y.data(), queue);
}

void sum_columns(DeviceSpan<const float> x, size_t columns, float scale, DeviceSpan<float> y, Queue& queue) {
  size_t rows = rows_of(x.size(), columns);
  if (rows == 0) return fill(y, 0, queue);
  const float* from = x.data();
  std::vector<cuda::DeviceArray<float>> sums;
  // Sums of parts, then of parts of those, until one is left.
  while (rows > rows_per_sum) {
    const size_t parts = (rows + rows_per_sum - 1) / rows_per_sum;
    sums.push_back(queue.place().array<float>(parts * columns));
    sum_parts(from, rows, columns, 1, sums.back().data(), queue);
    from = sums.back().data();
    rows = parts;
  }
  sum_parts(from, rows, columns, scale, y.data(), queue);
}

void reduce_rows(Reduction reduction, DeviceSpan<const float> x, size_t columns, DeviceSpan<float> y, Queue& queue) {
  for_each_row(
      queue, y.size(), [=, from = x.data(), to = y.data()] PINSAGE_KERNEL(Block & block, size_t i, double* partial) {
        const double all = cuda::reduce(
            block, partial, columns, neutral(reduction), [&](size_t j) { return double{from[i * columns + j]}; },
            [=](double a, double b) { return combine(reduction, a, b); });
        block.for_each_thread([&](uint32_t thread) {
          if (thread == 0) to[i] = static_cast<float>(all);
        });
      });
}

double sum_of_squares(std::span<const DeviceSpan<const float>> arrays, Queue& queue) {
  size_t parts = 0;
  for (const auto& x : arrays) parts += parts_of(x);
  const auto sums = queue.place().array<double>(parts);
  double* to = sums.data();
  for (const auto& x : arrays) {
    sum_elements(x, Square(), to, queue);
    to += parts_of(x);
  }
  std::vector<double> on_host(parts);
  queue.place().copy_to_host(sums, on_host.data(), parts);
  return std::accumulate(on_host.begin(), on_host.end(), 0.0);
}

}  // namespace pinsage::tensor
