#include "pinsage/walks.hpp"

#include <cmath>
#include <string>

#include "cpu/graph/walker.hpp"

namespace pinsage {

void WalkOptions::check() const {
  if (walks == 0) invalid_argument("walks", "must be at least 1");
  if (hops == 0 || hops > max_hops) invalid_argument("hops", "must be from 1 to 65535");
  if (uint64_t{walks} * hops > max_visits) invalid_argument("walks", "walks times hops must be at most 2^24");
  if (!(stop >= 0 && stop <= 1)) invalid_argument("stop", "must be from 0 to 1");
  if (folds != 0 && fold >= folds) invalid_argument("heldOut.fold", "must be below heldOut.folds");
}

void WalkOptions::check(const Graph& graph, size_t seeds) const {
  check();
  if (before.empty()) return;
  if (!graph.timed()) invalid_argument("before", "needs a graph whose edges have times");
  if (before.size() != 1 && before.size() != seeds)
    invalid_argument("before", "must be one time, or one for each seed");
}

uint64_t WalkOptions::stop_below() const {
  return static_cast<uint64_t>(std::llround(stop * 0x1p32));
}

void NewPins::check(const Graph& graph) const {
  if (offsets.empty()) return;
  if (offsets.size() - 1 > nothing - graph.pins()) invalid_argument("newPins.offsets", "there are too many new pins");
  for (size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] < offsets[i - 1]) invalid_argument("newPins.offsets", "must ascend");
  }
  if (offsets.front() != 0 || offsets.back() != boards.size()) {
    invalid_argument("newPins.offsets", "must go from 0 to the number of boards");
  }
  for (const BoardId board : boards) {
    if (board >= graph.boards())
      invalid_argument("newPins.boards", "board " + std::to_string(board) + " is not in the graph");
  }
}

void walk(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& options, std::span<PinId> out,
          const Execution& execution) {
  options.check(graph, seeds.size());
  check_pins(seeds, graph.pins(), "seeds");
  const size_t per_seed = size_t{options.walks} * options.hops;
  const uint64_t stop_below = options.stop_below();
  execution.expect(static_cast<int64_t>(seeds.size()));
  const size_t seeds_per_chunk = std::max<size_t>(1, 4096 / per_seed);
  with_crossing(graph, options, [&](const auto& crossing) {
    parallel_for(execution, seeds.size(), seeds_per_chunk, [&](size_t begin, size_t end, int) {
      for (size_t i = begin; i < end; ++i) {
        const Start start = start_of(graph, {}, seeds[i], options.before_of(i));
        for (uint32_t walk = 0; walk < options.walks; ++walk) {
          if (walk % 1024 == 0) execution.throw_if_cancelled();
          PinId* visited = out.data() + i * per_seed + size_t{walk} * options.hops;
          std::fill_n(visited, options.hops, nothing);
          random_walk(graph, start, walk, options, stop_below, crossing,
                      [&](uint32_t hop, BoardId, PinId pin) { visited[hop] = pin; });
        }
      }
      execution.advance(static_cast<int64_t>(end - begin));
    });
  });
}

void check_pins(std::span<const PinId> pins, uint64_t count, const char* argument) {
  for (const PinId pin : pins) {
    if (pin >= count) invalid_argument(argument, "pin " + std::to_string(pin) + " is not in the graph");
  }
}

}  // namespace pinsage
