#pragma once

#include <algorithm>
#include <memory>
#include <span>

#include "pinsage/array.hpp"
#include "pinsage/graph.hpp"

namespace pinsage {

/// Where a row lies: its first edge and its number of edges.
struct RowPlace {
  uint32_t begin;
  uint32_t degree;
};

/// The edges of an unweighted graph for walks that read memory twice a hop rather than four times: the entry of an edge
/// is not the id of the node that it leads to, with which a walk would have to look up that node's row, but the place
/// of the row itself. Its first edge also serves as a name of the node: it orders nodes as their ids do. Ids are looked
/// up only for what is kept of many visits.
class HopTables {
 public:
  /// Whether a graph can have them.
  static bool possible(const Graph& graph) { return !graph.weighted() && graph.edges() < nothing; }

  HopTables(const Graph& graph, const Execution& execution);

  RowPlace row(PinId pin) const { return {first_edge(pin), pins_.degree(pin)}; }
  /// The name of a pin. It has an edge.
  uint32_t first_edge(PinId pin) const { return static_cast<uint32_t>(pins_.offset(pin)); }
  /// Replaces names by pins.
  void resolve(std::span<uint32_t> first_edges) const;

  /// [edges] in the order of the pins' rows: the place of the board's row.
  const RowPlace* boards() const { return boards_.data(); }
  /// [edges] in the order of the boards' rows: the place of the pin's row.
  const RowPlace* pins() const { return places_of_pins_.data(); }

 private:
  static constexpr int edges_per_guide_bits = 4;

  const Rows& pins_;
  Array<RowPlace> boards_, places_of_pins_;
  Array<PinId> guides_;  ///< the pin of every 16th edge
};

}  // namespace pinsage
