#include "pinsage/tensor/sparse.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "cpu/tensor/column_sums.hpp"
#include "cpu/tensor/relu_gradient_row.hpp"
#include "cpu/tensor/simd.hpp"

namespace pinsage::tensor {
namespace {

void check_below(const char* name, std::span<const int32_t> indices, size_t rows) {
  if (all_below(indices, rows)) return;
  const auto bad = std::find_if(indices.begin(), indices.end(),
                                [rows](int32_t i) { return i < 0 || static_cast<size_t>(i) >= rows; });
  const std::string position = std::string("[").append(std::to_string(bad - indices.begin())) + "]";
  invalid_argument(name, position + " is " + std::to_string(*bad) + "; allowed: a row below " + std::to_string(rows));
}

void check_entries(size_t entries) {
  if (entries > UINT32_MAX) invalid_argument("entries", "there are more than 4,294,967,295");
}

/// Columns that are summed in registers.
constexpr size_t block = 64;
typedef float Lanes __attribute__((vector_size(64)));
constexpr size_t lanes = sizeof(Lanes) / sizeof(float), block_lanes = block / lanes;

/// y = Σ value_e x[index_e], in the order of e; without values they are 1. While a block of columns is summed, the next
/// one is on its way.
template <bool weighted>
[[gnu::always_inline]] inline void sum_entries(const uint32_t* indices, const float* values, size_t entries,
                                               const float* x, size_t width, float* __restrict y) {
  if (entries == 0) {
    for (size_t j = 0; j < width; ++j) y[j] = 0.0f;
    return;
  }
  const auto value = [&](size_t e) { return weighted ? values[e] : 1.0f; };
  size_t j = 0;
  for (; j + block <= width; j += block) {
    Lanes sum[block_lanes];
    for (size_t e = 0; e < entries; ++e) {
      const float* row = x + indices[e] * width + j;
      const float v = value(e);
#pragma GCC unroll 4
      for (size_t k = 0; k < block_lanes; ++k) {
        if (j + 2 * block <= width) __builtin_prefetch(row + block + k * lanes);
        Lanes term;
        std::memcpy(&term, row + k * lanes, sizeof term);
        if (weighted) term *= v;
        sum[k] = e == 0 ? term : sum[k] + term;
      }
    }
    std::memcpy(y + j, sum, sizeof sum);
  }
  for (size_t e = 0; e < entries && j < width; ++e) {
    const float* row = x + indices[e] * width;
    const float v = value(e);
    if (e == 0) {
      for (size_t k = j; k < width; ++k) y[k] = v * row[k];
    } else {
      for (size_t k = j; k < width; ++k) y[k] += v * row[k];
    }
  }
}

PINSAGE_SIMD void weighted_sum(const uint32_t* indices, const float* values, size_t entries, const float* x,
                               size_t width, float* __restrict y) {
  sum_entries<true>(indices, values, entries, x, width, y);
}

PINSAGE_SIMD void plain_sum(const uint32_t* indices, size_t entries, const float* x, size_t width,
                            float* __restrict y) {
  sum_entries<false>(indices, nullptr, entries, x, width, y);
}

/// Asks for the first block of the rows that the next sum will read, while the present one is made.
void prefetch_rows(const uint32_t* indices, size_t entries, const float* x, size_t width) {
  constexpr size_t most_rows = 16;
  for (size_t e = 0; e < std::min(entries, most_rows); ++e) {
    for (size_t j = 0; j < std::min(width, block); j += lanes) __builtin_prefetch(x + indices[e] * width + j);
  }
}

}  // namespace

bool all_below(std::span<const int32_t> indices, size_t rows) {
  const auto limit = static_cast<uint32_t>(std::min<size_t>(rows, INT32_MAX));
  bool good = true;
  for (const int32_t index : indices) good &= static_cast<uint32_t>(index) < limit;
  return good;
}

SparseMatrix selection(std::span<const int32_t> rows, size_t columns) {
  check_below("rows", rows, columns);
  return lenient_selection(rows, columns);
}

SparseMatrix lenient_selection(std::span<const int32_t> rows, size_t columns) {
  check_entries(rows.size());
  SparseMatrix matrix{
      .columns = columns, .offsets = std::vector<uint32_t>(rows.size() + 1), .indices = {}, .values = {}};
  matrix.indices.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] >= 0 && static_cast<size_t>(rows[i]) < columns)
      matrix.indices.push_back(static_cast<uint32_t>(rows[i]));
    matrix.offsets[i + 1] = static_cast<uint32_t>(matrix.indices.size());
  }
  return matrix;
}

SparseMatrix shares(std::span<const int32_t> neighbors, std::span<const float> weights, size_t width, size_t columns) {
  check_entries(neighbors.size());
  check_below("neighbors", neighbors, columns);
  const size_t rows = width == 0 ? 0 : neighbors.size() / width;
  SparseMatrix matrix{.columns = columns,
                      .offsets = std::vector<uint32_t>(rows + 1),
                      .indices = std::vector<uint32_t>(neighbors.size()),
                      .values = std::vector<float>(neighbors.size())};
  size_t entries = 0;
  for (size_t row = 0; row < rows; ++row) {
    const float* const row_weights = weights.data() + row * width;
    const float total = std::accumulate(row_weights, row_weights + width, 0.0f);
    for (size_t t = 0; t < width && total != 0.0f; ++t) {
      matrix.indices[entries] = static_cast<uint32_t>(neighbors[row * width + t]);
      matrix.values[entries] = row_weights[t] / total;
      entries += row_weights[t] != 0.0f;
    }
    matrix.offsets[row + 1] = static_cast<uint32_t>(entries);
  }
  matrix.indices.resize(entries);
  matrix.values.resize(entries);
  return matrix;
}

SparseMatrix bags(std::span<const int32_t> offsets, std::span<const int32_t> rows, std::span<const float> weights,
                  size_t columns) {
  check_entries(rows.size());
  check_below("bag.rows", rows, columns);
  const bool whole = !offsets.empty() && offsets.front() == 0 && static_cast<size_t>(offsets.back()) == rows.size();
  if (!whole || !std::is_sorted(offsets.begin(), offsets.end())) {
    invalid_argument("bag.offsets", "must rise from 0 to the number of rows, " + std::to_string(rows.size()));
  }
  return {.columns = columns,
          .offsets = {offsets.begin(), offsets.end()},
          .indices = {rows.begin(), rows.end()},
          .values = {weights.begin(), weights.end()}};
}

SparseMatrix transpose(const SparseMatrix& matrix) {
  const size_t entries = matrix.indices.size();
  SparseMatrix result{.columns = matrix.rows(),
                      .offsets = std::vector<uint32_t>(matrix.columns + 1),
                      .indices = std::vector<uint32_t>(entries),
                      .values = std::vector<float>(matrix.values.empty() ? 0 : entries)};
  // A counting sort: count, running sums, place. Placing moves each row's start to its end, which is the next row's
  // start.
  auto& offsets = result.offsets;
  for (const uint32_t column : matrix.indices) ++offsets[column + 1];
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  std::vector<uint32_t> next(offsets.begin(), offsets.end() - 1);
  for (size_t row = 0; row < matrix.rows(); ++row) {
    for (uint32_t e = matrix.offsets[row]; e < matrix.offsets[row + 1]; ++e) {
      const uint32_t place = next[matrix.indices[e]]++;
      result.indices[place] = static_cast<uint32_t>(row);
      if (!matrix.values.empty()) result.values[place] = matrix.values[e];
    }
  }
  return result;
}

namespace {

/// Row `row` of matrix · x, while the rows of x that the next one reads are asked for.
void multiply_row(const SparseMatrix& matrix, size_t row, const float* x, size_t width, float* y) {
  const uint32_t first = matrix.offsets[row], last = matrix.offsets[row + 1];
  const uint32_t* const indices = matrix.indices.data() + first;
  if (row + 1 < matrix.rows()) {
    prefetch_rows(matrix.indices.data() + last, matrix.offsets[row + 2] - last, x, width);
  }
  if (matrix.values.empty()) {
    plain_sum(indices, last - first, x, width, y);
  } else {
    weighted_sum(indices, matrix.values.data() + first, last - first, x, width, y);
  }
}

}  // namespace

void multiply(const SparseMatrix& matrix, std::span<const float> x, size_t width, std::span<float> y,
              const Execution& execution) {
  const size_t rows = matrix.rows();
  const size_t work = (matrix.indices.size() + rows) * std::max<size_t>(width, 1);
  constexpr size_t grain = 32768;
  const size_t rows_per_chunk = rows == 0 ? 1 : std::max<size_t>(1, grain * rows / work);
  parallel_for(execution, rows, rows_per_chunk, [&](size_t begin, size_t end, int) {
    for (size_t row = begin; row < end; ++row) multiply_row(matrix, row, x.data(), width, y.data() + row * width);
  });
}

void multiply_before_relu(const SparseMatrix& matrix, std::span<const float> dy, size_t width, std::span<const float> t,
                          std::span<float> dz, std::span<float> db, const Execution& execution) {
  sum_blocks_of_rows(matrix.rows(), width, 1.0f, db, execution, [&](size_t row, float* sum) {
    float* const to = dz.data() + row * width;
    multiply_row(matrix, row, dy.data(), width, to);
    relu_gradient_row(to, t.data() + row * width, width, to, sum);
  });
}

}  // namespace pinsage::tensor
