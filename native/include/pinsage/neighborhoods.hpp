#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pinsage/execution.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/types.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

/// Pairs of pins of which neither counts as the other's neighbour: a batch's own (query, item), so that a training pair
/// does not leak into its own neighbourhoods.
class ExcludedPairs {
 public:
  ExcludedPairs() = default;
  ExcludedPairs(std::span<const PinId> queries, std::span<const PinId> items);

  /// The pins that do not count for this one, in ascending order.
  std::span<const PinId> of(PinId pin) const;

  /// Pair by pair, ordered by owner and then by the other.
  std::span<const PinId> owners() const { return owners_; }
  std::span<const PinId> others() const { return others_; }

 private:
  std::vector<PinId> owners_;  // sorted, with repetitions
  std::vector<PinId> others_;
};

/// Where neighbourhoods go, row by row. Padding is the own pin with weight 0.
struct Neighborhoods {
  std::span<PinId> ids;        ///< [seeds, neighbors]
  std::span<float> weights;    ///< [seeds, neighbors]
  std::span<uint32_t> counts;  ///< [seeds] kept neighbours
  uint32_t neighbors = 50;
};

/// Importance neighbourhoods (PinSage §3.2): the `neighbors` pins other than itself that random walks from each seed
/// visit most, ties by smaller id, and their share of the kept visits. The result depends on `options`, never on the
/// number of threads.
void importance_neighborhoods(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& options,
                              const ExcludedPairs& excluded, const NewPins& new_pins, const Neighborhoods& out,
                              const Execution& execution);

}  // namespace pinsage
