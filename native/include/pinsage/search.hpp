#pragma once

#include <cstdint>
#include <span>

#include "pinsage/execution.hpp"

/// Exact search: every candidate is scored, the n x m scores are never all in memory.
///
/// A score is the inner product of two vectors, summed from first to last with each product and each sum rounded to
/// float32. It depends on the two vectors alone, so that equal vectors tie and the results are the same on any machine
/// and number of threads. Candidates are ordered by score, NaN last, and then by smaller id.
namespace pinsage {

/// Row-major.
struct Matrix {
  const float* data;
  size_t rows;
  size_t columns;

  const float* row(size_t index) const { return data + index * columns; }
};

/// A list of candidates for each query: ids[offsets[q]] to ids[offsets[q + 1] - 1].
struct CandidateLists {
  std::span<const uint32_t> offsets;  ///< [queries + 1], or empty: no lists
  std::span<const uint32_t> ids;

  std::span<const uint32_t> of(size_t query) const {
    if (offsets.empty()) return {};
    return ids.subspan(offsets[query], offsets[query + 1] - offsets[query]);
  }
};

/// What is left out.
struct CandidateFilter {
  CandidateLists exclude;            ///< for each query, in any order
  std::span<const uint8_t> allowed;  ///< [candidates], 0: left out for all queries; or empty: all are allowed
};

/// The best candidates of each query, best first; where there are fewer than `top`, id 0xffffffff and score minus
/// infinity follow.
struct Hits {
  std::span<uint32_t> ids;     ///< [queries, top]
  std::span<float> scores;     ///< [queries, top]
  std::span<uint32_t> counts;  ///< [queries]
  size_t top;
};

/// The vectors with the largest inner products with each query. Non-finite numbers are a NOT_FINITE error.
void search_vectors(const Matrix& queries, const Matrix& vectors, const CandidateFilter& filter, const Hits& out,
                    const Execution& execution);

/// The same over given scores [queries, candidates].
void search_scores(const Matrix& scores, const CandidateFilter& filter, const Hits& out, const Execution& execution);

/// The rank of every target, from 1, among the candidates that are left and itself: ranks[i] of targets.ids[i].
void rank_vectors(const Matrix& queries, const Matrix& vectors, const CandidateLists& targets,
                  const CandidateFilter& filter, std::span<uint32_t> ranks, const Execution& execution);

void rank_scores(const Matrix& scores, const CandidateLists& targets, const CandidateFilter& filter,
                 std::span<uint32_t> ranks, const Execution& execution);

}  // namespace pinsage
