#pragma once

#include <array>
#include <numeric>
#include <vector>

#include "cpu/graph/simd.hpp"
#include "cpu/graph/walker.hpp"

/// Many random walks at once, hop by hop.
///
/// A walk alone waits for memory four times a hop: for the pin's row, an entry of it, the board's row, an entry of
/// that. Here up to 1024 walks take each of these steps together: while one loop computes the addresses and prefetches
/// them, the reads of the loop before it arrive.
namespace pinsage {

class Lockstep {
 public:
  static constexpr size_t capacity = 1024;

  Lockstep() {
    for (auto* column :
         {&start_, &walk_, &slot_, &pin_, &board_, &going_, &draws_, &pending_, &nodes_, &redrawn_, &picked_}) {
      column->resize(capacity + simd::padding);
    }
    for (auto& column : words_) column.resize(capacity + simd::padding);
    edge_.resize(capacity);
  }

  /// Adds walks number first … last - 1 from a pin of the graph that has an edge to take, up to `capacity` in all.
  void add(PinId start, uint32_t first, uint32_t last, uint32_t slot) {
    const size_t count = last - first;
    std::fill_n(start_.begin() + size_, count, start);
    std::fill_n(pin_.begin() + size_, count, start);
    std::fill_n(slot_.begin() + size_, count, slot);
    std::iota(walk_.begin() + size_, walk_.begin() + size_ + count, first);
    size_ += count;
  }
  /// Forgets walks that an aborted call left.
  void clear() { size_ = 0; }

  enum class Visits { pins, boards };

  /// Walks all of them to their ends. Each pin (or board) that a walk visits goes to *ends[its slot]++. Edges are
  /// crossed as `crossing` allows; where that is timed, before[slot] is a slot's limit.
  template <bool timed>
  void run(const Graph& graph, const WalkOptions& options, const Crossing<timed>& crossing, const int64_t* before,
           uint32_t** ends, const Execution& execution, Visits visits = Visits::pins) {
    visited_ = visits == Visits::pins ? pin_.data() : board_.data();
    before_ = before;
    const Crossing<false> everywhere;
    if (graph.weighted()) {
      crossing.forbids_any() ? walk<true, true>(graph, options, crossing, ends, execution)
                             : walk<true, false>(graph, options, everywhere, ends, execution);
    } else {
      crossing.forbids_any() ? walk<false, true>(graph, options, crossing, ends, execution)
                             : walk<false, false>(graph, options, everywhere, ends, execution);
    }
    size_ = 0;
  }
  /// Over all edges.
  void run(const Graph& graph, const WalkOptions& options, uint32_t** ends, const Execution& execution,
           Visits visits = Visits::pins) {
    run(graph, options, Crossing<false>(), nullptr, ends, execution, visits);
  }

 private:
  template <bool weighted, bool forbidding, bool timed>
  void walk(const Graph& graph, const WalkOptions& options, const Crossing<timed>& crossing, uint32_t** ends,
            const Execution& execution) {
    const uint64_t stop_below = options.stop_below();
    // With weights or forbidden edges a walk may end inside a hop: going_[i] is then 0.
    constexpr bool may_end = weighted || forbidding;
    for (uint32_t hop = 0; hop < options.hops && size_ > 0; ++hop) {
      execution.throw_if_cancelled();
      uint32_t* const words[4] = {words_[0].data(), words_[1].data(), words_[2].data(), words_[3].data()};
      simd::draw_words(options.seed, hop, options.stream, start_.data(), walk_.data(), size_, words);
      if constexpr (may_end) std::fill_n(going_.begin(), size_, 1);
      if constexpr (forbidding) std::fill_n(draws_.begin(), size_, 0);

      const Side<timed> from_pins{graph.pin_rows(), crossing.times.of_pins};
      const Side<timed> from_boards{graph.board_rows(), crossing.times.of_boards};
      pick<weighted>(from_pins, pin_.data(), words[0], size_, board_.data(), going_.data());
      if constexpr (forbidding) {
        redraw<weighted>(from_pins, pin_, board_, hop, options, [&](size_t i, BoardId board, uint64_t edge) {
          return crossing.from_pin(pin_[i], board, edge, limit<timed>(i));
        });
      }
      for (size_t i = 0; i < size_; ++i) graph.board_rows().prefetch_row(board_[i]);
      pick<weighted>(from_boards, board_.data(), words[1], size_, pin_.data(), going_.data());
      if constexpr (forbidding) {
        redraw<weighted>(from_boards, board_, pin_, hop, options, [&](size_t i, PinId pin, uint64_t edge) {
          return crossing.from_board(pin, board_[i], edge, limit<timed>(i));
        });
      }
      for (size_t i = 0; i < size_; ++i) {
        uint32_t*& end = ends[slot_[i]];
        *end = visited_[i];
        end += may_end ? going_[i] : 1;
      }
      if (hop + 1 == options.hops) break;

      end_or_restart<may_end>(options, words[2], stop_below);
      for (size_t i = 0; i < size_; ++i) graph.pin_rows().prefetch_row(pin_[i]);
    }
  }

  /// The rows that a hop's half leaves, and when their edges came to be.
  template <bool timed>
  struct Side {
    const Rows& rows;
    const int64_t* times;
  };

  template <bool timed>
  int64_t limit(size_t i) const {
    if constexpr (timed) return before_[slot_[i]];
    return WalkOptions::no_limit;
  }

  /// ids[i] = the neighbour of nodes[i] that words[i] picks. going[i] = 0 where a weighted row has nothing to pick.
  /// With times, edge_[i] = the edge that was picked.
  template <bool weighted, bool timed>
  void pick(const Side<timed>& side, const uint32_t* nodes, const uint32_t* words, size_t count, uint32_t* ids,
            uint32_t* going) {
    const Rows& rows = side.rows;
    for (size_t i = 0; i < count; ++i) {
      const uint64_t edge = rows.offset(nodes[i]) + pick_uniform(words[i], rows.degree(nodes[i]));
      edge_[i] = edge;
      weighted ? rows.prefetch_guide(edge) : rows.prefetch_id(edge);
      if constexpr (timed && !weighted) prefetch(side.times + edge);
    }
    if constexpr (weighted) {
      for (size_t i = 0; i < count; ++i) {
        edge_[i] = rows.offset(nodes[i]) + rows.guide(edge_[i]);
        rows.prefetch_weighted_edge(edge_[i]);
        if constexpr (timed) prefetch(side.times + edge_[i]);
      }
      for (size_t i = 0; i < count; ++i) {
        const float total = rows.total(nodes[i]);
        if (total == 0) {
          going[i] = ids[i] = 0;
          continue;
        }
        const double point = weighted_point(words[i], total);
        uint64_t edge = edge_[i];
        while (rows.weighted_edge(edge).prefix <= point) ++edge;
        ids[i] = rows.weighted_edge(edge).id;
        if constexpr (timed) edge_[i] = edge;
      }
    } else {
      for (size_t i = 0; i < count; ++i) ids[i] = rows.id(edge_[i]);
    }
  }

  /// Draws again, up to 8 times, what forbidden edges were picked for; walks that still have one end.
  template <bool weighted, bool timed, class Allowed>
  void redraw(const Side<timed>& side, const std::vector<uint32_t>& nodes, std::vector<uint32_t>& ids, uint32_t hop,
              const WalkOptions& options, Allowed&& is_allowed) {
    size_t pending = 0;
    for (size_t i = 0; i < size_; ++i) {
      pending_[pending] = static_cast<uint32_t>(i);
      pending += going_[i] && !is_allowed(i, ids[i], edge_[i]);
    }
    for (int redraws = 0; redraws < max_redraws && pending > 0; ++redraws) {
      for (size_t j = 0; j < pending; ++j) {
        const uint32_t i = pending_[j];
        nodes_[j] = nodes[i];
        redrawn_[j] = spare_word(options.seed, {start_[i], walk_[i], hop, options.stream}, words_[3][i], draws_[i]++);
      }
      pick<weighted>(side, nodes_.data(), redrawn_.data(), pending, picked_.data(), going_.data());
      size_t left = 0;
      for (size_t j = 0; j < pending; ++j) {
        const uint32_t i = pending_[j];
        ids[i] = picked_[j];
        pending_[left] = i;
        left += !is_allowed(i, ids[i], edge_[j]);
      }
      pending = left;
    }
    for (size_t j = 0; j < pending; ++j) going_[pending_[j]] = 0;
  }

  /// Between two hops: walks stop and leave, or go back to their starts.
  template <bool may_end>
  void end_or_restart(const WalkOptions& options, const uint32_t* stop_words, uint64_t stop_below) {
    uint32_t* const columns[] = {start_.data(), walk_.data(), slot_.data(), pin_.data()};
    if (options.restart) {
      for (size_t i = 0; i < size_; ++i) pin_[i] = stop_words[i] < stop_below ? start_[i] : pin_[i];
      if constexpr (may_end) size_ = simd::keep_at_least(going_.data(), 1, size_, columns, 4);
    } else if constexpr (may_end) {
      for (size_t i = 0; i < size_; ++i) going_[i] &= stop_words[i] >= stop_below;
      size_ = simd::keep_at_least(going_.data(), 1, size_, columns, 4);
    } else if (stop_below > 0xffffffff) {
      size_ = 0;
    } else {
      size_ = simd::keep_at_least(stop_words, static_cast<uint32_t>(stop_below), size_, columns, 4);
    }
  }

  size_t size_ = 0;
  const uint32_t* visited_ = nullptr;
  const int64_t* before_ = nullptr;
  std::vector<uint32_t> start_, walk_, slot_;                 // of the walk
  std::vector<uint32_t> pin_, board_;                         // where it is
  std::vector<uint32_t> going_, draws_;                       // of the hop
  std::array<std::vector<uint32_t>, 4> words_;                // of the hop
  std::vector<uint64_t> edge_;                                // of a pick
  std::vector<uint32_t> pending_, nodes_, redrawn_, picked_;  // of a redraw
};

}  // namespace pinsage
