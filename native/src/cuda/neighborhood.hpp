#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "cpu/graph/walker.hpp"
#include "cuda/block.hpp"
#include "cuda/device_graph.hpp"
#include "pinsage/neighborhoods.hpp"

/// The importance neighbourhood of a pin (PinSage §3.2), by one block of threads:
///
///     walks → visits → sorted → (visits of a pin, pin) → sorted → the first T and their shares
namespace pinsage::cuda {

/// A call's arguments, in memory that the kernel reads and writes.
struct NeighborhoodCall {
  const PinId* seeds;
  const int64_t* before;  ///< [seeds] their walks' limits, where crossings are timed
  WalkOptions walks;
  uint64_t stop_below;
  const PinId* excluded_owners;  ///< pairs of pins that are no neighbours, by owner and then by the other
  const PinId* excluded_others;
  uint32_t excluded;
  uint32_t neighbors;  ///< T
  PinId* ids;          ///< [seeds, T]
  float* weights;      ///< [seeds, T]
  uint32_t* counts;    ///< [seeds]
};

/// What a block works in: shared memory, or device memory where that is too small.
struct NeighborhoodRoom {
  uint64_t* keys;     ///< [size]
  uint64_t* partial;  ///< [threads]
  uint32_t* visits;   ///< [size]

  /// `memory` has bytes(size, threads) bytes.
  PINSAGE_SHARED NeighborhoodRoom(void* memory, uint32_t size, uint32_t threads)
      : keys(static_cast<uint64_t*>(memory)),
        partial(keys + size),
        visits(reinterpret_cast<uint32_t*>(partial + threads)) {}

  /// A power of two that all visits of a seed fit in.
  static uint32_t size(const WalkOptions& walks) { return std::bit_ceil(std::max(2u, walks.walks * walks.hops)); }
  static size_t bytes(uint32_t size, uint32_t threads) {
    return size_t{size} * (sizeof(uint64_t) + sizeof(uint32_t)) + size_t{threads} * sizeof(uint64_t);
  }
};

/// Keys order as neighbours do: most visits first, then by smaller id.
PINSAGE_SHARED inline uint64_t neighbor_key(uint32_t visits, PinId pin) {
  return uint64_t{~visits} << 32 | pin;
}
PINSAGE_SHARED inline uint32_t visits_of(uint64_t key) {
  return ~static_cast<uint32_t>(key >> 32);
}
inline constexpr uint64_t no_key = ~uint64_t{0};

/// visits = the pins that the walks from a call's seed number `seed` visit, in ascending order, and `nothing` behind
/// them.
template <class Block, bool timed>
PINSAGE_SHARED void collect_visits(Block& block, const DeviceGraph& graph, const Crossing<timed>& crossing,
                                   const NeighborhoodCall& call, size_t seed, uint32_t* visits, uint32_t size) {
  const WalkOptions& walks = call.walks;
  block.for_each_thread([&](uint32_t thread) {
    for (uint32_t i = walks.walks * walks.hops + thread; i < size; i += block.threads()) visits[i] = nothing;
    const PinId pin = call.seeds[seed];
    const Start start{pin, graph.pin_rows().row(pin), false, timed ? call.before[seed] : WalkOptions::no_limit};
    for (uint32_t walk = thread; walk < walks.walks; walk += block.threads()) {
      uint32_t* const own = visits + walk * walks.hops;
      for (uint32_t hop = 0; hop < walks.hops; ++hop) own[hop] = nothing;
      random_walk(graph, start, walk, walks, call.stop_below, crossing,
                  [&](uint32_t hop, BoardId, PinId pin) { own[hop] = pin; });
    }
  });
  sort(block, visits, size);
}

/// keys = those of the pins that were visited, other than the seed and what is excluded for it, best first.
template <class Block>
PINSAGE_SHARED void rank_visits(Block& block, const NeighborhoodCall& call, PinId seed, const uint32_t* visits,
                                uint64_t* keys, uint32_t size) {
  block.for_each_thread([&](uint32_t thread) {
    const PinId* const owners = call.excluded_owners;
    const auto first = std::lower_bound(owners, owners + call.excluded, seed) - owners;
    const auto last = std::upper_bound(owners + first, owners + call.excluded, seed) - owners;
    for (uint32_t i = thread; i < size; i += block.threads()) {
      const PinId pin = visits[i];
      keys[i] = no_key;
      if (pin == nothing || pin == seed || (i > 0 && visits[i - 1] == pin)) continue;
      if (std::binary_search(call.excluded_others + first, call.excluded_others + last, pin)) continue;
      const uint32_t* const end = std::upper_bound(visits + i, visits + size, pin);
      keys[i] = neighbor_key(static_cast<uint32_t>(end - (visits + i)), pin);
    }
  });
  sort(block, keys, size);
}

/// Row i of the result: the first T keys.
template <class Block>
PINSAGE_SHARED void write_neighbors(Block& block, const NeighborhoodCall& call, size_t i, const uint64_t* keys,
                                    uint64_t* partial, uint32_t size) {
  const uint32_t most = std::min(call.neighbors, size);
  const uint64_t total =
      sum(block, partial, most, [&](size_t t) { return keys[t] == no_key ? uint64_t{0} : visits_of(keys[t]); });
  block.for_each_thread([&](uint32_t thread) {
    if (thread == 0 && keys[0] == no_key) call.counts[i] = 0;
    for (uint32_t t = thread; t < call.neighbors; t += block.threads()) {
      const uint64_t key = t < most ? keys[t] : no_key;
      const bool kept = key != no_key;
      if (kept && (t + 1 == most || keys[t + 1] == no_key)) call.counts[i] = t + 1;
      call.ids[i * call.neighbors + t] = kept ? static_cast<PinId>(key) : call.seeds[i];
      call.weights[i * call.neighbors + t] =
          kept ? static_cast<float>(visits_of(key)) / static_cast<float>(total) : 0.0f;
    }
  });
}

/// Row i of the result.
template <class Block, bool timed>
PINSAGE_SHARED void neighborhood(Block& block, const DeviceGraph& graph, const Crossing<timed>& crossing,
                                 const NeighborhoodCall& call, size_t i, const NeighborhoodRoom& room, uint32_t size) {
  collect_visits(block, graph, crossing, call, i, room.visits, size);
  rank_visits(block, call, call.seeds[i], room.visits, room.keys, size);
  write_neighbors(block, call, i, room.keys, room.partial, size);
}

}  // namespace pinsage::cuda
