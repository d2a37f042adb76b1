#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pinsage/execution.hpp"

/// Losses over a matrix of scores [rows, columns], some of whose entries are masked.
namespace pinsage::tensor {

/// The masked columns of each row, sorted, each once.
class ScoreMask {
 public:
  /// pairs [k, 2] of (row, column), in any order, repetitions allowed. INVALID_ARGUMENT when one is out of range.
  ScoreMask(std::span<const int32_t> pairs, size_t rows, size_t columns);

  std::span<const uint32_t> columns_of(size_t row) const {
    return std::span(columns_).subspan(offsets_[row], offsets_[row + 1] - offsets_[row]);
  }
  size_t size() const { return columns_.size(); }
  /// [rows + 1]
  std::span<const size_t> offsets() const { return offsets_; }
  /// Those of row i from offsets()[i] to offsets()[i + 1].
  std::span<const uint32_t> columns() const { return columns_; }

 private:
  std::vector<size_t> offsets_;
  std::vector<uint32_t> columns_;
};

/// Scores, and the column that is right in each row (for the softmax) or each row's score of its positive (for the
/// hinge).
struct Scores {
  std::span<const float> values;
  size_t rows = 0;
  size_t columns = 0;
};

/// INVALID_ARGUMENT when one is no column.
void check_labels(std::span<const int32_t> labels, size_t columns);

/// loss[0] = mean over rows of −log( exp(s_i,label_i) / Σ_j exp(s_ij) ), j over the unmasked entries and the label; 0
/// without rows. INVALID_ARGUMENT when a label is no column.
void softmax_cross_entropy(const Scores& scores, std::span<const int32_t> labels, const ScoreMask& mask,
                           std::span<float> loss, const Execution& execution);

/// ds_ij = dy[0] (softmax(s)_ij − [j = label_i]) / rows.
void softmax_cross_entropy_gradient(const Scores& scores, std::span<const int32_t> labels, const ScoreMask& mask,
                                    std::span<const float> dy, std::span<float> ds, const Execution& execution);

/// loss[0] = mean over unmasked entries of max(0, s_ij − positive_i + margin); 0 when all are masked.
void hinge_loss(const Scores& scores, std::span<const float> positive, float margin, const ScoreMask& mask,
                std::span<float> loss, const Execution& execution);

/// ds_ij = dy[0] / count where the loss of (i, j) is positive; the gradient of positive_i is −Σ_j ds_ij.
void hinge_loss_gradient(const Scores& scores, std::span<const float> positive, float margin, const ScoreMask& mask,
                         std::span<const float> dy, std::span<float> ds, const Execution& execution);

}  // namespace pinsage::tensor
