#pragma once

#include <array>
#include <numeric>
#include <vector>

#include "cpu/graph/hop_tables.hpp"
#include "cpu/graph/simd.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

/// Lockstep's walks on hop tables: the same walks in half of its reads, over all edges of an unweighted graph.
class DirectWalks {
 public:
  static constexpr size_t capacity = 1024;

  DirectWalks() {
    for (auto* column : {&start_, &walk_, &slot_, &begin_, &degree_, &start_begin_, &start_degree_}) {
      column->resize(capacity + simd::padding);
    }
    for (auto& column : words_) column.resize(capacity + simd::padding);
    edge_.resize(capacity);
  }

  /// Adds walks number first … last - 1 from a pin of the graph that has an edge, up to `capacity` in all.
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
  void clear() { size_ = 0; }

  /// Walks all of them to their ends. The name of each pin that a walk visits goes to *ends[its slot]++.
  void run(const HopTables& tables, const WalkOptions& options, uint32_t** ends, const Execution& execution) {
    const RowPlace *const boards = tables.boards(), *const pins = tables.pins();
    const uint64_t stop_below = options.stop_below();
    uint32_t* const words[4] = {words_[0].data(), words_[1].data(), words_[2].data(), words_[3].data()};
    for (uint32_t hop = 0; hop < options.hops && size_ > 0; ++hop) {
      execution.throw_if_cancelled();
      // In pieces: random numbers are drawn while the memory works on the reads of the piece before.
      for (size_t begin = 0; begin < size_; begin += piece) {
        const size_t end = std::min(begin + piece, size_);
        uint32_t* const drawn[4] = {words[0] + begin, words[1] + begin, words[2] + begin, words[3] + begin};
        simd::draw_words(options.seed, hop, options.stream, start_.data() + begin, walk_.data() + begin, end - begin,
                         drawn);
        for (size_t i = begin; i < end; ++i) {
          edge_[i] = begin_[i] + 1 + pick_uniform(words[0][i], degree_[i]);
          prefetch(boards + edge_[i]);
        }
      }
      for (size_t i = 0; i < size_; ++i) {
        const RowPlace board = boards[edge_[i]];
        edge_[i] = board.begin + pick_uniform(words[1][i], board.degree);
        prefetch(pins + edge_[i]);
      }
      for (size_t i = 0; i < size_; ++i) {
        const RowPlace pin = pins[edge_[i]];
        begin_[i] = pin.begin;
        degree_[i] = pin.degree;
        *ends[slot_[i]]++ = pin.begin;
      }
      if (hop + 1 < options.hops) end_or_restart(options, words[2], stop_below);
    }
    size_ = 0;
  }

 private:
  static constexpr size_t piece = 64;

  /// Between two hops: walks stop and leave, or go back to their starts.
  void end_or_restart(const WalkOptions& options, const uint32_t* stop_words, uint64_t stop_below) {
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

  size_t size_ = 0;
  std::vector<uint32_t> start_, walk_, slot_;         // of the walk
  std::vector<uint32_t> start_begin_, start_degree_;  // the row of its start
  std::vector<uint32_t> begin_, degree_;              // the row where it is
  std::array<std::vector<uint32_t>, 4> words_;        // of the hop
  std::vector<uint32_t> edge_;                        // of a pick
};

}  // namespace pinsage
