#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pinsage/array.hpp"
#include "pinsage/execution.hpp"
#include "pinsage/gather.hpp"
#include "pinsage/neighborhoods.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

struct BatchOptions {
  WalkOptions walks;  ///< of `before`, one time for all roots
  uint32_t neighbors = 50;
  uint32_t layers = 2;
  uint32_t passes = 1;  ///< how often sampling goes through the seeds, for progress
};

/// One minibatch, re-indexed to rows: the unique roots in order of first appearance, then their new neighbours, then
/// theirs, … Layer k = 1 … layers computes rows [0, sizes[k]) from rows [0, sizes[k - 1]); sizes[layers] is the number
/// of unique roots.
struct Batch {
  Array<PinId> pins;         ///< [sizes[0]] the pin of each row
  Array<int32_t> root_rows;  ///< [roots]
  std::vector<uint32_t> sizes;
  Array<int32_t> neighbors;               ///< [sizes[1], options.neighbors] rows; padding is the own row
  Array<float> weights;                   ///< [sizes[1], options.neighbors]; padding is 0
  std::vector<GatheredFeature> features;  ///< of all rows
};

/// Fills a row of importance_neighborhoods for each seed.
using SampleNeighborhoods = std::function<void(std::span<const PinId> seeds, const Neighborhoods& out)>;

/// Samples the neighbourhoods that `layers` convolutions over the roots need, and gathers their features. N(u) is the
/// same in every layer, as in the paper. `sample` may say where the walks run, with the same results; there are no new
/// pins then.
Batch make_batch(const Graph& graph, std::span<const PinId> roots, const BatchOptions& options,
                 const ExcludedPairs& excluded, const NewPins& new_pins, std::span<const FeatureSource> sources,
                 const Execution& execution, const SampleNeighborhoods& sample = {});

}  // namespace pinsage
