#include "pinsage/neighborhoods.hpp"

#include <algorithm>

#include "cpu/graph/lockstep.hpp"
#include "cpu/graph/visit_counts.hpp"

namespace pinsage {

ExcludedPairs::ExcludedPairs(std::span<const PinId> queries, std::span<const PinId> items) {
  std::vector<std::pair<PinId, PinId>> pairs;
  pairs.reserve(2 * queries.size());
  for (size_t i = 0; i < queries.size(); ++i) {
    pairs.emplace_back(queries[i], items[i]);
    pairs.emplace_back(items[i], queries[i]);
  }
  std::sort(pairs.begin(), pairs.end());
  owners_.reserve(pairs.size());
  others_.reserve(pairs.size());
  for (const auto& [owner, other] : pairs) {
    owners_.push_back(owner);
    others_.push_back(other);
  }
}

std::span<const PinId> ExcludedPairs::of(PinId pin) const {
  const auto [first, last] = std::equal_range(owners_.begin(), owners_.end(), pin);
  return {others_.data() + (first - owners_.begin()), static_cast<size_t>(last - first)};
}

namespace {

/// Visits of one block of walks at most, all seeds together: what stays in a core's second-level cache.
constexpr size_t block_visits = size_t{1} << 16;
/// Visits of one seed that are collected before they are counted, where it has more walks than a block.
constexpr size_t collected_visits = size_t{1} << 18;

/// What a thread works with. It is kept between calls: a call for a few seeds would spend more time on it than on its
/// walks.
struct Workspace {
  Lockstep walks;
  VisitCounts counts;
  std::vector<PinId> visits, scratch;
  std::vector<PinId*> ends;
  std::vector<uint32_t> kept_visits;

  void reserve(size_t slots, size_t visits_per_slot, size_t neighbors) {
    ends.resize(slots);
    grow(visits, slots * visits_per_slot);
    grow(scratch, visits_per_slot);
    grow(kept_visits, neighbors);
  }
  template <class T>
  static void grow(std::vector<T>& vector, size_t size) {
    if (vector.size() < size) vector.resize(size);
  }
};

class Sampler {
 public:
  Sampler(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& options, const ExcludedPairs& excluded,
          const NewPins& new_pins, const Neighborhoods& out, const Execution& execution)
      : graph_(graph),
        seeds_(seeds),
        options_(options),
        excluded_(excluded),
        new_pins_(new_pins),
        out_(out),
        execution_(execution) {
    // A block has as many walks as go in lockstep, unless they are so long that their visits would not fit.
    block_walks_ = std::clamp<size_t>(block_visits / options.hops, 1, Lockstep::capacity);
    slots_ = std::max<size_t>(1, block_walks_ / options.walks);
    stride_ = (options.walks <= block_walks_ ? options.walks * options.hops : collected_visits) + simd::padding;
  }

  void run() {
    parallel_for(execution_, seeds_.size(), slots_, [&](size_t begin, size_t end, int) {
      thread_local Workspace work;
      work.reserve(slots_, stride_, out_.neighbors);
      work.walks.clear();
      if (options_.walks <= block_walks_) {
        sample_together(work, begin, end);
      } else {
        sample_in_rounds(work, begin);
      }
      execution_.advance(static_cast<int64_t>(end - begin));
    });
  }

 private:
  /// The walks of several seeds in one block.
  void sample_together(Workspace& work, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      PinId*& visits_end = work.ends[i - begin];
      visits_end = visits_of(work, i - begin);
      add_walks(work, seeds_[i], i - begin, 0, options_.walks);
    }
    work.walks.run(graph_, options_, work.ends.data(), execution_);
    for (size_t i = begin; i < end; ++i) {
      work.counts.clear();
      count(work, i - begin);
      keep_top(work, i);
    }
  }

  /// The walks of one seed in several blocks.
  void sample_in_rounds(Workspace& work, size_t seed) {
    work.counts.clear();
    work.ends[0] = visits_of(work, 0);
    for (size_t walk = 0; walk < options_.walks; walk += block_walks_) {
      const size_t last = std::min<size_t>(walk + block_walks_, options_.walks);
      add_walks(work, seeds_[seed], 0, static_cast<uint32_t>(walk), static_cast<uint32_t>(last));
      work.walks.run(graph_, options_, work.ends.data(), execution_);
      const size_t collected = work.ends[0] - visits_of(work, 0);
      if (last == options_.walks || collected + block_visits > collected_visits) {
        count(work, 0);
        work.ends[0] = visits_of(work, 0);
      }
    }
    keep_top(work, seed);
  }

  PinId* visits_of(Workspace& work, size_t slot) const { return work.visits.data() + slot * stride_; }

  void count(Workspace& work, size_t slot) const {
    PinId* visits = visits_of(work, slot);
    work.counts.add(visits, work.ends[slot] - visits, work.scratch.data());
  }

  /// Adds walks first … last - 1 of a seed to the block; those of a new pin are done at once.
  void add_walks(Workspace& work, PinId seed, size_t slot, uint32_t first, uint32_t last) const {
    const Start start = start_of(graph_, new_pins_, seed);
    if (!start.row.walkable()) return;
    for (uint32_t walk = first; walk < last; ++walk) {
      if (start.is_new) {
        random_walk(graph_, start, walk, options_, [&](uint32_t, PinId pin) { *work.ends[slot]++ = pin; });
      } else {
        work.walks.add(seed, walk, static_cast<uint32_t>(slot));
      }
    }
  }

  /// Row i of the result.
  void keep_top(Workspace& work, size_t i) const {
    const PinId seed = seeds_[i];
    work.counts.remove(seed);
    for (const PinId pin : excluded_.of(seed)) work.counts.remove(pin);
    PinId* ids = out_.ids.data() + i * out_.neighbors;
    float* weights = out_.weights.data() + i * out_.neighbors;
    uint64_t total = 0;
    const size_t kept = work.counts.top(out_.neighbors, ids, work.kept_visits.data(), total);
    for (size_t t = 0; t < kept; ++t) weights[t] = static_cast<float>(work.kept_visits[t]) / static_cast<float>(total);
    std::fill(ids + kept, ids + out_.neighbors, seed);
    std::fill(weights + kept, weights + out_.neighbors, 0.0f);
    out_.counts[i] = static_cast<uint32_t>(kept);
  }

  const Graph& graph_;
  const std::span<const PinId> seeds_;
  const WalkOptions& options_;
  const ExcludedPairs& excluded_;
  const NewPins& new_pins_;
  const Neighborhoods& out_;
  const Execution& execution_;
  size_t block_walks_, slots_, stride_;
};

}  // namespace

void importance_neighborhoods(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& options,
                              const ExcludedPairs& excluded, const NewPins& new_pins, const Neighborhoods& out,
                              const Execution& execution) {
  options.check();
  check_pins(seeds, uint64_t{graph.pins()} + new_pins.count(), "seeds");
  Sampler(graph, seeds, options, excluded, new_pins, out, execution).run();
}

}  // namespace pinsage
