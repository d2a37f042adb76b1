#pragma once

#include <vector>

#include "pinsage/cuda/memory.hpp"
#include "pinsage/tensor/adam.hpp"
#include "pinsage/tensor/elementwise.hpp"
#include "pinsage/tensor/gemm.hpp"
#include "pinsage/tensor/layout.hpp"
#include "pinsage/tensor/losses.hpp"
#include "pinsage/tensor/reduce.hpp"
#include "pinsage/tensor/sparse.hpp"

/// The tensor kernels on a GPU: the same calls as on the CPU, for dense arrays of numbers in the GPU's memory. What is
/// sparse (lookups, pools, bags, masks, labels) is the host's: it is checked and built there, while the GPU works, and
/// sent. Every call returns before its work is done, except those that return a number.
namespace pinsage::tensor {

using cuda::DeviceSpan;
using cuda::Queue;

/// By cuBLAS, which is opened when it is first needed: MISSING_DEPENDENCY where there is none.
void gemm(const Product& product, DeviceSpan<const float> a, DeviceSpan<const float> b, DeviceSpan<float> c,
          Queue& queue);
void add_bias(DeviceSpan<float> y, size_t width, DeviceSpan<const float> bias, bool relu, Queue& queue);
void relu_gradient(DeviceSpan<const float> dy, DeviceSpan<const float> y, size_t width, DeviceSpan<float> dz,
                   DeviceSpan<float> db, Queue& queue);
void fill(DeviceSpan<float> y, float value, Queue& queue);
void unary(Unary operation, DeviceSpan<const float> x, DeviceSpan<float> y, Queue& queue);
void binary(Binary operation, DeviceSpan<const float> x, DeviceSpan<const float> other, Broadcast broadcast,
            size_t width, bool swapped, DeviceSpan<float> y, Queue& queue);
void add_all(std::span<const DeviceSpan<const float>> terms, DeviceSpan<float> y, Queue& queue);
void sum_rows(DeviceSpan<const float> x, size_t columns, float scale, DeviceSpan<float> y, Queue& queue);
void sum_columns(DeviceSpan<const float> x, size_t columns, float scale, DeviceSpan<float> y, Queue& queue);
void reduce_rows(Reduction reduction, DeviceSpan<const float> x, size_t columns, DeviceSpan<float> y, Queue& queue);
/// Σ over all arrays, in one order whatever the device.
double sum_of_squares(std::span<const DeviceSpan<const float>> arrays, Queue& queue);
void copy_box(DeviceSpan<const float> from, DeviceSpan<float> to, std::vector<Axis> axes, Queue& queue);
void softmax(DeviceSpan<const float> x, size_t columns, DeviceSpan<float> y, Queue& queue);
void l2_normalize(DeviceSpan<const float> x, size_t width, DeviceSpan<float> y, Queue& queue);
void l2_normalize_gradient(DeviceSpan<const float> x, DeviceSpan<const float> dy, size_t width, DeviceSpan<float> dx,
                           Queue& queue);
void multiply(const SparseMatrix& matrix, DeviceSpan<const float> x, size_t width, DeviceSpan<float> y, Queue& queue);
void multiply_before_relu(const SparseMatrix& matrix, DeviceSpan<const float> dy, size_t width,
                          DeviceSpan<const float> t, DeviceSpan<float> dz, DeviceSpan<float> db, Queue& queue);

/// As MaxPool, with h on the GPU.
struct DeviceMaxPool {
  DeviceSpan<const float> h;
  size_t width = 0;
  std::span<const int32_t> neighbors;
  std::span<const float> weights;
  size_t neighbors_per_node = 0;
};
void max_pool(const DeviceMaxPool& pool, DeviceSpan<float> y, Queue& queue);
void max_pool_gradient(const DeviceMaxPool& pool, DeviceSpan<const float> dy, DeviceSpan<float> dh, Queue& queue);

/// As Scores, on the GPU.
struct DeviceScores {
  DeviceSpan<const float> values;
  size_t rows = 0;
  size_t columns = 0;
};
void softmax_cross_entropy(const DeviceScores& scores, std::span<const int32_t> labels, const ScoreMask& mask,
                           DeviceSpan<float> loss, Queue& queue);
void softmax_cross_entropy_gradient(const DeviceScores& scores, std::span<const int32_t> labels, const ScoreMask& mask,
                                    DeviceSpan<const float> dy, DeviceSpan<float> ds, Queue& queue);
void hinge_loss(const DeviceScores& scores, DeviceSpan<const float> positive, float margin, const ScoreMask& mask,
                DeviceSpan<float> loss, Queue& queue);
void hinge_loss_gradient(const DeviceScores& scores, DeviceSpan<const float> positive, float margin,
                         const ScoreMask& mask, DeviceSpan<const float> dy, DeviceSpan<float> ds, Queue& queue);

/// As AdamVariable, on the GPU.
struct DeviceAdamVariable {
  DeviceSpan<float> value;
  DeviceSpan<const float> gradient;
  DeviceSpan<float> first;
  DeviceSpan<float> second;
  size_t row_width = 0;
};
void adam(std::span<const DeviceAdamVariable> variables, const AdamStep& step, Queue& queue);

}  // namespace pinsage::tensor
