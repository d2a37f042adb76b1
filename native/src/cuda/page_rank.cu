#include <algorithm>

#include "cpu/graph/query_batches.hpp"
#include "cuda/band_selection.hpp"
#include "cuda/power_iteration.hpp"
#include "cuda/resident_graph.hpp"
#include "cuda/visit_scores.hpp"
#include "pinsage/cuda.hpp"

namespace pinsage::cuda {
namespace {

void check_call(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                const Execution& execution) {
  check_queries(graph, queries, options, execution);
  need_device();
}

template <class Scores>
void bands(Place& place, Scores& scores, const Graph& graph, std::span<const PinId> queries, const PageRankBand& out,
           const Execution& execution) {
  BandSelection selection(place, graph.pins(), out.from, out.to);
  for_each_batch(queries, execution, [&](size_t first, std::span<const PinId> pins) {
    const Queries batch(pins);
    const size_t place_in_out = first * (out.to - out.from);
    selection.run(batch, scores.run(batch), out.ids.data() + place_in_out, out.scores.data() + place_in_out,
                  out.counts.data() + first);
  });
}

}  // namespace

void page_rank(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
               std::span<float> scores, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (queries.empty()) return;
  const auto on_device = ResidentGraph::of(graph, execution);
  Place place;
  PowerIteration iteration(place, on_device->view(), on_device->totals(), options);
  const size_t pins = graph.pins();
  const auto rows = place.array<float>(pins * columns);
  for_each_batch(queries, execution, [&](size_t first, std::span<const PinId> batch) {
    const size_t size = pins * batch.size();
    place.for_each(size, TransposeScores{graph.pins(), iteration.run(Queries(batch)), rows.data()});
    place.copy_to_host(rows, scores.data() + first * pins, size);
  });
}

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const PageRankBand& out, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (queries.empty()) return;
  const auto on_device = ResidentGraph::of(graph, execution);
  Place place;
  PowerIteration scores(place, on_device->view(), on_device->totals(), options);
  bands(place, scores, graph, queries, out, execution);
}

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const MonteCarlo& monte_carlo, const PageRankBand& out, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (monte_carlo.walks == 0) invalid_argument("walks", "must be at least 1");
  if (queries.empty()) return;
  const auto on_device = ResidentGraph::of(graph, execution);
  Place place;
  VisitScores scores(place, on_device->view(), on_device->totals().board_inverses, options, monte_carlo);
  bands(place, scores, graph, queries, out, execution);
}

}  // namespace pinsage::cuda
