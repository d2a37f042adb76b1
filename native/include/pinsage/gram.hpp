#pragma once

#include <cstdint>
#include <span>

#include "pinsage/array.hpp"
#include "pinsage/execution.hpp"

/// Least squares over the columns of a sparse matrix X: everything that needs (Xᵀ X + λ I)⁻¹, by one Cholesky
/// factorisation, in float32. The results do not depend on the number of threads.
namespace pinsage {

/// Row r holds values[i] in column columns[i] for offsets[r] ≤ i < offsets[r + 1].
struct SparseRows {
  std::span<const int32_t> offsets;  ///< [rows + 1]
  std::span<const int32_t> columns;
  std::span<const float> values;
  size_t width;  ///< columns that there are
};

/// The lower triangle of a square matrix as square tiles, each row-major and dense: (0,0) (1,0) (1,1) (2,0) …
/// What lies beyond the last column is a unit matrix.
struct Tiles {
  static constexpr size_t side = 256;
  static constexpr size_t size = side * side;

  static size_t across(size_t width) { return (width + side - 1) / side; }
  /// Numbers in all tiles of a matrix of this width.
  static size_t numbers(size_t width) { return across(width) * (across(width) + 1) / 2 * size; }
  /// The first number of tile (row, column), column ≤ row.
  static size_t place(size_t row, size_t column) { return (row * (row + 1) / 2 + column) * size; }
};

/// L with L Lᵀ = Xᵀ X + ridge I, as tiles; those of the diagonal are inverted, as that is how they are used.
/// NOT_FINITE where rounding leaves no such L: the ridge is too small, or a number of X is not finite.
Array<float> gram_factor(const SparseRows& x, float ridge, const Execution& execution);

/// Each row b of `rows` [n, width] becomes (Xᵀ X + ridge I)⁻¹ b.
void gram_solve(std::span<const float> factor, size_t width, std::span<float> rows, const Execution& execution);

/// out [width] = the diagonal of (Xᵀ X + ridge I)⁻¹.
void gram_inverse_diagonal(std::span<const float> factor, size_t width, std::span<float> out,
                           const Execution& execution);

}  // namespace pinsage
