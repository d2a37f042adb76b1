#include <algorithm>
#include <atomic>
#include <vector>

#include "cpu/search/grid.hpp"
#include "cpu/search/order.hpp"
#include "cpu/search/score_blocks.hpp"
#include "pinsage/search.hpp"

namespace pinsage {
namespace {

/// The targets of one query, and how many candidates come before each. Counts wrap around zero until all parts of the
/// candidates are added up.
class TargetRanks {
 public:
  template <class Source>
  TargetRanks(const Source& source, size_t query, std::span<const uint32_t> targets) : targets_(targets) {
    for (const uint32_t target : targets) {
      scores_.push_back(source.score(query, target));
      keys_.push_back(candidate_key(scores_.back(), target));
    }
    sorted_ = keys_;
    std::ranges::sort(sorted_);
    before_.resize(sorted_.size() + 1);
    counts_.resize(targets.size());
  }

  /// Candidates first, first + 1, ... with these scores.
  void add(const float* scores, size_t count, uint32_t first, std::span<const uint8_t> allowed) {
    // Few targets: compare each with all scores, a vector at a time. Many: find each score's place among them.
    if (allowed.empty() && targets_.size() <= 8) {
      for (size_t t = 0; t < targets_.size(); ++t) counts_[t] += count_better(scores, count, first, t);
      return;
    }
    for (size_t i = 0; i < count; ++i) {
      const uint32_t id = first + static_cast<uint32_t>(i);
      if (allowed.empty() || allowed[id] != 0) ++before_[place(candidate_key(scores[i], id))];
    }
  }

  /// Takes back one candidate that add() counts.
  void remove(uint64_t key) { --before_[place(key)]; }

  void add_to(std::span<uint32_t> ranks) {
    for (size_t t = before_.size() - 1; t-- > 0;) before_[t] += before_[t + 1];
    for (size_t t = 0; t < targets_.size(); ++t) {
      std::atomic_ref(ranks[t]).fetch_add(counts_[t] + before_[place(keys_[t]) + 1], std::memory_order_relaxed);
    }
  }

 private:
  /// Targets that come after a candidate, which is where it stands in front of the sorted ones.
  size_t place(uint64_t key) const {
    size_t low = 0;
    for (size_t left = sorted_.size(); left > 0;) {
      const size_t half = (left + 1) / 2;
      low += sorted_[low + half - 1] < key ? half : 0;
      left -= half;
    }
    return low;
  }

  uint32_t count_better(const float* scores, size_t count, uint32_t first, size_t t) const {
    const float score = scores_[t];
    uint32_t better = 0;
    if (std::isnan(score)) {
      for (size_t i = 0; i < count; ++i) {
        better += static_cast<uint32_t>(candidate_key(scores[i], first + static_cast<uint32_t>(i)) > keys_[t]);
      }
      return better;
    }
    // Ties go to the smaller id: they count before the target and not after it. NaN fails both comparisons.
    const size_t split = std::min<size_t>(targets_[t] > first ? targets_[t] - first : 0, count);
    for (size_t i = 0; i < split; ++i) better += static_cast<uint32_t>(scores[i] >= score);
    for (size_t i = split; i < count; ++i) better += static_cast<uint32_t>(scores[i] > score);
    return better;
  }

  std::span<const uint32_t> targets_;
  std::vector<float> scores_;            // of the targets
  std::vector<uint64_t> keys_, sorted_;  // of the targets
  std::vector<uint32_t> before_;         // candidates by how many targets come after them
  std::vector<uint32_t> counts_;         // what count_better() found
};

std::vector<uint32_t> distinct(std::span<const uint32_t> ids) {
  std::vector<uint32_t> result(ids.begin(), ids.end());
  std::ranges::sort(result);
  const auto repeated = std::ranges::unique(result);
  result.erase(repeated.begin(), repeated.end());
  return result;
}

template <class Source>
void rank(const Source& source, const CandidateLists& targets, const CandidateFilter& filter, std::span<uint32_t> ranks,
          const Execution& execution) {
  std::ranges::fill(ranks, 1u);
  const size_t step = source.block_candidates();
  const SearchGrid grid(source.queries(), source.candidates(), step, execution);
  grid.run(execution, [&](size_t begin, size_t end, size_t first, size_t last, size_t part) {
    std::vector<TargetRanks> found;
    for (size_t query = begin; query < end; ++query) {
      found.emplace_back(source, query, targets.of(query));
      if (part > 0) continue;
      for (const uint32_t id : distinct(filter.exclude.of(query))) {
        if (filter.allowed.empty() || filter.allowed[id] != 0) {
          found.back().remove(candidate_key(source.score(query, id), id));
        }
      }
    }
    typename Source::Block block(source, begin, end);
    for (size_t at = first; at < last; at += step) {
      execution.throw_if_cancelled();
      const size_t count = std::min(at + step, last) - at;
      const float* scores = block.scores(at, at + count);
      for (size_t query = begin; query < end; ++query) {
        found[query - begin].add(scores + (query - begin) * block.stride(), count, static_cast<uint32_t>(at),
                                 filter.allowed);
      }
    }
    for (size_t query = begin; query < end; ++query) {
      found[query - begin].add_to(ranks.subspan(targets.offsets[query], targets.of(query).size()));
    }
  });
}

}  // namespace

void rank_vectors(const Matrix& queries, const Matrix& vectors, const CandidateLists& targets,
                  const CandidateFilter& filter, std::span<uint32_t> ranks, const Execution& execution) {
  rank(VectorScores(queries, vectors), targets, filter, ranks, execution);
}

void rank_scores(const Matrix& scores, const CandidateLists& targets, const CandidateFilter& filter,
                 std::span<uint32_t> ranks, const Execution& execution) {
  rank(GivenScores(scores), targets, filter, ranks, execution);
}

}  // namespace pinsage
