#pragma once

#include <algorithm>
#include <cmath>

#include "cpu/graph/column_kernels.hpp"

/// The plain form of PageRank's vector code: what it computes, and what runs where Highway is absent.
namespace pinsage::simd::plain {

inline Sums sum_row(const Rows& rows, uint64_t edge, uint64_t end, const Columns* x) {
  Sums sums{};
  const float* weights = rows.weighted() ? rows.csr().weights.data() : nullptr;
  while (edge < end) {
    const uint64_t stop = weights == nullptr ? std::min(edge + lines_in_f32, end) : end;
    Columns part{};
    for (; edge < stop; ++edge) {
      const Columns& line = x[rows.id(edge)];
      for (int c = 0; c < columns; ++c) {
        if (weights == nullptr) {
          part[c] += line[c];
        } else {
          sums[c] += double{weights[edge]} * double{line[c]};
        }
      }
    }
    for (int c = 0; c < columns; ++c) sums[c] += part[c];
  }
  return sums;
}

inline void sum_rows(const Rows& rows, const double* scales, double factor, size_t begin, size_t end, const Columns* x,
                     Columns* out) {
  for (size_t node = begin; node < end; ++node) {
    const uint64_t edge = rows.offset(static_cast<uint32_t>(node));
    const Sums sums = sum_row(rows, edge, edge + rows.degree(static_cast<uint32_t>(node)), x);
    const double scale = scales == nullptr ? factor : factor * scales[node];
    for (int c = 0; c < columns; ++c) out[node - begin][c] = static_cast<float>(sums[c] * scale);
  }
}

inline void apply(const Columns* x, Columns* means, double follow, const double* measure, size_t count,
                  Sums& products) {
  for (size_t i = 0; i < count; ++i) {
    for (int c = 0; c < columns; ++c) {
      const double image = x[i][c] - follow * means[i][c];
      means[i][c] = static_cast<float>(image);
      products[c] += measure[i] * x[i][c] * image;
    }
  }
}

inline void descend(Columns* residual, const Columns* image, const Sums& step, const double* measure, size_t count,
                    Sums& squares, Sums& sizes) {
  for (size_t i = 0; i < count; ++i) {
    for (int c = 0; c < columns; ++c) {
      const double left = residual[i][c] - step[c] * image[i][c];
      residual[i][c] = static_cast<float>(left);
      const double size = measure[i] * std::abs(left);
      squares[c] += size * std::abs(left);
      sizes[c] += size;
    }
  }
}

inline void advance(Columns* solution, Columns* direction, const Columns* residual, const Sums& step, const Sums& ratio,
                    size_t count) {
  for (size_t i = 0; i < count; ++i) {
    for (int c = 0; c < columns; ++c) {
      solution[i][c] = static_cast<float>(solution[i][c] + step[c] * direction[i][c]);
      direction[i][c] = static_cast<float>(residual[i][c] + ratio[c] * direction[i][c]);
    }
  }
}

}  // namespace pinsage::simd::plain
