#pragma once

#include <algorithm>
#include <optional>

#include "cpu/graph/crossing.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/philox.hpp"
#include "pinsage/picks.hpp"
#include "pinsage/walks.hpp"

/// One random walk, step by step: the semantics that every faster form has to reproduce.
namespace pinsage {

/// Where the walks of one seed start: a pin of the graph, or a new pin with a row of its own; and the time of which
/// they only cross earlier edges.
struct Start {
  PinId pin = 0;
  Row row;
  bool is_new = false;
  int64_t before = WalkOptions::no_limit;
};

/// The edge of `row` that a random word picks.
PINSAGE_SHARED inline uint32_t pick(const Row& row, uint32_t word) {
  return row.edges == nullptr ? pick_uniform(word, row.degree) : pick_weighted(word, row.edges, row.degree);
}

/// Word number `draw` for the picks of a hop that hit forbidden edges: the spare word of the hop's own call, then all
/// four of further calls.
PINSAGE_SHARED inline uint32_t spare_word(uint64_t seed, Words counter, uint32_t spare, uint32_t draw) {
  constexpr uint32_t calls_apart = 1 << 16;  // beyond the largest hop
  if (draw == 0) return spare;
  counter[2] += (1 + (draw - 1) / 4) * calls_apart;
  return philox4x32(seed, counter)[(draw - 1) % 4];
}

inline constexpr int max_redraws = 8;

/// The neighbour that `word` picks, drawn again unless `allowed(neighbour, edge)`; nothing when no draw was allowed.
template <class NextSpare, class Allowed>
PINSAGE_SHARED std::optional<uint32_t> pick_allowed(const Row& row, uint32_t word, uint32_t last_id,
                                                    NextSpare&& next_spare, Allowed&& allowed) {
  for (int redraws = 0;; ++redraws) {
    const uint32_t picked = pick(row, word);
    const uint32_t id = std::min(row.ids[picked], last_id);
    if (allowed(id, row.begin + picked)) return id;
    if (redraws == max_redraws) return std::nullopt;
    word = next_spare();
  }
}

/// Calls visit(hop, board, pin) for each hop of walk number `walk` from `start`, over a Graph or what has its rows
/// elsewhere.
template <class AnyGraph, bool timed, class Visit>
PINSAGE_SHARED void random_walk(const AnyGraph& graph, const Start& start, uint32_t walk, const WalkOptions& options,
                                uint64_t stop_below, const Crossing<timed>& crossing, Visit&& visit) {
  if (!start.row.walkable()) return;
  PinId pin = start.pin;
  Row pin_row = start.row;
  bool at_new_pin = start.is_new;
  for (uint32_t hop = 0; hop < options.hops; ++hop) {
    const Words counter{start.pin, walk, hop, options.stream};
    const Words words = philox4x32(options.seed, counter);
    uint32_t draws = 0;
    const auto next_spare = [&] { return spare_word(options.seed, counter, words[3], draws++); };

    if (!pin_row.walkable()) return;
    const auto board = pick_allowed(
        pin_row, words[0], graph.boards() - 1, next_spare,
        [&](BoardId board, uint64_t edge) { return at_new_pin || crossing.from_pin(pin, board, edge, start.before); });
    if (!board) return;
    const Row board_row = graph.board_rows().row(*board);
    if (!board_row.walkable()) return;
    const auto next = pick_allowed(board_row, words[1], graph.pins() - 1, next_spare, [&](PinId next, uint64_t edge) {
      return crossing.from_board(next, *board, edge, start.before);
    });
    if (!next) return;
    visit(hop, *board, *next);

    const bool stops = words[2] < stop_below;
    if (stops && !options.restart) return;
    pin = stops ? start.pin : *next;
    pin_row = stops ? start.row : graph.pin_rows().row(pin);
    at_new_pin = stops && start.is_new;
  }
}

/// Where the walks of `seed` start.
inline Start start_of(const Graph& graph, const NewPins& new_pins, PinId seed, int64_t before = WalkOptions::no_limit) {
  if (seed < graph.pins()) return {seed, graph.pin_rows().row(seed), false, before};
  const uint32_t i = seed - graph.pins();
  const uint32_t begin = new_pins.offsets[i];
  return {seed, {new_pins.boards.data() + begin, nullptr, new_pins.offsets[i + 1] - begin}, true, before};
}

}  // namespace pinsage
