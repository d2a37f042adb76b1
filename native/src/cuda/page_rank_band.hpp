#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "cpu/graph/columns.hpp"
#include "cpu/graph/visiting_walks.hpp"
#include "cpu/graph/walker.hpp"
#include "cuda/block.hpp"
#include "cuda/device_graph.hpp"
#include "pinsage/pagerank.hpp"

/// Bands of Personalized PageRank by walks and one exact half-hop (see BoardVisits), for up to sixteen queries at once:
///
///     walks → visits of boards → their densities → scores of pins → those that may be in the band → sorted → the band
///
/// Each step is a function of an item (a walk, a board, a pin, …) that no other item of the step waits for.
namespace pinsage::cuda {

/// counter += n; returns what it was. Items at the same time may add to the same counter.
PINSAGE_SHARED inline uint32_t add(uint32_t& counter, uint32_t n) {
#ifdef __CUDA_ARCH__
  return atomicAdd(&counter, n);
#else
  const uint32_t before = counter;
  counter += n;
  return before;
#endif
}

struct Queries {
  std::array<PinId, columns> pins;
  uint32_t count;
};

/// visits[query][board] of walk i % walks of query i / walks.
struct CountVisits {
  DeviceGraph graph;
  Queries queries;
  WalkOptions options;
  uint64_t stop_below;
  uint32_t walks;
  uint32_t* visits;  ///< [queries, boards]

  PINSAGE_SHARED void operator()(size_t i) const {
    const PinId query = queries.pins[i / walks];
    uint32_t* const own = visits + (i / walks) * graph.boards();
    const Start start{query, graph.pin_rows().row(query), false};
    random_walk(graph, start, static_cast<uint32_t>(i % walks), options, stop_below,
                [&](uint32_t, BoardId board, PinId) { add(own[board], 1); });
  }
};

/// The density of board i / 16 for query i % 16.
struct WeighBoards {
  Queries queries;
  uint32_t board_count;
  const uint32_t* visits;
  double factor;
  const double* inverses;  ///< [boards] of their total weights
  Columns* boards;         ///< [boards]

  PINSAGE_SHARED void operator()(size_t i) const {
    const size_t board = i / columns, c = i % columns;
    const uint32_t count = c < queries.count ? visits[c * board_count + board] : 0;
    boards[board][c] = static_cast<float>(count * factor * inverses[board]);
  }
};

/// The score of pin i / 16 for query i % 16: the sum over the pin's boards, in the order and precision of the CPU
/// (column_kernels_plain.hpp): eight lines in f32, then in f64; with weights in f64.
struct ScorePins {
  DeviceGraph graph;
  const Columns* boards;
  Columns* pins;  ///< [pins]

  PINSAGE_SHARED void operator()(size_t i) const {
    const auto pin = static_cast<PinId>(i / columns);
    const size_t c = i % columns;
    const DeviceRows& rows = graph.pin_rows();
    const uint64_t end = rows.offsets[pin + 1];
    double sum = 0;
    for (uint64_t edge = rows.offsets[pin]; edge < end;) {
      float part = 0;
      const uint64_t stop = rows.weights == nullptr && end - edge > 8 ? edge + 8 : end;
      for (; edge < stop; ++edge) {
        const float density = boards[std::min(rows.ids[edge], graph.boards() - 1)][c];
        if (rows.weights == nullptr) {
          part += density;
        } else {
          sum += double{rows.weights[edge]} * double{density};
        }
      }
      sum += double{part};
    }
    pins[pin][c] = static_cast<float>(sum);
  }
};

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
    keys[c * room + add(collected[c], 1)] = uint64_t{~std::bit_cast<uint32_t>(score)} << 32 | pin;
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
    scores[i] = rank < last ? std::bit_cast<float>(~static_cast<uint32_t>(key >> 32)) : 0;
  }
};

/// The steps, in a Place that has memory and runs them: a GPU, or the host that emulates one.
template <class Place>
class BandSampler {
 public:
  BandSampler(Place& place, const DeviceGraph& graph, const double* board_inverses, const PageRankOptions& options,
              const MonteCarlo& monte_carlo, uint32_t from, uint32_t to)
      : place_(place),
        graph_(graph),
        board_inverses_(board_inverses),
        walks_(monte_carlo.walks),
        walk_options_(visiting_walks(options, monte_carlo)),
        factor_(visit_factor(options, monte_carlo)),
        from_(from),
        to_(to),
        visits_(place.template array<uint32_t>(size_t{graph.boards()} * columns)),
        boards_(place.template array<Columns>(graph.boards())),
        pins_(place.template array<Columns>(graph.pins())),
        bin_counts_(place.template array<uint32_t>(size_t{bins} * columns)),
        least_(place.template array<uint32_t>(columns)),
        found_(place.template array<uint32_t>(columns)),
        collected_(place.template array<uint32_t>(columns)),
        ids_(place.template array<PinId>(size_t{columns} * (to - from))),
        scores_(place.template array<float>(size_t{columns} * (to - from))),
        counts_(place.template array<uint32_t>(columns)) {}

  /// The bands of at most 16 queries, to the host's memory.
  void run(std::span<const PinId> pins, PinId* ids, float* scores, uint32_t* counts) {
    Queries queries{{}, static_cast<uint32_t>(pins.size())};
    std::copy(pins.begin(), pins.end(), queries.pins.begin());
    const size_t pin_items = size_t{graph_.pins()} * columns;

    place_.fill(visits_, 0);
    place_.for_each(pins.size() * walks_,
                    CountVisits{graph_, queries, walk_options_, walk_options_.stop_below(), walks_, visits_.data()});
    place_.for_each(size_t{graph_.boards()} * columns,
                    WeighBoards{queries, graph_.boards(), visits_.data(), factor_, board_inverses_, boards_.data()});
    place_.for_each(pin_items, ScorePins{graph_, boards_.data(), pins_.data()});

    place_.fill(bin_counts_, 0);
    place_.for_each(pin_items, CountBins{queries, pins_.data(), bin_counts_.data()});
    place_.for_each(pins.size(), ChooseBin{bin_counts_.data(), to_, least_.data(), found_.data()});
    std::array<uint32_t, columns> found;
    place_.copy_to_host(found_, found.data(), pins.size());
    const uint32_t room = std::bit_ceil(std::max(2u, *std::max_element(found.begin(), found.begin() + pins.size())));
    auto keys = place_.template array<uint64_t>(size_t{room} * pins.size());
    place_.fill(keys, 0xff);
    place_.fill(collected_, 0);
    place_.for_each(pin_items, CollectKeys{queries, pins_.data(), least_.data(), collected_.data(), keys.data(), room});
    place_.sort_rows(keys, pins.size(), room);

    const size_t width = to_ - from_;
    place_.for_each(pins.size() * width, WriteBand{queries, keys.data(), collected_.data(), room, from_, to_,
                                                   ids_.data(), scores_.data(), counts_.data()});
    place_.copy_to_host(ids_, ids, pins.size() * width);
    place_.copy_to_host(scores_, scores, pins.size() * width);
    place_.copy_to_host(counts_, counts, pins.size());
  }

 private:
  template <class T>
  using ArrayOf = typename Place::template ArrayOf<T>;

  Place& place_;
  const DeviceGraph graph_;
  const double* const board_inverses_;
  const uint32_t walks_;
  const WalkOptions walk_options_;
  const double factor_;
  const uint32_t from_, to_;
  ArrayOf<uint32_t> visits_;
  ArrayOf<Columns> boards_, pins_;
  ArrayOf<uint32_t> bin_counts_, least_, found_, collected_;
  ArrayOf<PinId> ids_;
  ArrayOf<float> scores_;
  ArrayOf<uint32_t> counts_;
};

}  // namespace pinsage::cuda
