#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "pinsage/array.hpp"
#include "pinsage/execution.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// What to recommend for: pins and how much each matters. A pin that is there twice counts with both of its weights.
struct RecommendQuery {
  std::span<const PinId> pins;
  std::span<const float> weights;  ///< [pins], 0 or more, or empty for ones
};

/// When a query pin's walks end early: as soon as `pins` pins have `visits` visits each.
struct EarlyStop {
  uint32_t pins = 2000;
  uint32_t visits = 4;
};

struct RecommendOptions {
  uint32_t steps = 100'000;  ///< hops of all query pins together, 1 to max_steps
  uint32_t hops = 10;        ///< of one walk
  double restart = 0.5;      ///< probability to jump back to the query pin before each hop but the first
  uint32_t top = 100;        ///< recommended pins at most
  bool multi_hit = true;     ///< boost pins that several query pins reach
  uint64_t seed = 0;
  std::optional<EarlyStop> early_stop;
  std::span<const float> boosts;   ///< [pins of the graph] a factor of each score, or empty
  std::span<const PinId> exclude;  ///< never recommended, as the query's own pins

  static constexpr uint32_t max_steps = 1 << 24;
  /// Walks of a query pin between two looks at whether to stop early.
  static constexpr uint32_t walks_per_round = 1024;

  void check(const Graph& graph) const;
};

/// Recommended pins, best first, ties by smaller id.
struct Recommendations {
  Array<PinId> ids;
  Array<float> scores;
  Array<uint32_t> counts;  ///< visits by the walks of all query pins
  uint64_t steps = 0;      ///< hops that were made
};

/// Pixie (Eksombatchai et al., "Pixie: A System for Recommending 3+ Billion Items to 200+ Million Users in Real-Time",
/// WWW 2018): walks with restarts from each query pin, as many as its weight and degree deserve, and the pins that they
/// visit most. The score of a pin is (Σ over query pins of √visits)², or the plain sum without `multi_hit`, times its
/// boost; a pin whose boost is not above 0 is left out.
Recommendations recommend(const Graph& graph, const RecommendQuery& query, const RecommendOptions& options,
                          const Execution& execution);

}  // namespace pinsage
