#include <cmath>

#include "cuda/tensor/rows.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {
namespace {

/// 1 / |x|, or 0 for a row without direction.
PINSAGE_SHARED double inverse_length(Block& block, double* partial, const float* x, size_t width) {
  const double squares = cuda::sum(block, partial, width, [&](size_t j) { return double{x[j]} * double{x[j]}; });
  const double length = std::sqrt(squares);
  return length < 1e-12 ? 0.0 : 1.0 / length;
}

}  // namespace

void l2_normalize(DeviceSpan<const float> x, size_t width, DeviceSpan<float> y, Queue& queue) {
  for_each_row(queue, rows_of(x.size(), width),
               [=, from = x.data(), to = y.data()] PINSAGE_KERNEL(Block & block, size_t i, double* partial) {
                 const float* const row = from + i * width;
                 const auto scale = static_cast<float>(inverse_length(block, partial, row, width));
                 for_each_column(block, width, [&](size_t j) { to[i * width + j] = row[j] * scale; });
               });
}

void l2_normalize_gradient(DeviceSpan<const float> x, DeviceSpan<const float> dy, size_t width, DeviceSpan<float> dx,
                           Queue& queue) {
  for_each_row(queue, rows_of(x.size(), width),
               [=, from = x.data(), gradient = dy.data(), to = dx.data()] PINSAGE_KERNEL(Block & block, size_t i,
                                                                                         double* partial) {
                 const float* const row = from + i * width;
                 const float* const dy_row = gradient + i * width;
                 const double inverse = inverse_length(block, partial, row, width);
                 const double dot =
                     cuda::sum(block, partial, width, [&](size_t j) { return double{row[j]} * double{dy_row[j]}; });
                 const auto a = static_cast<float>(inverse);
                 const auto b = static_cast<float>(-dot * inverse * inverse * inverse);
                 for_each_column(block, width, [&](size_t j) { to[i * width + j] = a * dy_row[j] + b * row[j]; });
               });
}

}  // namespace pinsage::tensor
