#pragma once

#include <algorithm>
#include <cmath>

#include "pinsage/pagerank.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

/// The walks whose visits estimate PageRank.
inline WalkOptions visiting_walks(const PageRankOptions& options, const MonteCarlo& monte_carlo) {
  // Of ten thousand walks one may be cut short.
  const double hops = std::ceil(std::log(1e-4) / std::log1p(-options.alpha));
  WalkOptions walks;
  walks.hops = static_cast<uint32_t>(std::min(hops, double{WalkOptions::max_hops}));
  walks.stop = options.alpha;
  walks.seed = monte_carlo.seed;
  return walks;
}

/// What one of their visits to a board counts: alpha (1 - alpha) / walks.
inline double visit_factor(const PageRankOptions& options, const MonteCarlo& monte_carlo) {
  return options.alpha * (1 - options.alpha) / monte_carlo.walks;
}

}  // namespace pinsage
