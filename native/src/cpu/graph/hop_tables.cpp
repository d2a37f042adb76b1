#include "cpu/graph/hop_tables.hpp"

namespace pinsage {

namespace {

constexpr size_t edges_per_chunk = size_t{1} << 16;
constexpr size_t pins_per_chunk = 4096;

/// places[i] = where the row of node rows.id(i) of `others` lies.
Array<RowPlace> places(const Rows& rows, const Rows& others, const Execution& execution) {
  constexpr size_t ahead = 32;
  Array<RowPlace> places(rows.edges());
  parallel_for(execution, places.size(), edges_per_chunk, [&](size_t begin, size_t end, int) {
    for (size_t edge = begin; edge < end; ++edge) {
      others.prefetch_row(rows.id(std::min(edge + ahead, end - 1)));
      const uint32_t node = rows.id(edge);
      places[edge] = {static_cast<uint32_t>(others.offset(node)), others.degree(node)};
    }
  });
  return places;
}

}  // namespace

HopTables::HopTables(const Graph& graph, const Execution& execution)
    : pins_(graph.pin_rows()),
      boards_(places(graph.pin_rows(), graph.board_rows(), execution)),
      places_of_pins_(places(graph.board_rows(), graph.pin_rows(), execution)),
      guides_((graph.edges() >> edges_per_guide_bits) + 1) {
  constexpr uint64_t apart = 1 << edges_per_guide_bits;
  parallel_for(execution, graph.pins(), pins_per_chunk, [&](size_t first, size_t last, int) {
    for (size_t i = first; i < last; ++i) {
      const auto pin = static_cast<PinId>(i);
      const uint64_t begin = pins_.offset(pin), end = begin + pins_.degree(pin);
      for (uint64_t edge = (begin + apart - 1) / apart * apart; edge < end; edge += apart) guides_[edge / apart] = pin;
    }
  });
}

void HopTables::resolve(std::span<uint32_t> first_edges) const {
  for (const uint32_t edge : first_edges) prefetch(&guides_[edge >> edges_per_guide_bits]);
  for (const uint32_t edge : first_edges) pins_.prefetch_row(guides_[edge >> edges_per_guide_bits]);
  for (uint32_t& edge : first_edges) {
    PinId pin = guides_[edge >> edges_per_guide_bits];
    while (first_edge(pin) != edge) ++pin;  // a pin without edges has none of these for its first
    edge = pin;
  }
}

}  // namespace pinsage
