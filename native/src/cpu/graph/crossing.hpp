#pragma once

#include "pinsage/graph.hpp"
#include "pinsage/picks.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

/// Which edges walks may cross: those outside the held-out fold and, where they are `with_times`, earlier than the
/// limit of the walk's seed. An edge is named by its ends and by its number in the order in which the walk found it.
template <bool with_times>
struct Crossing {
  static constexpr bool timed = with_times;

  uint32_t folds = 0;  ///< 0: none is held out
  uint32_t fold = 0;
  EdgeTimes times = {};

  bool forbids_any() const { return timed || folds != 0; }

  PINSAGE_SHARED bool from_pin(PinId pin, BoardId board, uint64_t edge, int64_t before) const {
    return (!timed || times.of_pins[edge] < before) && !held_out(pin, board);
  }
  PINSAGE_SHARED bool from_board(PinId pin, BoardId board, uint64_t edge, int64_t before) const {
    return (!timed || times.of_boards[edge] < before) && !held_out(pin, board);
  }

 private:
  PINSAGE_SHARED bool held_out(PinId pin, BoardId board) const {
    return folds != 0 && edge_fold(pin, board, folds) == fold;
  }
};

/// Calls use(crossing) with what the options say.
template <class Use>
auto with_crossing(const Graph& graph, const WalkOptions& options, Use&& use) {
  if (options.before.empty()) return use(Crossing<false>{options.folds, options.fold});
  return use(Crossing<true>{options.folds, options.fold, graph.edge_times()});
}

}  // namespace pinsage
