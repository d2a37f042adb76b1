#pragma once

#include <array>
#include <numeric>
#include <vector>

#include "cpu/graph/hop_tables.hpp"
#include "cpu/graph/simd.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

/// Lockstep's walks on a hop table: the same walks in half of its reads or less, over all edges of the graph.
template <class Entry>
class DirectWalks {
 public:
  static constexpr size_t capacity = 1024;

  DirectWalks() {
    for (auto* column : {&start_, &walk_, &slot_, &begin_, &degree_, &start_begin_, &start_degree_}) {
      column->resize(capacity + simd::padding);
    }
    for (auto& column : words_) column.resize(capacity + simd::padding);
    edge_.resize(capacity);
    boards_.resize(capacity);
    searches_.resize(capacity);
  }

  /// Adds walks number first … last - 1 from a pin of the graph that has an edge to take, up to `capacity` in all.
  void add(PinId start, RowPlace row, uint32_t first, uint32_t last, uint32_t slot) {
    const size_t count = last - first;
    std::fill_n(start_.begin() + size_, count, start);
    std::fill_n(slot_.begin() + size_, count, slot);
    for (auto* column : {&begin_, &start_begin_}) std::fill_n(column->begin() + size_, count, row.begin);
    for (auto* column : {&degree_, &start_degree_}) std::fill_n(column->begin() + size_, count, row.degree);
    std::iota(walk_.begin() + size_, walk_.begin() + size_ + count, first);
    size_ += count;
  }
  /// Forgets walks that an aborted call left.
  void clear() { size_ = searched_ = 0; }

  /// Walks all of them to their ends. The name of each pin that a walk visits goes to *ends[its slot]++.
  void run(const HopTable<Entry>& table, const WalkOptions& options, uint32_t** ends, const Execution& execution) {
    const uint64_t stop_below = options.stop_below();
    for (uint32_t hop = 0; hop < options.hops && size_ > 0; ++hop) {
      execution.throw_if_cancelled();
      leave_pins(table, options, hop);
      leave_boards(table);
      arrive(table, ends);
      if (hop + 1 < options.hops) end_or_restart(options, stop_below);
    }
    size_ = 0;
  }

 private:
  /// edge_[i] = the entry by which walk i leaves its pin. In pieces: random numbers are drawn while the memory works on
  /// the reads of the piece before.
  void leave_pins(const HopTable<Entry>& table, const WalkOptions& options, uint32_t hop) {
    constexpr size_t piece = 64;
    for (size_t begin = 0; begin < size_; begin += piece) {
      const size_t end = std::min(begin + piece, size_);
      uint32_t* const words[4] = {words_[0].data() + begin, words_[1].data() + begin, words_[2].data() + begin,
                                  words_[3].data() + begin};
      simd::draw_words(options.seed, hop, options.stream, start_.data() + begin, walk_.data() + begin, end - begin,
                       words);
      for (size_t i = begin; i < end; ++i) {
        edge_[i] = begin_[i] + 1 + pick_uniform(words_[0][i], degree_[i]);
        prefetch(table.pin_entries() + edge_[i]);
      }
    }
  }

  /// edge_[i] = the entry by which walk i leaves the board that it came to.
  void leave_boards(const HopTable<Entry>& table) {
    const Entry* const entries = table.pin_entries();
    for (size_t i = 0; i < size_; ++i) {
      const RowPlace board = entries[edge_[i]].leads_to(words_[0][i]);
      if (Entry::weighted && board.degree == 0) [[unlikely]] {
        search(i, board.begin);
        table.prefetch_pin_edge(board.begin);
      } else {
        leave_board(table, i, board);
      }
    }
    for (size_t k = 0; k < searched_; ++k) {
      const auto [i, edge] = searches_[k];
      leave_board(table, i, table.board_row(table.search_pin_row({begin_[i], degree_[i]}, edge, words_[0][i])));
    }
    searched_ = 0;
  }

  void leave_board(const HopTable<Entry>& table, size_t i, RowPlace board) {
    if constexpr (Entry::weighted) boards_[i] = board;
    edge_[i] = board.begin + pick_uniform(words_[1][i], board.degree);
    prefetch(table.board_entries() + edge_[i]);
  }

  /// (begin_[i], degree_[i]) = the row of the pin that walk i comes to, a visit.
  void arrive(const HopTable<Entry>& table, uint32_t** ends) {
    const Entry* const entries = table.board_entries();
    for (size_t i = 0; i < size_; ++i) {
      const RowPlace pin = entries[edge_[i]].leads_to(words_[1][i]);
      if (Entry::weighted && pin.degree == 0) [[unlikely]] {
        search(i, pin.begin);
        table.prefetch_board_edge(pin.begin, boards_[i]);
      } else {
        visit(i, pin, ends);
      }
    }
    for (size_t k = 0; k < searched_; ++k) {
      auto& [i, at] = searches_[k];
      at = table.search_board_row(boards_[i], at, words_[1][i]);
      table.prefetch_pin_row(at);
    }
    for (size_t k = 0; k < searched_; ++k) visit(searches_[k].walk, table.pin_row(searches_[k].at), ends);
    searched_ = 0;
  }

  void visit(size_t i, RowPlace pin, uint32_t** ends) {
    begin_[i] = pin.begin;
    degree_[i] = pin.degree;
    *ends[slot_[i]]++ = pin.begin;
  }

  /// Puts a walk off whose entry does not name all edges that its word may pick.
  void search(size_t i, uint32_t edge) { searches_[searched_++] = {static_cast<uint32_t>(i), edge}; }

  /// Between two hops: walks stop and leave, or go back to their starts.
  void end_or_restart(const WalkOptions& options, uint64_t stop_below) {
    const uint32_t* const stop_words = words_[2].data();
    if (options.restart) {
      for (size_t i = 0; i < size_; ++i) {
        const bool stops = stop_words[i] < stop_below;
        begin_[i] = stops ? start_begin_[i] : begin_[i];
        degree_[i] = stops ? start_degree_[i] : degree_[i];
      }
    } else if (stop_below > UINT32_MAX) {
      size_ = 0;
    } else {
      uint32_t* const columns[] = {start_.data(), walk_.data(), slot_.data(), begin_.data(), degree_.data()};
      size_ = simd::keep_at_least(stop_words, static_cast<uint32_t>(stop_below), size_, columns, 5);
    }
  }

  struct Search {
    uint32_t walk;
    uint32_t at;  ///< the edge where to search, then the pin that was found
  };

  size_t size_ = 0;
  std::vector<uint32_t> start_, walk_, slot_;         // of the walk
  std::vector<uint32_t> start_begin_, start_degree_;  // the row of its start
  std::vector<uint32_t> begin_, degree_;              // the row of the pin where it is
  std::array<std::vector<uint32_t>, 4> words_;        // of the hop
  std::vector<uint32_t> edge_;                        // of a pick
  std::vector<RowPlace> boards_;                      // of a weighted hop
  std::vector<Search> searches_;                      // [searched_] walks that were put off
  size_t searched_ = 0;
};

}  // namespace pinsage
