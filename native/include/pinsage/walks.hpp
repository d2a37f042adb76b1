#pragma once

#include <cstdint>
#include <span>

#include "pinsage/execution.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// Random walks pin → board → pin. A walk makes its first hop always, and before each later one stops with probability
/// `stop` (or, with `restart`, jumps back to its start), up to `hops` hops.
struct WalkOptions {
  uint32_t walks = 100;  ///< per start pin
  uint32_t hops = 3;     ///< at most; 1 to max_hops
  double stop = 0.5;
  bool restart = false;
  uint64_t seed = 0;
  uint32_t stream = 0;  ///< separates layers, epochs and uses that share a seed
  uint32_t folds = 0;   ///< 0: walks may take every edge; else edges of `fold` are held out
  uint32_t fold = 0;
  /// Walks of seed i only cross edges that are earlier than before[i], or than before[0] where there is one for all;
  /// empty: edges of any time.
  std::span<const int64_t> before = {};

  static constexpr uint32_t max_hops = 65535;
  /// walks · hops per pin: what one thread holds in memory at most.
  static constexpr uint64_t max_visits = 1 << 24;

  void check() const;
  /// And that `before` suits a graph and this many seeds.
  void check(const Graph& graph, size_t seeds) const;
  /// The limit of seed i.
  int64_t before_of(size_t i) const { return before.empty() ? no_limit : before[before.size() == 1 ? 0 : i]; }
  static constexpr int64_t no_limit = INT64_MAX;
  /// A walk ends after a hop whose third random word lies below this.
  uint64_t stop_below() const;
};

/// Throws INVALID_ARGUMENT unless every pin lies below `count`.
void check_pins(std::span<const PinId> pins, uint64_t count, const char* argument);

/// Pins outside the graph that walks may start from: pin `graph.pins() + i` has the boards [offsets[i], offsets[i +
/// 1]).
struct NewPins {
  std::span<const uint32_t> offsets;  ///< [count + 1], or empty for none
  std::span<const BoardId> boards;

  uint32_t count() const { return offsets.empty() ? 0 : static_cast<uint32_t>(offsets.size() - 1); }
  void check(const Graph& graph) const;
};

/// The pins that walks visit: out[seed][walk][hop], `nothing` once a walk has ended. out has seeds · walks · hops
/// elements.
void walk(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& options, std::span<PinId> out,
          const Execution& execution);

}  // namespace pinsage
