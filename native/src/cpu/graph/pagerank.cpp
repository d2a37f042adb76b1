#include "pinsage/pagerank.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "cpu/graph/board_visits.hpp"
#include "cpu/graph/conjugate_gradients.hpp"
#include "cpu/graph/query_batches.hpp"
#include "cpu/graph/rank_band.hpp"

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

Array<double> inverses(const Array<double>& totals, const Execution& execution) {
  Array<double> inverses(totals.size());
  parallel_for(execution, totals.size(), rows_per_block, [&](size_t begin, size_t end, int) {
    for (size_t node = begin; node < end; ++node) inverses[node] = totals[node] == 0 ? 0 : 1 / totals[node];
  });
  return inverses;
}

namespace {

/// The offsets of lists of one pin each.
std::vector<uint32_t> one_each(std::span<const PinId> queries) {
  std::vector<uint32_t> offsets(queries.size() + 1);
  std::iota(offsets.begin(), offsets.end(), 0u);
  return offsets;
}

}  // namespace

void page_rank(const Graph& graph, const CandidateLists& queries, const PageRankOptions& options,
               std::span<float> scores, const Execution& execution) {
  options.check();
  check_pins(queries.ids, graph.pins(), "queries");
  const size_t count = queries.offsets.size() - 1;
  execution.expect(static_cast<int64_t>(count));
  if (count == 0) return;
  ConjugateGradients solver(graph, options, execution);
  for_each_batch(count, execution, [&](size_t first, size_t size) {
    solver.solve(queries, first, size);
    // Blocks that the first-level cache holds until all their columns are written.
    constexpr size_t pins_per_block = 256;
    parallel_for(execution, graph.pins(), pins_per_block, [&](size_t begin, size_t end, int) {
      std::array<Columns, pins_per_block> block;
      solver.write_scores(begin, end, block.data());
      for (size_t c = 0; c < size; ++c) {
        float* const row = scores.data() + (first + c) * graph.pins();
        for (size_t pin = begin; pin < end; ++pin) row[pin] = block[pin - begin][c];
      }
    });
  });
}

void page_rank(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
               std::span<float> scores, const Execution& execution) {
  page_rank(graph, {one_each(queries), queries}, options, scores, execution);
}

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const PageRankBand& out, const Execution& execution) {
  check_queries(graph, queries, options, execution);
  if (queries.empty()) return;
  const std::vector<uint32_t> offsets = one_each(queries);
  ConjugateGradients solver(graph, options, execution);
  for_each_batch(queries, execution, [&](size_t first, std::span<const PinId> batch) {
    solver.solve({offsets, queries}, first, batch.size());
    rank_band(solver.scores(), batch, first, out, execution);
  });
}

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const MonteCarlo& monte_carlo, const PageRankBand& out, const Execution& execution) {
  check_queries(graph, queries, options, execution);
  if (monte_carlo.walks == 0) invalid_argument("walks", "must be at least 1");
  if (queries.empty()) return;
  BoardVisits visits(graph, options, monte_carlo, execution);
  for_each_batch(queries, execution, [&](size_t first, std::span<const PinId> batch) {
    rank_band(visits.run(batch), batch, first, out, execution);
  });
}

}  // namespace pinsage
