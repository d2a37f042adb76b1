#include "cpu/graph/components.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <utility>

#include "cpu/graph/columns.hpp"

namespace pinsage {

namespace {

/// Trees of boards. A parent is always a smaller board, so every way up ends.
class Forest {
 public:
  explicit Forest(size_t boards) : parents_(boards) { std::iota(parents_.begin(), parents_.end(), 0); }

  BoardId root(BoardId board) {
    while (true) {
      const BoardId up = parent(board), higher = parent(up);
      if (higher == up) return up;
      // Halves the way. Whoever else writes here writes an ancestor too.
      slot(board).store(higher, std::memory_order_relaxed);
      board = higher;
    }
  }

  /// Joins the trees of two boards; returns the root of both.
  BoardId join(BoardId a, BoardId b) {
    if (parent(b) == a) return a;
    while (true) {
      a = root(a);
      b = root(b);
      if (a == b) return a;
      if (a < b) std::swap(a, b);
      BoardId still = a;
      if (slot(a).compare_exchange_strong(still, b, std::memory_order_relaxed)) return b;
    }
  }

  /// Lets every board point to its root.
  Array<BoardId> flatten(const Execution& execution) && {
    parallel_for(execution, parents_.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      for (auto board = static_cast<BoardId>(begin); board < end; ++board) {
        slot(board).store(root(board), std::memory_order_relaxed);
      }
    });
    return std::move(parents_);
  }

 private:
  std::atomic_ref<BoardId> slot(BoardId board) { return std::atomic_ref(parents_[board]); }
  BoardId parent(BoardId board) { return slot(board).load(std::memory_order_relaxed); }

  Array<BoardId> parents_;
};

}  // namespace

Components make_components(const Graph& graph, const Execution& execution) {
  Forest forest(graph.boards());
  const Rows& rows = graph.pin_rows();
  parallel_for(execution, rows.size(), rows_per_block, [&](size_t begin, size_t end, int) {
    for (auto pin = static_cast<PinId>(begin); pin < end; ++pin) {
      BoardId tree = nothing;
      for (uint64_t edge = rows.offset(pin), last = edge + rows.degree(pin); edge < last; ++edge) {
        if (rows.weighted() && rows.csr().weights[edge] == 0) continue;
        tree = tree == nothing ? forest.root(rows.id(edge)) : forest.join(tree, rows.id(edge));
      }
    }
  });
  Components components{std::move(forest).flatten(execution), row_totals(graph.board_rows(), execution)};
  for (BoardId board = 0; board < graph.boards(); ++board) {
    const BoardId least = components.of_board[board];
    if (least != board) components.totals[least] += std::exchange(components.totals[board], 0);
  }
  return components;
}

}  // namespace pinsage
