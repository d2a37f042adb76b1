#include "pinsage/batch.hpp"

#include <algorithm>

#include "cpu/graph/row_numbers.hpp"

namespace pinsage {

namespace {

/// The array with room for more behind what it has.
template <class T>
Array<T> extended(const Array<T>& array, size_t size) {
  Array<T> longer(size);
  std::copy_n(array.data(), array.size(), longer.data());
  return longer;
}

}  // namespace

Batch make_batch(const Graph& graph, std::span<const PinId> roots, const BatchOptions& options,
                 const ExcludedPairs& excluded, const NewPins& new_pins, std::span<const FeatureSource> sources,
                 const Execution& execution, const SampleNeighborhoods& sample) {
  new_pins.check(graph);
  check_pins(roots, uint64_t{graph.pins()} + new_pins.count(), "roots");
  // A row may serve several roots, and its neighbourhood is one for all of them.
  if (options.walks.before.size() > 1) invalid_argument("before", "must be one time for the whole batch");
  Batch batch;
  RowNumbers rows;
  rows.expect(roots.size());
  std::vector<uint32_t> root_rows(roots.begin(), roots.end());
  rows.number(root_rows);
  batch.root_rows = Array<int32_t>(roots.size());
  std::copy(root_rows.begin(), root_rows.end(), batch.root_rows.begin());
  batch.sizes.assign(1, static_cast<uint32_t>(rows.pins().size()));

  // Outwards from the roots: each round samples the neighbourhoods of the rows that the last one added.
  const size_t width = options.neighbors;
  size_t sampled = 0;
  for (uint32_t layer = 0; layer < options.layers; ++layer) {
    const std::vector<PinId> seeds(rows.pins().begin() + sampled, rows.pins().end());
    const size_t end = sampled + seeds.size();
    batch.neighbors = extended(batch.neighbors, end * width);
    batch.weights = extended(batch.weights, end * width);
    // The neighbours' ids are written where their rows will be.
    const std::span ids(reinterpret_cast<uint32_t*>(batch.neighbors.data()) + sampled * width, seeds.size() * width);
    std::vector<uint32_t> counts(seeds.size());
    execution.expect(static_cast<int64_t>(end) * options.passes);
    const Neighborhoods out{ids, batch.weights.span().subspan(sampled * width), counts, options.neighbors};
    if (sample) {
      sample(seeds, out);
    } else {
      importance_neighborhoods(graph, seeds, options.walks, excluded, new_pins, out, execution);
    }
    rows.expect(end + std::min<size_t>(ids.size() / 4, graph.pins()));
    for (size_t i = 0; i < seeds.size(); ++i) {
      if (i % 1024 == 0) execution.throw_if_cancelled();
      const auto own = ids.subspan(i * width, width);
      rows.number(own.first(counts[i]));
      std::fill(own.begin() + counts[i], own.end(), static_cast<uint32_t>(sampled + i));
    }
    sampled = end;
    batch.sizes.push_back(static_cast<uint32_t>(rows.pins().size()));
  }
  std::reverse(batch.sizes.begin(), batch.sizes.end());

  batch.pins = Array<PinId>(rows.pins().size());
  std::copy(rows.pins().begin(), rows.pins().end(), batch.pins.begin());
  for (const FeatureSource& source : sources) {
    batch.features.push_back(gather_feature(source, batch.pins.span(), graph.pins(), execution));
  }
  return batch;
}

}  // namespace pinsage
