#pragma once

#include <algorithm>
#include <vector>

#include "cpu/graph/walker.hpp"
#include "pinsage/neighborhoods.hpp"

/// Neighbourhoods as one would write them down: a walk at a time, std::sort. What the kernel is compared with.
namespace pinsage {

struct Visited {
  PinId pin;
  uint32_t count;
};

/// visits, in any order → (pin, count), without the seed itself and the excluded pins.
inline void count_visits(std::vector<PinId>& visits, PinId seed, std::span<const PinId> excluded,
                         std::vector<Visited>& counted) {
  std::sort(visits.begin(), visits.end());
  counted.clear();
  for (size_t i = 0; i < visits.size();) {
    const PinId pin = visits[i];
    size_t next = i;
    while (next < visits.size() && visits[next] == pin) ++next;
    if (pin != seed && !std::binary_search(excluded.begin(), excluded.end(), pin)) {
      counted.push_back({pin, static_cast<uint32_t>(next - i)});
    }
    i = next;
  }
}

inline void plain_neighborhoods(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& options,
                                const ExcludedPairs& excluded, const NewPins& new_pins, const Neighborhoods& out,
                                const Execution& execution) {
  options.check(graph, seeds.size());
  check_pins(seeds, uint64_t{graph.pins()} + new_pins.count(), "seeds");
  const size_t seeds_per_chunk = std::max<size_t>(1, 4096 / (size_t{options.walks} * options.hops));
  const uint64_t stop_below = options.stop_below();
  const auto sample = [&](size_t begin, size_t end, const auto& crossing) {
    std::vector<PinId> visits;
    std::vector<Visited> counted;
    for (size_t i = begin; i < end; ++i) {
      const Start start = start_of(graph, new_pins, seeds[i], options.before_of(i));
      visits.clear();
      for (uint32_t walk = 0; walk < options.walks; ++walk) {
        if (walk % 1024 == 0) execution.throw_if_cancelled();
        random_walk(graph, start, walk, options, stop_below, crossing,
                    [&](uint32_t, BoardId, PinId pin) { visits.push_back(pin); });
      }
      count_visits(visits, start.pin, excluded.of(start.pin), counted);
      const size_t kept = std::min<size_t>(counted.size(), out.neighbors);
      std::partial_sort(counted.begin(), counted.begin() + kept, counted.end(), [](const Visited& a, const Visited& b) {
        return a.count != b.count ? a.count > b.count : a.pin < b.pin;
      });
      uint64_t total = 0;
      for (size_t t = 0; t < kept; ++t) total += counted[t].count;
      PinId* ids = out.ids.data() + i * out.neighbors;
      float* weights = out.weights.data() + i * out.neighbors;
      for (size_t t = 0; t < kept; ++t) {
        ids[t] = counted[t].pin;
        weights[t] = static_cast<float>(counted[t].count) / static_cast<float>(total);
      }
      std::fill(ids + kept, ids + out.neighbors, start.pin);
      std::fill(weights + kept, weights + out.neighbors, 0.0f);
      out.counts[i] = static_cast<uint32_t>(kept);
    }
    execution.advance(static_cast<int64_t>(end - begin));
  };
  with_crossing(graph, options, [&](const auto& crossing) {
    parallel_for(execution, seeds.size(), seeds_per_chunk,
                 [&](size_t begin, size_t end, int) { sample(begin, end, crossing); });
  });
}

}  // namespace pinsage
