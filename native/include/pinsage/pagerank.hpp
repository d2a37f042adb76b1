#pragma once

#include <cstdint>
#include <span>

#include "pinsage/execution.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/search.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// Personalized PageRank of pins: x = alpha e_q + (1 - alpha) Pᵀ x, where P is one hop pin → board → pin.
struct PageRankOptions {
  double alpha = 0.15;      ///< probability of a restart at the query before each hop
  double tolerance = 1e-6;  ///< bound of the L1 error of every column
  uint32_t max_iterations = 1000;

  void check() const;
};

/// scores[query][pin], by conjugate gradients for 16 queries at a time. An isolated query keeps all its probability.
void page_rank(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
               std::span<float> scores, const Execution& execution);

/// The same for queries of several pins: a restart goes to each of them alike. A query without pins has zeros.
void page_rank(const Graph& graph, const CandidateLists& queries, const PageRankOptions& options,
               std::span<float> scores, const Execution& execution);

/// How page_rank_band estimates scores from walks instead of iterating: `walks` per query, which stop with probability
/// alpha, count visits of boards; one exact half-hop from boards to pins follows, which is what makes deep ranks come
/// out right.
struct MonteCarlo {
  uint32_t walks = 100'000;
  uint64_t seed = 0;
};

/// Where a rank band goes: the pins of rank from, …, to - 1, rank 0 being the best pin other than the query. Pins of
/// score 0 have no rank; padding is the query itself with score 0.
struct PageRankBand {
  uint32_t from = 2000;
  uint32_t to = 5000;
  std::span<PinId> ids;        ///< [queries, to - from]
  std::span<float> scores;     ///< [queries, to - from]
  std::span<uint32_t> counts;  ///< [queries]
};

/// Hard negatives (PinSage §3.3): a band of each query's ranking, ties by smaller id.
void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const PageRankBand& out, const Execution& execution);
void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const MonteCarlo& monte_carlo, const PageRankBand& out, const Execution& execution);

}  // namespace pinsage
