#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pinsage/execution.hpp"

/// Row lookups, pooling and bags are all products of a sparse matrix and a dense one, and their gradients are products
/// with the transposed sparse matrix. Each row of a product is summed by one thread in the order of its entries: no
/// atomics, and the same bits at any number of threads.
namespace pinsage::tensor {

/// Rows of (column, value) entries: row i holds the entries from offsets[i] to offsets[i + 1].
struct SparseMatrix {
  size_t columns = 0;
  std::vector<uint32_t> offsets;  ///< [rows + 1]
  std::vector<uint32_t> indices;  ///< [entries], columns
  std::vector<float> values;      ///< [entries], or empty: all 1

  size_t rows() const { return offsets.size() - 1; }
};

/// One entry of value 1 in each row i, in column rows[i]: a row lookup. INVALID_ARGUMENT when an index is not below
/// `columns`.
SparseMatrix selection(std::span<const int32_t> rows, size_t columns);

/// As selection(), but an index that is out of range leaves its row empty.
SparseMatrix lenient_selection(std::span<const int32_t> rows, size_t columns);

/// Importance pooling: row u holds w_ut / Σ_t w_ut in column neighbors_ut, for the t with w_ut ≠ 0; no entry when the
/// sum is 0.
SparseMatrix shares(std::span<const int32_t> neighbors, std::span<const float> weights, size_t width, size_t columns);

/// Bags in CSR form. INVALID_ARGUMENT on offsets that fall or do not run from 0 to the number of rows, or on a row out
/// of range.
SparseMatrix bags(std::span<const int32_t> offsets, std::span<const int32_t> rows, std::span<const float> weights,
                  size_t columns);

/// The transpose; the entries of its rows come in the order of the original's rows.
SparseMatrix transpose(const SparseMatrix& matrix);

/// y [rows, width] = matrix · x [columns, width].
void multiply(const SparseMatrix& matrix, std::span<const float> x, size_t width, std::span<float> y,
              const Execution& execution);

/// The gradient before the relu that made t [rows, width]: dz = matrix · dy where t > 0, else 0, and db [width] =
/// Σ_rows dz, in one pass over dz.
void multiply_before_relu(const SparseMatrix& matrix, std::span<const float> dy, size_t width, std::span<const float> t,
                          std::span<float> dz, std::span<float> db, const Execution& execution);

/// Whether every index is from 0 to rows − 1.
bool all_below(std::span<const int32_t> indices, size_t rows);

}  // namespace pinsage::tensor
