#include "cpu/graph/hop_tables.hpp"

#include <algorithm>
#include <vector>

#include "pinsage/info.hpp"

namespace pinsage {

namespace {

constexpr size_t rows_per_chunk = 1024;

/// The last word whose point lies below `prefix`, or -1.
int64_t last_word_below(float prefix, float total) {
  const auto below = [&](int64_t word) { return weighted_point(static_cast<uint32_t>(word), total) < prefix; };
  int64_t word = std::clamp(static_cast<int64_t>(double{prefix} / total * 0x1p32), int64_t{0}, int64_t{UINT32_MAX});
  while (word >= 0 && !below(word)) --word;
  while (word < UINT32_MAX && below(word + 1)) ++word;
  return word;
}

/// The entries of a weighted row that has a total, where place(id) is the place of another node's row.
void fill_parts(const Rows& rows, uint32_t node, PartEntry* entries, auto&& place) {
  const uint64_t begin = rows.offset(node);
  const uint32_t degree = rows.degree(node);
  thread_local std::vector<int64_t> last_words;  // that pick an edge or one before it
  last_words.resize(degree);
  for (uint32_t k = 0; k < degree; ++k) {
    last_words[k] = last_word_below(rows.weighted_edge(begin + k).prefix, rows.total(node));
  }
  const auto place_of = [&](uint32_t k) { return place(rows.weighted_edge(begin + k).id); };
  for (uint32_t part = 0; part < degree; ++part) {
    const uint64_t end_of_part = (((uint64_t{part} + 1) << 32) + degree - 1) / degree;
    const auto last_of_part = static_cast<int64_t>(end_of_part) - 1;
    uint32_t k = rows.guide(begin + part);
    PartEntry& entry = entries[part];
    entry.rows.fill(place_of(k));
    entry.last_words.fill(UINT32_MAX);
    for (int row = 1; last_words[k] < last_of_part; ++row) {
      if (row == 3) {
        entry.rows[2] = {static_cast<uint32_t>(begin + k), 0};
        break;
      }
      entry.last_words[row - 1] = static_cast<uint32_t>(last_words[k]);
      for (const int64_t covered = last_words[k]; last_words[k] <= covered;) ++k;
      entry.rows[row] = place_of(k);
    }
  }
}

}  // namespace

bool hop_tables_fit(const Graph& graph) {
  const uint64_t entries = 2 * graph.edges() + graph.pins();
  const uint64_t bytes = entries * (graph.weighted() ? sizeof(PartEntry) : sizeof(EdgeEntry));
  return graph.edges() > 0 && graph.edges() + graph.pins() < nothing && bytes <= usable_memory() / 4;
}

template <class Entry>
RowPlace HopTable<Entry>::board_row(BoardId board) const {
  return {static_cast<uint32_t>(board_rows_.offset(board)), board_rows_.degree(board)};
}

template <class Entry>
RowPlace HopTable<Entry>::pin_row(PinId pin) const {
  // The ids are memory that JavaScript can write to. Were one changed to that of a pin without edges, walks go here.
  return row(pin_rows_.degree(pin) > 0 ? pin : first_with_edges_);
}

template <class Entry>
void HopTable<Entry>::fill_row(const Rows& rows, uint32_t node, Entry* entries, auto&& place) const {
  const uint32_t degree = rows.degree(node);
  if constexpr (!Entry::weighted) {
    for (uint32_t k = 0; k < degree; ++k) entries[k] = {place(rows.id(rows.offset(node) + k))};
  } else if (rows.total(node) > 0) {
    fill_parts(rows, node, entries, place);
  } else {  // no walk comes here
    const RowPlace anywhere = place(0);
    std::fill_n(entries, degree, Entry{{anywhere, anywhere, anywhere}, {UINT32_MAX, UINT32_MAX}});
  }
}

template <class Entry>
HopTable<Entry>::HopTable(const Graph& graph, const Execution& execution)
    : pin_rows_(graph.pin_rows()),
      board_rows_(graph.board_rows()),
      pin_entries_(graph.edges() + graph.pins()),
      board_entries_(graph.edges()) {
  while (pin_rows_.degree(first_with_edges_) == 0) ++first_with_edges_;
  const auto prefetch_others = [](const Rows& rows, uint64_t begin, uint64_t end, const Rows& others) {
    for (uint64_t edge = begin; edge < end; ++edge) others.prefetch_row(rows.id(edge));
  };
  const auto for_each_row = [&](const Rows& rows, const Rows& others, auto&& fill) {
    parallel_for(execution, rows.size(), rows_per_chunk, [&](size_t first, size_t last, int) {
      for (size_t i = first; i < last; ++i) {
        const auto node = static_cast<uint32_t>(i);
        const uint64_t end = rows.offset(node) + rows.degree(node);
        // What the next rows will look up.
        if (rows.degree(node) > 0) prefetch_others(rows, end, std::min(end + rows.degree(node), rows.edges()), others);
        fill(node);
      }
    });
  };
  for_each_row(pin_rows_, board_rows_, [&](PinId pin) {
    // A pin without edges has no name: nothing may overwrite another's.
    if (pin_rows_.degree(pin) == 0) return;
    Entry* entries = pin_entries_.data() + name(pin);
    if constexpr (Entry::weighted) {
      *entries = {{RowPlace{pin, 0}}, {UINT32_MAX, UINT32_MAX}};
    } else {
      *entries = {{pin, 0}};
    }
    fill_row(pin_rows_, pin, entries + 1, [&](BoardId board) { return board_row(board); });
  });
  for_each_row(board_rows_, pin_rows_, [&](BoardId board) {
    fill_row(board_rows_, board, board_entries_.data() + board_rows_.offset(board),
             [&](PinId pin) { return pin_row(pin); });
  });
}

namespace {

uint32_t search(const Rows& rows, uint64_t begin, uint32_t degree, uint64_t edge, uint32_t word) {
  const uint64_t last = begin + degree - 1;
  const double point = weighted_point(word, rows.weighted_edge(last).prefix);
  while (edge < last && rows.weighted_edge(edge).prefix <= point) ++edge;
  return rows.weighted_edge(edge).id;
}

}  // namespace

template <class Entry>
BoardId HopTable<Entry>::search_pin_row(RowPlace row, uint64_t edge, uint32_t word) const {
  return search(pin_rows_, row.begin - pin(row.begin), row.degree, edge, word);
}

template <class Entry>
PinId HopTable<Entry>::search_board_row(RowPlace row, uint64_t edge, uint32_t word) const {
  return search(board_rows_, row.begin, row.degree, edge, word);
}

std::unique_ptr<const HopTables> make_hop_tables(const Graph& graph, const Execution& execution) {
  if (graph.weighted()) return std::make_unique<HopTables>(HopTable<PartEntry>(graph, execution));
  return std::make_unique<HopTables>(HopTable<EdgeEntry>(graph, execution));
}

template class HopTable<EdgeEntry>;
template class HopTable<PartEntry>;

}  // namespace pinsage
