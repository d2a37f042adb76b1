#include "pinsage/pagerank.hpp"

#include <algorithm>
#include <numeric>

#include "cpu/graph/board_visits.hpp"
#include "cpu/graph/conjugate_gradients.hpp"
#include "cpu/graph/rank_band.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

void PageRankOptions::check() const {
  if (!(alpha > 0 && alpha < 1)) invalid_argument("alpha", "must be above 0 and below 1");
  if (!(tolerance >= 0)) invalid_argument("tolerance", "must not be negative");
  if (max_iterations == 0) invalid_argument("maxIterations", "must be at least 1");
}

Array<double> row_totals(const Rows& rows, const Execution& execution) {
  Array<double> totals(rows.size());
  parallel_for(execution, rows.size(), rows_per_block, [&](size_t begin, size_t end, int) {
    for (size_t node = begin; node < end; ++node) {
      const uint64_t first = rows.offset(static_cast<uint32_t>(node));
      const uint32_t degree = rows.degree(static_cast<uint32_t>(node));
      const float* weights = rows.csr().weights.data();
      totals[node] = rows.weighted() ? std::accumulate(weights + first, weights + first + degree, 0.0) : degree;
    }
  });
  return totals;
}

Array<double> inverses(const Array<double>& totals) {
  Array<double> inverses(totals.size());
  std::transform(totals.span().begin(), totals.span().end(), inverses.begin(),
                 [](double total) { return total == 0 ? 0 : 1 / total; });
  return inverses;
}

namespace {

/// Calls use(first query, queries of the batch, columns) for each batch of 16 queries.
template <class Scorer, class Use>
void for_each_batch(Scorer& scorer, std::span<const PinId> queries, const Execution& execution, Use&& use) {
  for (size_t first = 0; first < queries.size(); first += columns) {
    const auto batch = queries.subspan(first, std::min<size_t>(columns, queries.size() - first));
    use(first, batch, scorer.run(batch));
    execution.advance(static_cast<int64_t>(batch.size()));
  }
}

void check_call(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                const Execution& execution) {
  options.check();
  check_pins(queries, graph.pins(), "queries");
  execution.expect(static_cast<int64_t>(queries.size()));
}

}  // namespace

void page_rank(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
               std::span<float> scores, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (queries.empty()) return;
  ConjugateGradients scorer(graph, options, execution);
  for_each_batch(scorer, queries, execution, [&](size_t first, std::span<const PinId> batch, const Array<Columns>& x) {
    parallel_for(execution, x.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      for (size_t c = 0; c < batch.size(); ++c) {
        for (size_t pin = begin; pin < end; ++pin) scores[(first + c) * x.size() + pin] = x[pin][c];
      }
    });
  });
}

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const PageRankBand& out, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (queries.empty()) return;
  ConjugateGradients scorer(graph, options, execution);
  for_each_batch(scorer, queries, execution, [&](size_t first, std::span<const PinId> batch, const Array<Columns>& x) {
    rank_band(x, batch, first, out, execution);
  });
}

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const MonteCarlo& monte_carlo, const PageRankBand& out, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (monte_carlo.walks == 0) invalid_argument("walks", "must be at least 1");
  if (queries.empty()) return;
  BoardVisits scorer(graph, options, monte_carlo, execution);
  for_each_batch(scorer, queries, execution, [&](size_t first, std::span<const PinId> batch, const Array<Columns>& x) {
    rank_band(x, batch, first, out, execution);
  });
}

}  // namespace pinsage
