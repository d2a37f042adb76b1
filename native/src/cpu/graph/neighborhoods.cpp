#include "pinsage/neighborhoods.hpp"

#include <algorithm>
#include <numeric>

#include "cpu/graph/direct_walks.hpp"
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
/// Walks in lockstep that keep the memory busy.
constexpr size_t busy_walks = 384;
/// Visits of one seed that are collected before they are counted, where it has more walks than a block.
constexpr size_t collected_visits = size_t{1} << 18;

/// Walks that name pins by their ids, on any graph.
template <bool timed>
struct WalksById {
  using Walks = Lockstep;
  const Graph& graph;
  Crossing<timed> crossing;

  PinId name(PinId pin) const { return pin; }
  PinId pin(PinId name) const { return name; }
  void prefetch_pin(PinId) const {}
  void add(Walks& walks, PinId start, uint32_t first, uint32_t last, uint32_t slot) const {
    walks.add(start, first, last, slot);
  }
  void run(Walks& walks, const WalkOptions& options, const int64_t* before, uint32_t** ends,
           const Execution& execution) const {
    walks.run(graph, options, crossing, before, ends, execution);
  }
};

/// Walks that name pins by the places of their rows, over all edges.
template <class Entry>
struct WalksByPlace {
  using Walks = DirectWalks<Entry>;
  const HopTable<Entry>& table;
  Crossing<false> crossing;

  uint32_t name(PinId pin) const { return table.name(pin); }
  PinId pin(uint32_t name) const { return table.pin(name); }
  void prefetch_pin(uint32_t name) const { table.prefetch_pin(name); }
  void add(Walks& walks, PinId start, uint32_t first, uint32_t last, uint32_t slot) const {
    walks.add(start, table.row(start), first, last, slot);
  }
  void run(Walks& walks, const WalkOptions& options, const int64_t*, uint32_t** ends,
           const Execution& execution) const {
    walks.run(table, options, ends, execution);
  }
};

/// What a thread works with.
template <class Walks>
struct Workspace {
  Walks walks;
  VisitCounts counts;
  std::vector<uint32_t> visits, scratch;    // of each slot; of one
  std::vector<uint32_t*> ends;              // of the visits of each slot
  std::vector<int64_t> before;              // the time limit of each slot
  std::vector<uint32_t> kept_counts;        // neighbours of each slot
  std::vector<uint32_t> kept, kept_visits;  // of all slots, one after the other
  size_t kept_end;

  void reserve(size_t slots, size_t visits_per_slot, size_t kept_per_slot) {
    ends.resize(slots);
    before.resize(slots);
    kept_counts.clear();
    kept_end = 0;
    grow(visits, slots * visits_per_slot);
    grow(scratch, visits_per_slot);
    grow(kept, slots * kept_per_slot + simd::padding);
    grow(kept_visits, slots * kept_per_slot + simd::padding);
  }
  static void grow(std::vector<uint32_t>& vector, size_t size) {
    if (vector.size() < size) vector.resize(size);
  }
};

/// It is kept between calls: a call for a few seeds would spend more time on it than on its walks. Not inlined: where a
/// compiler sees that it is thread-local, it asks for its address again and again.
template <class Walks>
[[gnu::noinline]] Workspace<Walks>& workspace() {
  thread_local Workspace<Walks> work;
  return work;
}

template <class Source>
class Sampler {
  using Work = Workspace<typename Source::Walks>;

 public:
  Sampler(const Source& source, const Graph& graph, std::span<const PinId> seeds, const WalkOptions& options,
          const ExcludedPairs& excluded, const NewPins& new_pins, const Neighborhoods& out, const Execution& execution)
      : source_(source),
        graph_(graph),
        seeds_(seeds),
        options_(options),
        excluded_(excluded),
        new_pins_(new_pins),
        out_(out),
        execution_(execution) {
    // A block has as many walks as go in lockstep, unless they are so long that their visits would not fit.
    block_walks_ = std::clamp<size_t>(block_visits / options.hops, 1, Source::Walks::capacity);
    // Blocks at the end of a call, where threads wait for each other, should not be few: as small as still keeps the
    // memory busy.
    const size_t fair_share = seeds.size() / (8 * static_cast<size_t>(execution.thread_count())) + 1;
    const size_t least = std::max<size_t>(1, busy_walks / options.walks);
    slots_ = std::clamp(fair_share, least, std::max<size_t>(least, block_walks_ / options.walks));
    stride_ = (options.walks <= block_walks_ ? options.walks * options.hops : collected_visits) + simd::padding;
  }

  void run() {
    parallel_for(execution_, seeds_.size(), slots_, [&](size_t begin, size_t end, int) {
      Work& work = workspace<typename Source::Walks>();
      work.reserve(slots_, stride_, std::min<size_t>(out_.neighbors, size_t{options_.walks} * options_.hops));
      work.walks.clear();
      if (options_.walks <= block_walks_) {
        sample_together(work, begin, end);
      } else {
        sample_in_rounds(work, begin);
      }
      write_rows(work, begin, end);
      execution_.advance(static_cast<int64_t>(end - begin));
    });
  }

 private:
  /// The walks of several seeds in one block.
  void sample_together(Work& work, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (seeds_[i] < graph_.pins()) graph_.pin_rows().prefetch_row(seeds_[i]);
    }
    for (size_t i = begin; i < end; ++i) {
      work.ends[i - begin] = visits_of(work, i - begin);
      add_walks(work, i, i - begin, 0, options_.walks);
    }
    run_walks(work);
    for (size_t i = begin; i < end; ++i) {
      work.counts.clear();
      count(work, i - begin);
      keep_top(work, i);
    }
  }

  /// The walks of one seed in several blocks.
  void sample_in_rounds(Work& work, size_t seed) {
    work.counts.clear();
    work.ends[0] = visits_of(work, 0);
    for (size_t walk = 0; walk < options_.walks; walk += block_walks_) {
      const size_t last = std::min<size_t>(walk + block_walks_, options_.walks);
      add_walks(work, seed, 0, static_cast<uint32_t>(walk), static_cast<uint32_t>(last));
      run_walks(work);
      const size_t collected = work.ends[0] - visits_of(work, 0);
      if (last == options_.walks || collected + block_visits > collected_visits) {
        count(work, 0);
        work.ends[0] = visits_of(work, 0);
      }
    }
    keep_top(work, seed);
  }

  uint32_t* visits_of(Work& work, size_t slot) const { return work.visits.data() + slot * stride_; }

  void count(Work& work, size_t slot) const {
    uint32_t* visits = visits_of(work, slot);
    work.counts.add(visits, work.ends[slot] - visits, work.scratch.data());
  }

  /// Adds walks first … last - 1 of seed i to the block; those of a new pin are done at once.
  void add_walks(Work& work, size_t i, size_t slot, uint32_t first, uint32_t last) const {
    const Start start = start_of(graph_, new_pins_, seeds_[i], options_.before_of(i));
    work.before[slot] = start.before;
    if (!start.row.walkable()) return;
    if (!start.is_new) return source_.add(work.walks, start.pin, first, last, static_cast<uint32_t>(slot));
    for (uint32_t walk = first; walk < last; ++walk) {
      random_walk(graph_, start, walk, options_, options_.stop_below(), source_.crossing,
                  [&](uint32_t, BoardId, PinId pin) { *work.ends[slot]++ = source_.name(pin); });
    }
  }

  void run_walks(Work& work) const {
    source_.run(work.walks, options_, work.before.data(), work.ends.data(), execution_);
  }

  void remove(Work& work, PinId pin) const {
    if (pin < graph_.pins() && graph_.pin_rows().degree(pin) > 0) work.counts.remove(source_.name(pin));
  }

  /// The neighbours of seed i, the slot's, by name.
  void keep_top(Work& work, size_t i) const {
    remove(work, seeds_[i]);
    for (const PinId pin : excluded_.of(seeds_[i])) remove(work, pin);
    uint32_t* names = work.kept.data() + work.kept_end;
    const size_t kept = work.counts.top(out_.neighbors, names, work.kept_visits.data() + work.kept_end);
    for (size_t t = 0; t < kept; ++t) source_.prefetch_pin(names[t]);
    work.kept_counts.push_back(static_cast<uint32_t>(kept));
    work.kept_end += kept;
  }

  /// Rows begin … end - 1 of the result.
  void write_rows(Work& work, size_t begin, size_t end) const {
    const uint32_t* names = work.kept.data();
    const uint32_t* visits = work.kept_visits.data();
    for (size_t i = begin; i < end; ++i) {
      const uint32_t count = work.kept_counts[i - begin];
      out_.counts[i] = count;
      PinId* ids = out_.ids.data() + i * out_.neighbors;
      float* weights = out_.weights.data() + i * out_.neighbors;
      const uint64_t total = std::accumulate(visits, visits + count, uint64_t{0});
      for (size_t t = 0; t < count; ++t) {
        ids[t] = source_.pin(names[t]);
        weights[t] = static_cast<float>(visits[t]) / static_cast<float>(total);
      }
      std::fill(ids + count, ids + out_.neighbors, seeds_[i]);
      std::fill(weights + count, weights + out_.neighbors, 0.0f);
      names += count;
      visits += count;
    }
  }

  const Source& source_;
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
  options.check(graph, seeds.size());
  check_pins(seeds, uint64_t{graph.pins()} + new_pins.count(), "seeds");
  const auto sample = [&](const auto& source) {
    Sampler(source, graph, seeds, options, excluded, new_pins, out, execution).run();
  };
  const uint64_t hops = uint64_t{options.walks} * options.hops * seeds.size();
  with_crossing(graph, options, [&]<bool timed>(const Crossing<timed>& crossing) {
    const HopTables* tables = crossing.forbids_any() ? nullptr : graph.hop_tables(hops, execution);
    if (tables == nullptr) return sample(WalksById<timed>{graph, crossing});
    std::visit(
        [&]<class Entry>(const HopTable<Entry>& table) {
          sample(WalksByPlace<Entry>{table, {}});
        },
        tables->table);
  });
}

}  // namespace pinsage
