#pragma once

#include <array>
#include <memory>
#include <variant>

#include "pinsage/array.hpp"
#include "pinsage/graph.hpp"

namespace pinsage {

/// Where a row lies: its first entry and how many it has, one for each edge.
struct RowPlace {
  uint32_t begin;
  uint32_t degree;
};

/// An edge of an unweighted row: the place of the row it leads to.
struct EdgeEntry {
  static constexpr bool weighted = false;
  RowPlace row;

  RowPlace leads_to(uint32_t) const { return row; }
};

/// A weighted row is cut into as many equal parts as it has edges. The entry of a part: the edges that its words pick,
/// as far as there are three, and the last words that pick the first and the second. Where there are more than three,
/// rows[2] is {the third edge, 0}, from where HopTable searches on.
struct alignas(32) PartEntry {
  static constexpr bool weighted = true;
  std::array<RowPlace, 3> rows;
  std::array<uint32_t, 2> last_words;

  RowPlace leads_to(uint32_t word) const { return rows[(word > last_words[0]) + (word > last_words[1])]; }
};

/// The edges of a graph for walks that read memory twice a hop rather than four times and more: an entry does not hold
/// the id of the node that it leads to, with which a walk would have to look up that node's row, but the place of the
/// row itself. The place of a pin's row also serves as the pin's name: it orders pins as their ids do. Ids are looked
/// up only for what is kept of many visits.
template <class Entry>
class HopTable {
 public:
  HopTable(const Graph& graph, const Execution& execution);

  /// The row of a pin that has edges.
  RowPlace row(PinId pin) const { return {name(pin), pin_rows_.degree(pin)}; }
  uint32_t name(PinId pin) const { return static_cast<uint32_t>(pin_rows_.offset(pin)) + pin; }
  PinId pin(uint32_t name) const { return pin_entries_[name].leads_to(0).begin; }
  void prefetch_pin(uint32_t name) const { prefetch(pin_entries_.data() + name); }

  /// [edges + pins], pin by pin: one that leads to {pin, 0}, then the entries of the pin's row.
  const Entry* pin_entries() const { return pin_entries_.data(); }
  /// [edges], board by board: the entries of the board's row.
  const Entry* board_entries() const { return board_entries_.data(); }

  // Where an entry does not name all edges that its words pick: the board (pin) that a word picks in the weighted row
  // of a pin (board), at `edge` or behind it.
  BoardId search_pin_row(RowPlace row, uint64_t edge, uint32_t word) const;
  PinId search_board_row(RowPlace row, uint64_t edge, uint32_t word) const;
  void prefetch_pin_edge(uint64_t edge) const { pin_rows_.prefetch_weighted_edge(edge); }
  void prefetch_board_edge(uint64_t edge, RowPlace row) const {
    board_rows_.prefetch_weighted_edge(edge);
    board_rows_.prefetch_weighted_edge(uint64_t{row.begin} + row.degree - 1);
  }
  void prefetch_pin_row(PinId pin) const { pin_rows_.prefetch_row(pin); }
  RowPlace board_row(BoardId board) const;
  RowPlace pin_row(PinId pin) const;

 private:
  void fill_row(const Rows& rows, uint32_t node, Entry* entries, auto&& place) const;

  const Rows &pin_rows_, &board_rows_;
  PinId first_with_edges_ = 0;
  Array<Entry> pin_entries_, board_entries_;
};

struct HopTables {
  std::variant<HopTable<EdgeEntry>, HopTable<PartEntry>> table;
};

std::unique_ptr<const HopTables> make_hop_tables(const Graph& graph, const Execution& execution);

/// Whether a graph can have them: places are 32 bits, and they should not take more than a quarter of the memory.
bool hop_tables_fit(const Graph& graph);

}  // namespace pinsage
