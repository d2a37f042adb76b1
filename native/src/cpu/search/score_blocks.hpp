#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/search/dot_tile.hpp"
#include "cpu/search/finite.hpp"
#include "pinsage/search.hpp"

/// Where scores come from. A source answers `score(query, candidate)`, and makes a `Block` of queries, which answers
/// `scores(begin, end)` for a range of at most `block_candidates` candidates: a pointer to the first query's scores,
/// the others' `stride` further each. Both give the same bits.
namespace pinsage {

class VectorScores {
 public:
  VectorScores(const Matrix& queries, const Matrix& vectors) : queries_(queries), vectors_(vectors) {
    check_finite(queries_.data, queries_.rows * queries_.columns, "queries");
  }

  size_t queries() const { return queries_.rows; }
  size_t candidates() const { return vectors_.rows; }
  /// A packed block of them stays in the second-level cache.
  size_t block_candidates() const {
    const size_t fitting = (size_t{64} << 10) / std::max<size_t>(queries_.columns, 1);
    return std::clamp<size_t>(fitting / kTileVectors * kTileVectors, 8 * kTileVectors, 1024);
  }

  float score(size_t query, size_t candidate) const {
    const float* a = queries_.row(query);
    const float* b = vectors_.row(candidate);
    float sum = 0;
    for (size_t k = 0; k < queries_.columns; ++k) sum += b[k] * a[k];
    return sum;
  }

  class Block {
   public:
    Block(const VectorScores& source, size_t begin, size_t end)
        : source_(source),
          width_(source.queries_.columns),
          query_tiles_((end - begin + kTileQueries - 1) / kTileQueries),
          stride_(source.block_candidates()),
          packed_queries_(query_tiles_ * kTileQueries * width_),
          packed_vectors_(stride_ * width_),
          scores_(query_tiles_ * kTileQueries * stride_) {
      for (size_t tile = 0; tile < query_tiles_; ++tile) {
        const size_t first = begin + tile * kTileQueries;
        pack<kTileQueries>(source.queries_, first, std::min(first + kTileQueries, end),
                           packed_queries_.data() + tile * kTileQueries * width_);
      }
    }

    const float* scores(size_t begin, size_t end) {
      static const DotTile dot = dot_tiles().front();
      for (size_t first = begin; first < end; first += kTileVectors) {
        float* packed = packed_vectors_.data() + (first - begin) * width_;
        pack<kTileVectors>(source_.vectors_, first, std::min(first + kTileVectors, end), packed);
        check_finite(packed, kTileVectors * width_, "vectors");
      }
      for (size_t tile = 0; tile < query_tiles_; ++tile) {
        for (size_t first = 0; first < end - begin; first += kTileVectors) {
          dot(packed_queries_.data() + tile * kTileQueries * width_, packed_vectors_.data() + first * width_, width_,
              scores_.data() + tile * kTileQueries * stride_ + first, stride_);
        }
      }
      return scores_.data();
    }

    size_t stride() const { return stride_; }

   private:
    const VectorScores& source_;
    const size_t width_;
    const size_t query_tiles_;
    const size_t stride_;
    std::vector<float> packed_queries_;
    std::vector<float> packed_vectors_;
    std::vector<float> scores_;
  };

 private:
  /// Rows [begin, end) column by column, zeros for what is missing to `kRows`.
  template <size_t kRows>
  static void pack(const Matrix& matrix, size_t begin, size_t end, float* packed) {
    if (end - begin < kRows) std::fill(packed, packed + kRows * matrix.columns, 0.0f);
    for (size_t row = begin; row < end; ++row) {
      const float* values = matrix.row(row);
      for (size_t k = 0; k < matrix.columns; ++k) packed[k * kRows + row - begin] = values[k];
    }
  }

  Matrix queries_;
  Matrix vectors_;
};

class GivenScores {
 public:
  explicit GivenScores(const Matrix& scores) : scores_(scores) {}

  size_t queries() const { return scores_.rows; }
  size_t candidates() const { return scores_.columns; }
  size_t block_candidates() const { return 4096; }
  float score(size_t query, size_t candidate) const { return scores_.row(query)[candidate]; }

  class Block {
   public:
    Block(const GivenScores& source, size_t begin, size_t) : source_(source), begin_(begin) {}
    const float* scores(size_t begin, size_t) const { return source_.scores_.row(begin_) + begin; }
    size_t stride() const { return source_.scores_.columns; }

   private:
    const GivenScores& source_;
    const size_t begin_;
  };

 private:
  Matrix scores_;
};

}  // namespace pinsage
