#include <cmath>

#include "cuda/tensor/rows.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {

void softmax(DeviceSpan<const float> x, size_t columns, DeviceSpan<float> y, Queue& queue) {
  for_each_row(queue, rows_of(x.size(), columns),
               [=, from = x.data(), to = y.data()] PINSAGE_KERNEL(Block & block, size_t i, double* partial) {
                 const float* const row = from + i * columns;
                 float* const out = to + i * columns;
                 const auto top =
                     static_cast<float>(largest(block, partial, columns, [&](size_t j) { return row[j]; }));
                 for_each_column(block, columns, [&](size_t j) { out[j] = std::exp(row[j] - top); });
                 const double sum = cuda::sum(block, partial, columns, [&](size_t j) { return double{out[j]}; });
                 const auto scale = static_cast<float>(1.0 / sum);
                 for_each_column(block, columns, [&](size_t j) { out[j] *= scale; });
               });
}

}  // namespace pinsage::tensor
