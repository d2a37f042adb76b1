#include "cpu/graph/hop_tables.hpp"

#include <algorithm>

namespace pinsage {

namespace {

constexpr size_t rows_per_chunk = 1024;

/// Writes the row of each node to where `to(node)` says: for each of its edges what `place` makes of the other node,
/// whose row in `others` is asked for in time.
template <class To, class Place>
void fill_rows(const Rows& rows, const Rows& others, const Execution& execution, To&& to, Place&& place) {
  constexpr uint64_t ahead = 32;
  parallel_for(execution, rows.size(), rows_per_chunk, [&](size_t first, size_t last, int) {
    for (size_t i = first; i < last; ++i) {
      const auto node = static_cast<uint32_t>(i);
      const uint64_t begin = rows.offset(node), end = begin + rows.degree(node);
      RowPlace* entry = to(node);
      for (uint64_t edge = begin; edge < end; ++edge) {
        others.prefetch_row(rows.id(std::min(edge + ahead, rows.edges() - 1)));
        *entry++ = place(rows.id(edge));
      }
    }
  });
}

}  // namespace

HopTables::HopTables(const Graph& graph, const Execution& execution)
    : pins_(graph.pin_rows()), boards_(graph.edges() + graph.pins()), places_of_pins_(graph.edges()) {
  const Rows& board_rows = graph.board_rows();
  fill_rows(
      pins_, board_rows, execution,
      [&](PinId pin) {
        // A pin without edges has no name: nothing may overwrite another's.
        if (pins_.degree(pin) > 0) boards_[name(pin)] = {pin, 0};
        return boards_.data() + name(pin) + 1;
      },
      [&](BoardId board) {
        return RowPlace{static_cast<uint32_t>(board_rows.offset(board)), board_rows.degree(board)};
      });
  // The ids are memory that JavaScript can write to. Were one changed to that of a pin without edges, walks go here.
  PinId walkable = 0;
  while (walkable + 1 < graph.pins() && pins_.degree(walkable) == 0) ++walkable;
  fill_rows(
      board_rows, pins_, execution, [&](BoardId board) { return places_of_pins_.data() + board_rows.offset(board); },
      [&](PinId pin) { return row(pins_.degree(pin) > 0 ? pin : walkable); });
}

}  // namespace pinsage
