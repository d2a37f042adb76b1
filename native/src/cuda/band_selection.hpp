#pragma once

#include <bit>

#include "cpu/graph/rank_keys.hpp"
#include "cuda/block.hpp"
#include "cuda/items.hpp"
#include "pinsage/pagerank.hpp"

namespace pinsage::cuda {

/// Positive floats order as their bits do. A bin is what the upper half of the bits says.
PINSAGE_SHARED inline uint32_t bin_of(float score) {
  return std::bit_cast<uint32_t>(score) >> 16;
}
inline constexpr uint32_t bins = 1 << 15;

/// How many pins have a score in each bin.
struct CountBins {
  Queries queries;
  const Columns* pins;
  uint32_t* counts;  ///< [queries, bins]

  PINSAGE_SHARED void operator()(size_t i) const {
    const size_t c = i % columns;
    const float score = pins[i / columns][c];
    if (c < queries.count && score > 0 && queries.pins[c] != i / columns) add(counts[c * bins + bin_of(score)], 1);
  }
};

/// The highest bin of query i with which `to` pins are found, and how many are.
struct ChooseBin {
  const uint32_t* counts;
  uint32_t to;
  uint32_t* least;  ///< [queries]
  uint32_t* found;  ///< [queries]

  PINSAGE_SHARED void operator()(size_t i) const {
    uint32_t sum = 0, bin = bins;
    while (bin > 0 && sum < to) sum += counts[i * bins + --bin];
    least[i] = bin;
    found[i] = sum;
  }
};

/// The keys of pins in the bins that were chosen, in any order: ascending keys are descending scores, then ids.
struct CollectKeys {
  Queries queries;
  const Columns* pins;
  const uint32_t* least;
  uint32_t* collected;  ///< [queries]
  uint64_t* keys;       ///< [queries, room]
  uint32_t room;

  PINSAGE_SHARED void operator()(size_t i) const {
    const size_t c = i % columns, pin = i / columns;
    const float score = pins[pin][c];
    if (c >= queries.count || !(score > 0) || queries.pins[c] == pin || bin_of(score) < least[c]) return;
    keys[c * room + add(collected[c], 1)] = rank_key(score, static_cast<PinId>(pin));
  }
};

/// Sorts row i of keys, in shared memory where the row fits there.
struct SortRow {
  uint64_t* keys;  ///< [queries, size]
  uint32_t size;   ///< a power of two
  bool fits;

  PINSAGE_SHARED void operator()(Block& block, size_t i, void* shared) const {
    uint64_t* const row = keys + i * size;
    if (!fits) return sort(block, row, size);
    auto* const values = static_cast<uint64_t*>(shared);
    copy(block, row, values);
    sort(block, values, size);
    copy(block, values, row);
  }

 private:
  PINSAGE_SHARED void copy(Block& block, const uint64_t* from, uint64_t* to) const {
    block.for_each_thread([&](uint32_t thread) {
      for (uint32_t i = thread; i < size; i += block.threads()) to[i] = from[i];
    });
  }
};

/// Element i of the queries' rows of the band.
struct WriteBand {
  Queries queries;
  const uint64_t* keys;
  const uint32_t* collected;
  uint32_t room, from, to;
  PinId* ids;        ///< [queries, to - from]
  float* scores;     ///< [queries, to - from]
  uint32_t* counts;  ///< [queries]

  PINSAGE_SHARED void operator()(size_t i) const {
    const size_t c = i / (to - from);
    const auto rank = static_cast<uint32_t>(from + i % (to - from));
    const uint32_t last = std::min(to, collected[c]), first = std::min(from, last);
    if (rank == from) counts[c] = last - first;
    const uint64_t key = rank < last ? keys[c * room + rank] : 0;
    ids[i] = rank < last ? static_cast<PinId>(key) : queries.pins[c];
    scores[i] = rank < last ? score_of(key) : 0;
  }
};

/// The pins of rank from, …, to - 1 of each query's column of scores: those in the highest bins that hold `to`, sorted.
class BandSelection {
 public:
  BandSelection(Place& place, uint32_t pins, uint32_t from, uint32_t to)
      : place_(place),
        pins_(pins),
        from_(from),
        to_(to),
        bin_counts_(place.array<uint32_t>(size_t{bins} * columns)),
        least_(place.array<uint32_t>(columns)),
        found_(place.array<uint32_t>(columns)),
        collected_(place.array<uint32_t>(columns)),
        ids_(place.array<PinId>(size_t{columns} * (to - from))),
        scores_(place.array<float>(size_t{columns} * (to - from))),
        counts_(place.array<uint32_t>(columns)) {}

  /// Rows for the queries, in the host's memory.
  void run(const Queries& queries, const Columns* pins, PinId* ids, float* scores, uint32_t* counts) {
    const size_t pin_items = size_t{pins_} * columns;
    place_.fill(bin_counts_, 0);
    place_.for_each(pin_items, CountBins{queries, pins, bin_counts_.data()});
    place_.for_each(queries.count, ChooseBin{bin_counts_.data(), to_, least_.data(), found_.data()});
    std::array<uint32_t, columns> found;
    place_.copy_to_host(found_, found.data(), queries.count);
    const uint32_t room = std::bit_ceil(std::max(2u, *std::max_element(found.begin(), found.begin() + queries.count)));
    auto keys = place_.array<uint64_t>(size_t{room} * queries.count);
    place_.fill(keys, 0xff);
    place_.fill(collected_, 0);
    place_.for_each(pin_items, CollectKeys{queries, pins, least_.data(), collected_.data(), keys.data(), room});
    const bool fits = keys.bytes() / queries.count <= place_.most_shared();
    place_.for_each_block<1024>(queries.count, fits ? room * sizeof(uint64_t) : 0, SortRow{keys.data(), room, fits});

    const size_t size = size_t{queries.count} * (to_ - from_);
    place_.for_each(size, WriteBand{queries, keys.data(), collected_.data(), room, from_, to_, ids_.data(),
                                    scores_.data(), counts_.data()});
    place_.copy_to_host(ids_, ids, size);
    place_.copy_to_host(scores_, scores, size);
    place_.copy_to_host(counts_, counts, queries.count);
  }

 private:
  Place& place_;
  const uint32_t pins_, from_, to_;
  DeviceArray<uint32_t> bin_counts_, least_, found_, collected_;
  DeviceArray<PinId> ids_;
  DeviceArray<float> scores_;
  DeviceArray<uint32_t> counts_;
};

}  // namespace pinsage::cuda
