#include "pinsage/tensor/losses.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "cuda/tensor/rows.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {
namespace {

/// The masked columns of each row, ascending, on the GPU.
struct MaskView {
  const size_t* offsets;    ///< [rows + 1]
  const uint32_t* columns;  ///< [entries]

  PINSAGE_SHARED bool has(size_t row, size_t column) const {
    const uint32_t* const end = columns + offsets[row + 1];
    const uint32_t* const found = std::lower_bound(columns + offsets[row], end, static_cast<uint32_t>(column));
    return found != end && *found == column;
  }
};

/// Keeps them there.
class MaskCopy {
 public:
  MaskCopy(const ScoreMask& mask, Queue& queue)
      : offsets_(queue.place().copy(mask.offsets())), columns_(queue.place().copy(mask.columns())) {}

  MaskView view() const { return {offsets_.data(), columns_.data()}; }

 private:
  cuda::DeviceArray<size_t> offsets_;
  cuda::DeviceArray<uint32_t> columns_;
};

/// The scores of a row that are not masked.
struct MaskedRow {
  const float* scores;
  size_t row;
  size_t kept;  ///< a column that stays, masked or not
  MaskView mask;

  PINSAGE_SHARED float operator()(size_t column) const {
    return column != kept && mask.has(row, column) ? -INFINITY : scores[column];
  }
};

constexpr size_t no_column = ~size_t{0};

/// loss[0] = Σ losses / count, or 0.
void write_mean(const cuda::DeviceArray<double>& losses, size_t count, DeviceSpan<float> loss, Queue& queue) {
  for_each_row(queue, 1,
               [=, from = losses.data(), rows = losses.size(), to = loss.data()] PINSAGE_KERNEL(Block & block, size_t,
                                                                                                double* partial) {
                 const double sum = cuda::sum(block, partial, rows, [&](size_t i) { return from[i]; });
                 block.for_each_thread([&](uint32_t thread) {
                   if (thread == 0) to[0] = count == 0 ? 0.0f : static_cast<float>(sum / static_cast<double>(count));
                 });
               });
}

/// The largest of a row's scores and Σ exp(s - that).
struct Softmax {
  float top;
  double sum;

  PINSAGE_SHARED Softmax(Block& block, double* partial, const MaskedRow& row, size_t columns)
      : top(static_cast<float>(largest(block, partial, columns, row))),
        sum(cuda::sum(block, partial, columns, [&](size_t j) { return double{std::exp(row(j) - top)}; })) {}
};

}  // namespace

void softmax_cross_entropy(const DeviceScores& scores, std::span<const int32_t> labels, const ScoreMask& mask,
                           DeviceSpan<float> loss, Queue& queue) {
  check_labels(labels, scores.columns);
  const MaskCopy masked(mask, queue);
  const auto right = queue.place().copy(labels);
  const auto losses = queue.place().array<double>(scores.rows);
  for_each_row(queue, scores.rows,
               [values = scores.values.data(), columns = scores.columns, right = right.data(), view = masked.view(),
                to = losses.data()] PINSAGE_KERNEL(Block & block, size_t i, double* partial) {
                 const auto label = static_cast<size_t>(right[i]);
                 const MaskedRow row{values + i * columns, i, label, view};
                 const Softmax softmax(block, partial, row, columns);
                 block.for_each_thread([&](uint32_t thread) {
                   if (thread == 0) to[i] = std::log(softmax.sum) - (double{row(label)} - double{softmax.top});
                 });
               });
  write_mean(losses, scores.rows, loss, queue);
}

void softmax_cross_entropy_gradient(const DeviceScores& scores, std::span<const int32_t> labels, const ScoreMask& mask,
                                    DeviceSpan<const float> dy, DeviceSpan<float> ds, Queue& queue) {
  check_labels(labels, scores.columns);
  const MaskCopy masked(mask, queue);
  const auto right = queue.place().copy(labels);
  for_each_row(
      queue, scores.rows,
      [values = scores.values.data(), rows = scores.rows, columns = scores.columns, right = right.data(),
       view = masked.view(), dy = dy.data(), to = ds.data()] PINSAGE_KERNEL(Block & block, size_t i, double* partial) {
        const auto label = static_cast<size_t>(right[i]);
        const MaskedRow row{values + i * columns, i, label, view};
        const Softmax softmax(block, partial, row, columns);
        const double scale = double{dy[0]} / static_cast<double>(rows);
        const auto factor = static_cast<float>(scale / softmax.sum);
        for_each_column(block, columns, [&](size_t j) {
          const float share = std::exp(row(j) - softmax.top) * factor;
          to[i * columns + j] = j == label ? share - static_cast<float>(scale) : share;
        });
      });
}

void hinge_loss(const DeviceScores& scores, DeviceSpan<const float> positive, float margin, const ScoreMask& mask,
                DeviceSpan<float> loss, Queue& queue) {
  const MaskCopy masked(mask, queue);
  const auto losses = queue.place().array<double>(scores.rows);
  for_each_row(queue, scores.rows,
               [values = scores.values.data(), columns = scores.columns, positive = positive.data(), margin,
                view = masked.view(), to = losses.data()] PINSAGE_KERNEL(Block & block, size_t i, double* partial) {
                 const MaskedRow row{values + i * columns, i, no_column, view};
                 const float shift = margin - positive[i];
                 const double sum = cuda::sum(block, partial, columns, [&](size_t j) {
                   const float own = row(j) + shift;
                   return own <= 0.0f ? 0.0 : double{own};
                 });
                 block.for_each_thread([&](uint32_t thread) {
                   if (thread == 0) to[i] = sum;
                 });
               });
  write_mean(losses, scores.rows * scores.columns - mask.size(), loss, queue);
}

void hinge_loss_gradient(const DeviceScores& scores, DeviceSpan<const float> positive, float margin,
                         const ScoreMask& mask, DeviceSpan<const float> dy, DeviceSpan<float> ds, Queue& queue) {
  const MaskCopy masked(mask, queue);
  const size_t count = scores.rows * scores.columns - mask.size();
  queue.place().for_each(ds.size(),
                         [=, values = scores.values.data(), columns = scores.columns, positive = positive.data(),
                          view = masked.view(), dy = dy.data(), to = ds.data()] PINSAGE_KERNEL(size_t item) {
                           const size_t i = item / columns;
                           const MaskedRow row{values + i * columns, i, no_column, view};
                           const bool violated = row(item % columns) + (margin - positive[i]) > 0.0f;
                           to[item] = violated ? dy[0] / static_cast<float>(count) : 0.0f;
                         });
}

}  // namespace pinsage::tensor
