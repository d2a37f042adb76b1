#include "pinsage/recommend.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "cpu/graph/lockstep.hpp"
#include "cpu/graph/radix_sort.hpp"
#include "cpu/graph/row_numbers.hpp"
#include "cpu/graph/visit_counts.hpp"

namespace pinsage {

void RecommendOptions::check(const Graph& graph) const {
  if (steps == 0 || steps > max_steps) invalid_argument("steps", "must be from 1 to 2^24");
  if (hops == 0 || hops > WalkOptions::max_hops) invalid_argument("hops", "must be from 1 to 65535");
  if (!(restart >= 0 && restart <= 1)) invalid_argument("restart", "must be from 0 to 1");
  if (top == 0) invalid_argument("top", "must be at least 1");
  if (early_stop && (early_stop->pins == 0 || early_stop->visits == 0)) {
    invalid_argument("earlyStop", "must have at least 1 pin and 1 visit");
  }
  if (!boosts.empty() && boosts.size() != graph.pins()) invalid_argument("boosts", "must have one number for each pin");
  check_pins(exclude, graph.pins(), "exclude");
}

namespace {

/// Walks that one thread takes in lockstep.
constexpr uint32_t walks_per_block = 512;

/// One query pin: its walks, and the visits that they made so far.
struct Source {
  PinId pin = 0;
  double weight = 0;
  uint32_t walks = 0, walked = 0;
  Array<PinId> visits;  ///< of the round
  VisitCounts counts;   ///< of the rounds before it
  uint64_t steps = 0;
};

/// The next walks of one source, and where their visits go.
struct Block {
  Source* source;
  uint32_t first_walk, last_walk;
  PinId *visits, *end;
};

/// Visits of a pin by the walks of one source.
struct Visited {
  PinId pin;
  uint32_t count;
};

class Recommender {
 public:
  Recommender(const Graph& graph, const RecommendQuery& query, const RecommendOptions& options,
              const Execution& execution)
      : graph_(graph), options_(options), execution_(execution) {
    walk_options_.hops = options.hops;
    walk_options_.stop = options.restart;
    walk_options_.restart = true;
    walk_options_.seed = options.seed;
    merge_sources(query);
    share_walks();
  }

  Recommendations run() {
    int64_t walks = 0;
    for (const auto& source : sources_) walks += source->walks;
    execution_.expect(walks);
    for (std::vector<Block> round = next_round(); !round.empty(); round = next_round()) {
      parallel_for(execution_, round.size(), 1, [&](size_t block, size_t, int) { walk(round[block]); });
      count(round);
    }
    return best();
  }

 private:
  /// One source for each distinct query pin, in order of first appearance.
  void merge_sources(const RecommendQuery& query) {
    std::vector<uint32_t> rows(query.pins.begin(), query.pins.end());
    RowNumbers numbers;
    numbers.number(rows);
    for (const PinId pin : numbers.pins()) {
      sources_.push_back(std::make_unique<Source>());
      sources_.back()->pin = pin;
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      sources_[rows[i]]->weight += query.weights.empty() ? 1 : query.weights[i];
    }
  }

  /// Walks go to query pins by weight · s, s = degree · (C - ln degree), where C is the largest degree (equations 1 and
  /// 2 of the paper): popular pins need more walks for the same certainty, but not in proportion.
  void share_walks() {
    std::vector<double> shares;
    double sum = 0;
    for (const auto& source : sources_) {
      const bool walkable = graph_.pin_rows().row(source->pin).walkable();
      const double degree = graph_.pin_rows().degree(source->pin);
      // The logarithm in f32, so that it is the same in every mathematics library.
      const double scale =
          walkable ? degree * (graph_.pin_rows().largest_degree() - static_cast<float>(std::log(degree))) : 0;
      sum += shares.emplace_back(source->weight * scale);
    }
    const double walks = std::ceil(static_cast<double>(options_.steps) / options_.hops);
    for (size_t i = 0; i < sources_.size(); ++i) {
      if (shares[i] == 0) continue;
      sources_[i]->walks = static_cast<uint32_t>(std::max(1.0, std::floor(walks * shares[i] / sum + 0.5)));
    }
  }

  /// The walks that may be made before it is decided what stops: all of them when nothing stops early.
  std::vector<Block> next_round() {
    std::vector<Block> round;
    for (const auto& source : sources_) {
      if (options_.early_stop && may_stop(*source)) continue;
      const uint32_t left = source->walks - source->walked;
      const uint32_t walks = options_.early_stop ? std::min(left, options_.walks_per_round) : left;
      source->visits = Array<PinId>(size_t{walks} * options_.hops + simd::padding);
      PinId* visits = source->visits.data();
      for (const uint32_t last = source->walked + walks; source->walked < last;) {
        const uint32_t first = source->walked;
        source->walked = std::min(first + walks_per_block, last);
        round.push_back({source.get(), first, source->walked, visits, visits});
        visits += size_t{source->walked - first} * options_.hops;
      }
    }
    return round;
  }

  bool may_stop(const Source& source) const {
    const auto& counts = source.counts.counts();
    const auto frequent = std::count_if(counts.begin(), counts.end(),
                                        [&](uint32_t count) { return count >= options_.early_stop->visits; });
    return frequent >= options_.early_stop->pins;
  }

  void walk(Block& block) const {
    thread_local Lockstep walks;
    walks.clear();
    walks.add(block.source->pin, block.first_walk, block.last_walk, 0);
    walks.run(graph_, walk_options_, &block.end, execution_);
    execution_.advance(block.last_walk - block.first_walk);
  }

  void count(const std::vector<Block>& round) const {
    std::vector<size_t> begins;  // of each source's blocks
    for (size_t i = 0; i < round.size(); ++i) {
      if (i == 0 || round[i].source != round[i - 1].source) begins.push_back(i);
    }
    begins.push_back(round.size());
    parallel_for(execution_, begins.size() - 1, 1, [&](size_t i, size_t, int) {
      Source& source = *round[begins[i]].source;
      PinId* end = source.visits.data();
      for (size_t block = begins[i]; block < begins[i + 1]; ++block) {
        end = std::move(round[block].visits, round[block].end, end);
      }
      const size_t made = end - source.visits.data();
      Array<PinId> scratch(source.visits.size());
      source.counts.add(source.visits.data(), made, scratch.data());
      source.steps += made;
    });
  }

  /// Adds the sources up, in their order, and takes the best pins.
  Recommendations best() const {
    Recommendations result;
    std::vector<Visited> visited;
    for (const auto& source : sources_) {
      const auto pins = source->counts.pins(), counts = source->counts.counts();
      for (size_t i = 0; i < pins.size(); ++i) visited.push_back({pins[i], counts[i]});
      result.steps += source->steps;
    }
    if (sources_.size() > 1) radix_sort(visited, graph_.pins(), [](const Visited& entry) { return entry.pin; });

    std::vector<PinId> excluded(options_.exclude.begin(), options_.exclude.end());
    for (const auto& source : sources_) excluded.push_back(source->pin);
    std::sort(excluded.begin(), excluded.end());

    struct Candidate {
      float score;
      PinId pin;
      uint32_t count;
    };
    std::vector<Candidate> candidates;
    auto next_excluded = excluded.begin();
    for (size_t i = 0; i < visited.size();) {
      const PinId pin = visited[i].pin;
      double sum = 0;
      uint32_t count = 0;
      for (; i < visited.size() && visited[i].pin == pin; ++i) {
        count += visited[i].count;
        sum += options_.multi_hit ? std::sqrt(static_cast<double>(visited[i].count)) : visited[i].count;
      }
      while (next_excluded != excluded.end() && *next_excluded < pin) ++next_excluded;
      const double boost = options_.boosts.empty() ? 1 : options_.boosts[pin];
      if ((next_excluded != excluded.end() && *next_excluded == pin) || !(boost > 0)) continue;
      candidates.push_back({static_cast<float>((options_.multi_hit ? sum * sum : sum) * boost), pin, count});
    }

    const size_t kept = std::min<size_t>(options_.top, candidates.size());
    std::partial_sort(
        candidates.begin(), candidates.begin() + kept, candidates.end(),
        [](const Candidate& a, const Candidate& b) { return a.score != b.score ? a.score > b.score : a.pin < b.pin; });
    result.ids = Array<PinId>(kept);
    result.scores = Array<float>(kept);
    result.counts = Array<uint32_t>(kept);
    for (size_t i = 0; i < kept; ++i) {
      result.ids[i] = candidates[i].pin;
      result.scores[i] = candidates[i].score;
      result.counts[i] = candidates[i].count;
    }
    return result;
  }

  const Graph& graph_;
  const RecommendOptions& options_;
  const Execution& execution_;
  WalkOptions walk_options_;
  std::vector<std::unique_ptr<Source>> sources_;
};

void check_query(const Graph& graph, const RecommendQuery& query, const RecommendOptions& options) {
  if (query.pins.size() > options.max_steps / options.hops) {
    invalid_argument("pins", "there are more than 2^24 / hops query pins");
  }
  check_pins(query.pins, graph.pins(), "pins");
  if (!query.weights.empty() && query.weights.size() != query.pins.size()) {
    invalid_argument("weights", "must have one number for each pin");
  }
  for (const float weight : query.weights) {
    if (!(weight >= 0 && weight <= 1e30f)) invalid_argument("weights", "must be from 0 to 1e30");
  }
}

}  // namespace

Recommendations recommend(const Graph& graph, const RecommendQuery& query, const RecommendOptions& options,
                          const Execution& execution) {
  options.check(graph);
  check_query(graph, query, options);
  return Recommender(graph, query, options, execution).run();
}

}  // namespace pinsage
