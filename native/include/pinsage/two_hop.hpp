#pragma once

#include <span>

#include "pinsage/execution.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/search.hpp"

namespace pinsage {

/// Weights of the nodes on the way from a query's pins over their boards to other pins.
struct TwoHopWeights {
  std::span<const float> starts;  ///< [pins] u
  std::span<const float> boards;  ///< [boards] w
  std::span<const float> ends;    ///< [pins] v
};

/// scores[query][p] = v_p Σ_{b ∋ p} y_b,  y_b = w_b Σ_{q ∈ Q ∩ b} u_q. ItemKNN, nearest boards and RP3beta are choices
/// of the weights. The edges' own weights are not looked at.
void two_hop_scores(const Graph& graph, const CandidateLists& queries, const TwoHopWeights& weights,
                    std::span<float> scores, const Execution& execution);

}  // namespace pinsage
