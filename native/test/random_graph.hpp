#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "pinsage/csr.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/neighborhoods.hpp"

namespace pinsage::test {

/// A graph with skewed degrees, isolated pins, times from 0 to 99 and, sometimes, weights, of which most are small.
struct RandomGraph {
  RandomGraph(uint32_t seed, uint32_t pins, uint32_t boards, size_t edges, bool weighted,
              HopTablesUse use = HopTablesUse::automatic)
      : csr(build(seed, pins, boards, edges, weighted)),
        graph({csr.pin_offsets.span(), csr.pin_boards.span(), csr.pin_weights.span(), csr.times.span()},
              {csr.board_offsets.span(), csr.board_pins.span(), csr.board_weights.span()}, {}, use) {}

  static CsrArrays build(uint32_t seed, uint32_t pins, uint32_t boards, size_t edges, bool weighted) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform;
    std::vector<PinId> edge_pins(edges);
    std::vector<BoardId> edge_boards(edges);
    std::vector<float> weights(edges);
    std::vector<int64_t> times(edges);
    for (size_t i = 0; i < edges; ++i) {
      const double a = uniform(random), b = uniform(random);
      edge_pins[i] = static_cast<PinId>(a * a * 0.9 * pins);
      edge_boards[i] = static_cast<BoardId>(b * b * boards);
      weights[i] = uniform(random) < 0.1 ? 0 : static_cast<float>(std::pow(uniform(random), 4));
    }
    // Drawn apart, so that they do not change the rest.
    for (int64_t& time : times) time = static_cast<int64_t>(random() % 100);
    EdgeList list{edge_pins, edge_boards, {}, times, weighted, true};
    if (weighted) list.weights = weights;
    return build_csr(list, pins, boards, Duplicates::merge, {});
  }

  CsrArrays csr;
  Graph graph;
};

/// Memory for neighbourhoods.
struct NeighborhoodArrays {
  NeighborhoodArrays(size_t seeds, uint32_t neighbors)
      : ids(seeds * neighbors), weights(seeds * neighbors), counts(seeds), neighbors(neighbors) {}

  Neighborhoods view() { return {ids, weights, counts, neighbors}; }
  bool operator==(const NeighborhoodArrays&) const = default;

  std::vector<PinId> ids;
  std::vector<float> weights;
  std::vector<uint32_t> counts;
  uint32_t neighbors;
};

inline std::vector<PinId> all_pins(const Graph& graph) {
  std::vector<PinId> pins(graph.pins());
  for (PinId pin = 0; pin < graph.pins(); ++pin) pins[pin] = pin;
  return pins;
}

}  // namespace pinsage::test
