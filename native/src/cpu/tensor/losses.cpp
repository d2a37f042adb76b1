#include "pinsage/tensor/losses.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "cpu/tensor/softmax_row.hpp"
#include "pinsage/tensor/sparse.hpp"

namespace pinsage::tensor {
namespace {

PINSAGE_SIMD float top_of(const float* x, size_t count) {
  return largest(x, count);
}

PINSAGE_SIMD double exponentials_of(const float* x, size_t count, float shift, float* y) {
  return exponentials(x, count, shift, y);
}

PINSAGE_SIMD void scale_row(float* x, size_t count, float scale) {
  for (size_t j = 0; j < count; ++j) x[j] *= scale;
}

/// Σ max(0, s_j + shift). NaN passes on.
PINSAGE_SIMD double sum_of_losses(const float* scores, size_t count, float shift) {
  return sum_blocks(
      count, [=](size_t i) __attribute__((always_inline)) {
        const float loss = scores[i] + shift;
        return loss <= 0.0f ? 0.0f : loss;
      });
}

/// y_j = value where s_j + shift > 0, else 0.
PINSAGE_SIMD void mark_losses(const float* scores, size_t count, float shift, float value, float* y) {
  for (size_t j = 0; j < count; ++j) y[j] = scores[j] + shift > 0.0f ? value : 0.0f;
}

/// A copy of row i whose masked entries are −∞; the column `kept` stays.
void masked_row(const Scores& scores, const ScoreMask& mask, size_t i, size_t kept, float* row) {
  std::copy_n(scores.values.data() + i * scores.columns, scores.columns, row);
  for (const uint32_t column : mask.columns_of(i)) {
    if (column != kept) row[column] = -std::numeric_limits<float>::infinity();
  }
}

template <class Row>
void each_row(const Scores& scores, const Execution& execution, Row row) {
  const size_t grain = std::max<size_t>(1, 8192 / std::max<size_t>(scores.columns, 1));
  parallel_for(execution, scores.rows, grain, [&](size_t begin, size_t end, int) {
    std::vector<float> buffer(scores.columns);
    for (size_t i = begin; i < end; ++i) row(i, buffer.data());
  });
}

float mean(const std::vector<double>& sums, size_t count) {
  return count == 0 ? 0.0f
                    : static_cast<float>(std::accumulate(sums.begin(), sums.end(), 0.0) / static_cast<double>(count));
}

constexpr size_t no_column = SIZE_MAX;

}  // namespace

void check_labels(std::span<const int32_t> labels, size_t columns) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || static_cast<size_t>(labels[i]) >= columns) {
      invalid_argument("labels", std::string("[").append(std::to_string(i)) + "] is " + std::to_string(labels[i]) +
                                     "; allowed: a column below " + std::to_string(columns));
    }
  }
}

ScoreMask::ScoreMask(std::span<const int32_t> pairs, size_t rows, size_t columns) : offsets_(rows + 1) {
  std::vector<std::pair<uint32_t, uint32_t>> entries;
  entries.reserve(pairs.size() / 2);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const int32_t row = pairs[i], column = pairs[i + 1];
    if (row < 0 || static_cast<size_t>(row) >= rows || column < 0 || static_cast<size_t>(column) >= columns) {
      invalid_argument("masked", std::string("[").append(std::to_string(i / 2)) + "] is (" + std::to_string(row) +
                                     ", " + std::to_string(column) + "); allowed: an entry of the scores, which are [" +
                                     std::to_string(rows) + ", " + std::to_string(columns) + "]");
    }
    entries.emplace_back(row, column);
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  columns_.reserve(entries.size());
  for (const auto& [row, column] : entries) {
    ++offsets_[row + 1];
    columns_.push_back(column);
  }
  std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
}

void softmax_cross_entropy(const Scores& scores, std::span<const int32_t> labels, const ScoreMask& mask,
                           std::span<float> loss, const Execution& execution) {
  check_labels(labels, scores.columns);
  std::vector<double> losses(scores.rows);
  each_row(scores, execution, [&](size_t i, float* row) {
    masked_row(scores, mask, i, static_cast<size_t>(labels[i]), row);
    const float right = row[labels[i]], top = top_of(row, scores.columns);
    losses[i] = std::log(exponentials_of(row, scores.columns, top, row)) -
                (static_cast<double>(right) - static_cast<double>(top));
  });
  loss[0] = mean(losses, scores.rows);
}

void softmax_cross_entropy_gradient(const Scores& scores, std::span<const int32_t> labels, const ScoreMask& mask,
                                    std::span<const float> dy, std::span<float> ds, const Execution& execution) {
  check_labels(labels, scores.columns);
  const double scale = double{dy[0]} / static_cast<double>(scores.rows);
  each_row(scores, execution, [&](size_t i, float*) {
    float* const row = ds.data() + i * scores.columns;
    masked_row(scores, mask, i, static_cast<size_t>(labels[i]), row);
    const double sum = exponentials_of(row, scores.columns, top_of(row, scores.columns), row);
    scale_row(row, scores.columns, static_cast<float>(scale / sum));
    row[labels[i]] -= static_cast<float>(scale);
  });
}

void hinge_loss(const Scores& scores, std::span<const float> positive, float margin, const ScoreMask& mask,
                std::span<float> loss, const Execution& execution) {
  std::vector<double> losses(scores.rows);
  each_row(scores, execution, [&](size_t i, float* row) {
    masked_row(scores, mask, i, no_column, row);
    losses[i] = sum_of_losses(row, scores.columns, margin - positive[i]);
  });
  loss[0] = mean(losses, scores.rows * scores.columns - mask.size());
}

void hinge_loss_gradient(const Scores& scores, std::span<const float> positive, float margin, const ScoreMask& mask,
                         std::span<const float> dy, std::span<float> ds, const Execution& execution) {
  const size_t count = scores.rows * scores.columns - mask.size();
  const float share = count == 0 ? 0.0f : dy[0] / static_cast<float>(count);
  each_row(scores, execution, [&](size_t i, float*) {
    float* const row = ds.data() + i * scores.columns;
    masked_row(scores, mask, i, no_column, row);
    mark_losses(row, scores.columns, margin - positive[i], share, row);
  });
}

}  // namespace pinsage::tensor
