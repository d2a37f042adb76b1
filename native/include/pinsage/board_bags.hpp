#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pinsage/array.hpp"
#include "pinsage/execution.hpp"
#include "pinsage/gather.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/types.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

struct BoardBagOptions {
  std::span<const float> weights;  ///< [boards] what a board counts for, such as its inverse document frequency
  uint32_t folds = 0;              ///< 0: all edges; else those of `fold` are held out
  uint32_t fold = 0;
  std::optional<int64_t> before;  ///< only edges that are earlier; those of new pins have no time
};

/// The boards of n pins, re-indexed: pin i is on the boards `boards[rows[k]]`, k from offsets[i] to offsets[i + 1].
struct BoardBags {
  Array<BoardId> boards;   ///< [m] each once, in order of first appearance
  Array<int32_t> offsets;  ///< [n + 1]
  Array<int32_t> rows;
  Array<float> weights;  ///< the boards' weights, scaled so that a pin's squares sum to 1; 0 where all of them are 0
  std::vector<GatheredFeature> features;  ///< of the m boards
};

/// The first half of a hop, for a model that reads what a pin's boards are: edges that are held out or too late are
/// left out.
BoardBags make_board_bags(const Graph& graph, std::span<const PinId> pins, const BoardBagOptions& options,
                          const NewPins& new_pins, std::span<const FeatureSource> sources, const Execution& execution);

}  // namespace pinsage
