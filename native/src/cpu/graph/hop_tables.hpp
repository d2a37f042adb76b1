#pragma once

#include <span>

#include "pinsage/array.hpp"
#include "pinsage/graph.hpp"

namespace pinsage {

/// Where a row lies: a place in a table and its number of edges.
struct RowPlace {
  uint32_t begin;
  uint32_t degree;
};

/// The edges of an unweighted graph for walks that read memory twice a hop rather than four times: the entry of an edge
/// is not the id of the node that it leads to, with which a walk would have to look up that node's row, but the place
/// of the row itself. The place of a pin's row also serves as the pin's name: it orders pins as their ids do. Ids are
/// looked up only for what is kept of many visits.
class HopTables {
 public:
  /// Whether a graph can have them: places are 32 bits.
  static bool possible(const Graph& graph) { return !graph.weighted() && graph.edges() + graph.pins() < nothing; }

  HopTables(const Graph& graph, const Execution& execution);

  /// The row of a pin that has edges.
  RowPlace row(PinId pin) const { return {name(pin), pins_.degree(pin)}; }
  uint32_t name(PinId pin) const { return static_cast<uint32_t>(pins_.offset(pin)) + pin; }
  PinId pin(uint32_t name) const { return boards_[name].begin; }
  void prefetch_pin(uint32_t name) const { prefetch(boards_.data() + name); }

  /// [edges + pins], pin by pin: {pin, 0}, then for each of its edges the place of the board's row.
  const RowPlace* boards() const { return boards_.data(); }
  /// [edges], board by board: for each of its edges the place of the pin's row.
  const RowPlace* pins() const { return places_of_pins_.data(); }

 private:
  const Rows& pins_;
  Array<RowPlace> boards_, places_of_pins_;
};

}  // namespace pinsage
