#include "pinsage/gram.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/linear/vectors.hpp"
#include "pinsage/tensor/gemm.hpp"

namespace pinsage {
namespace {

constexpr size_t side = Tiles::side;

/// The matrix products run on the thread that asks for them: each has tiles of its own.
constexpr Execution alone{1};

/// c = op(a) op(b), or c += it, for b a tile and a, c of `rows` × side.
void multiply(size_t rows, const float* a, const float* b, bool transpose_b, bool accumulate, float* c) {
  tensor::gemm({rows, side, side, false, transpose_b, tensor::Precision::float32, accumulate}, a, b, c, alone);
}

/// X by columns: the rows that each column is in, and its values there.
struct SparseColumns {
  std::vector<size_t> offsets;
  std::vector<uint32_t> rows;
  std::vector<float> values;

  explicit SparseColumns(const SparseRows& x) : offsets(x.width + 1), rows(x.columns.size()), values(x.columns.size()) {
    for (const int32_t column : x.columns) ++offsets[column + 1];
    for (size_t column = 0; column < x.width; ++column) offsets[column + 1] += offsets[column];
    std::vector<size_t> next(offsets.begin(), offsets.end() - 1);
    for (size_t row = 0; row + 1 < x.offsets.size(); ++row) {
      for (int32_t i = x.offsets[row]; i < x.offsets[row + 1]; ++i) {
        const size_t place = next[x.columns[i]]++;
        rows[place] = static_cast<uint32_t>(row);
        values[place] = x.values[i];
      }
    }
  }
};

/// The lower triangle of Xᵀ X + ridge I.
Array<float> gram(const SparseRows& x, float ridge, const Execution& execution) {
  const SparseColumns by_column(x);
  Array<float> tiles(Tiles::numbers(x.width));
  std::vector<std::vector<float>> of_thread(execution.thread_count());
  const size_t padded = Tiles::across(x.width) * side;
  parallel_for(execution, padded, 8, [&](size_t begin, size_t end, int thread) {
    std::vector<float>& sums = of_thread[thread];
    for (size_t column = begin; column < end; ++column) {
      sums.assign(padded, 0);
      if (column < x.width) {
        for (size_t place = by_column.offsets[column]; place < by_column.offsets[column + 1]; ++place) {
          const uint32_t row = by_column.rows[place];
          const float value = by_column.values[place];
          for (int32_t i = x.offsets[row]; i < x.offsets[row + 1]; ++i) sums[x.columns[i]] += value * x.values[i];
        }
      }
      sums[column] += column < x.width ? ridge : 1;
      const size_t row = column / side;
      for (size_t t = 0; t <= row; ++t) {
        std::copy_n(sums.data() + t * side, side, tiles.data() + Tiles::place(row, t) + column % side * side);
      }
    }
  });
  return tiles;
}

/// A tile's lower triangle becomes L⁻¹ with L Lᵀ = the tile, and 0 above the diagonal.
void factor_and_invert(float* tile) {
  std::vector<double> l(Tiles::size);
  for (size_t row = 0; row < side; ++row) {
    for (size_t column = 0; column <= row; ++column) {
      double sum = tile[row * side + column];
      for (size_t k = 0; k < column; ++k) sum -= l[row * side + k] * l[column * side + k];
      if (column < row) {
        l[row * side + column] = sum / l[column * side + column];
      } else if (sum > 0 && std::isfinite(sum)) {
        l[row * side + row] = std::sqrt(sum);
      } else {
        throw Error("NOT_FINITE",
                    "The least-squares problem has no solution in float32: the ridge is too small, or a "
                    "number is not finite.");
      }
    }
  }
  // Row by row: L⁻¹ has row r = (e_r - Σ_{k < r} L_rk (row k)) / L_rr.
  std::vector<double> inverse(Tiles::size);
  for (size_t row = 0; row < side; ++row) {
    double* const to = inverse.data() + row * side;
    to[row] = 1;
    for (size_t k = 0; k < row; ++k) {
      const double scale = l[row * side + k];
      const double* const from = inverse.data() + k * side;
      for (size_t i = 0; i <= k; ++i) to[i] -= scale * from[i];
    }
    const double scale = 1 / l[row * side + row];
    for (size_t i = 0; i <= row; ++i) to[i] *= scale;
  }
  std::copy(inverse.begin(), inverse.end(), tile);
}

/// The tiles of pairs (row, column), first ≤ column ≤ row, in the order of the triangle.
std::pair<size_t, size_t> pair_at(size_t index, size_t first) {
  auto row = static_cast<size_t>((std::sqrt(8.0 * static_cast<double>(index) + 1) - 1) / 2);
  while (row * (row + 1) / 2 > index) --row;
  while ((row + 1) * (row + 2) / 2 <= index) ++row;
  return {first + row, first + index - row * (row + 1) / 2};
}

/// Rows of the right-hand side that one thread takes, as tiles of [rows, side] after one another.
class RightHandSide {
 public:
  RightHandSide(std::span<const float> factor, size_t width, size_t rows)
      : factor_(factor.data()),
        tiles_(Tiles::across(width)),
        rows_(rows),
        size_(rows * side),
        values_(tiles_ * size_),
        sum_(size_) {
    std::fill(values_.begin(), values_.end(), 0.0f);
  }

  float& at(size_t row, size_t column) { return values_[column / side * size_ + row * side + column % side]; }

  /// b becomes y with y Lᵀ = b; b is 0 before tile `first`.
  void solve_lower(size_t first = 0) {
    for (size_t tile = first; tile < tiles_; ++tile) {
      for (size_t before = first; before < tile; ++before) subtract(before, Tiles::place(tile, before), true, tile);
      finish(tile, true);
    }
  }
  /// y becomes w with w L = y.
  void solve_upper() {
    for (size_t tile = tiles_; tile-- > 0;) {
      for (size_t after = tile + 1; after < tiles_; ++after) subtract(after, Tiles::place(after, tile), false, tile);
      finish(tile, false);
    }
  }

 private:
  /// values[to] -= values[from] op(tile of L)
  void subtract(size_t from, size_t place, bool transpose, size_t to) {
    multiply(rows_, values_.data() + from * size_, factor_ + place, transpose, false, sum_.data());
    add_scaled(-1, sum_.data(), size_, values_.data() + to * size_);
  }
  void finish(size_t tile, bool transpose) {
    float* const values = values_.data() + tile * size_;
    multiply(rows_, values, factor_ + Tiles::place(tile, tile), transpose, false, sum_.data());
    std::copy(sum_.begin(), sum_.end(), values);
  }

  const float* factor_;
  const size_t tiles_, rows_, size_;
  Array<float> values_, sum_;
};

/// Rows of the right-hand side that are solved at once.
constexpr size_t rows_per_solve = 64;

}  // namespace

Array<float> gram_factor(const SparseRows& x, float ridge, const Execution& execution) {
  const size_t count = Tiles::across(x.width);
  execution.expect(static_cast<int64_t>(count));
  Array<float> tiles = gram(x, ridge, execution);
  // -L of the tiles below the diagonal one: products are added.
  Array<float> negative(count * Tiles::size);
  for (size_t step = 0; step < count; ++step) {
    float* const diagonal = tiles.data() + Tiles::place(step, step);
    factor_and_invert(diagonal);
    parallel_for(execution, count - step - 1, 1, [&](size_t below, size_t, int) {
      float* const tile = tiles.data() + Tiles::place(step + 1 + below, step);
      float* const copy = negative.data() + below * Tiles::size;
      multiply(side, tile, diagonal, true, false, copy);
      for (size_t i = 0; i < Tiles::size; ++i) {
        tile[i] = copy[i];
        copy[i] = -copy[i];
      }
    });
    const size_t left = count - step - 1;
    parallel_for(execution, left * (left + 1) / 2, 1, [&](size_t index, size_t, int) {
      const auto [row, column] = pair_at(index, step + 1);
      multiply(side, negative.data() + (row - step - 1) * Tiles::size, tiles.data() + Tiles::place(column, step), true,
               true, tiles.data() + Tiles::place(row, column));
    });
    execution.advance(1);
  }
  return tiles;
}

void gram_solve(std::span<const float> factor, size_t width, std::span<float> rows, const Execution& execution) {
  const size_t count = rows.size() / width;
  execution.expect(static_cast<int64_t>(count));
  parallel_for(execution, count, rows_per_solve, [&](size_t begin, size_t end, int) {
    RightHandSide block(factor, width, end - begin);
    const auto each = [&](auto&& use) {
      for (size_t row = begin; row < end; ++row) {
        for (size_t column = 0; column < width; ++column)
          use(rows[row * width + column], block.at(row - begin, column));
      }
    };
    each([](float given, float& value) { value = given; });
    block.solve_lower();
    block.solve_upper();
    each([](float& result, float value) { result = value; });
    execution.advance(static_cast<int64_t>(end - begin));
  });
}

void gram_inverse_diagonal(std::span<const float> factor, size_t width, std::span<float> out,
                           const Execution& execution) {
  execution.expect(static_cast<int64_t>(width));
  // (L Lᵀ)⁻¹ = L⁻ᵀ L⁻¹: squares of the columns of L⁻¹.
  parallel_for(execution, width, rows_per_solve, [&](size_t begin, size_t end, int) {
    RightHandSide block(factor, width, end - begin);
    for (size_t column = begin; column < end; ++column) block.at(column - begin, column) = 1;
    block.solve_lower(begin / side);
    for (size_t column = begin; column < end; ++column) {
      double sum = 0;
      for (size_t i = begin / side * side; i < width; ++i) {
        const double value = block.at(column - begin, i);
        sum += value * value;
      }
      out[column] = static_cast<float>(sum);
    }
    execution.advance(static_cast<int64_t>(end - begin));
  });
}

}  // namespace pinsage
