#include <algorithm>
#include <atomic>
#include <vector>

#include "cpu/search/grid.hpp"
#include "cpu/search/order.hpp"
#include "cpu/search/score_blocks.hpp"
#include "pinsage/search.hpp"

namespace pinsage {
namespace {

bool is_allowed(const CandidateFilter& filter, uint32_t id) {
  return filter.allowed.empty() || filter.allowed[id] != 0;
}

/// Allowed candidates among [first, first + count) that come before the target.
uint32_t count_better(const float* scores, size_t count, uint32_t first, const CandidateFilter& filter, float score,
                      uint32_t target) {
  uint32_t better = 0;
  if (!filter.allowed.empty() || std::isnan(score)) {
    const uint64_t key = candidate_key(score, target);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t id = first + static_cast<uint32_t>(i);
      better += static_cast<uint32_t>(candidate_key(scores[i], id) > key && is_allowed(filter, id));
    }
    return better;
  }
  // Ties go to the smaller id: they count before the target and not after it. NaN fails both comparisons.
  const size_t split = std::clamp<size_t>(target > first ? target - first : 0, 0, count);
  for (size_t i = 0; i < split; ++i) better += static_cast<uint32_t>(scores[i] >= score);
  for (size_t i = split; i < count; ++i) better += static_cast<uint32_t>(scores[i] > score);
  return better;
}

/// How many of the query's excluded candidates count_better() will count.
template <class Source>
uint32_t count_excluded(const Source& source, const CandidateFilter& filter, size_t query, uint64_t target_key) {
  std::vector<uint32_t> exclude(filter.exclude.of(query).begin(), filter.exclude.of(query).end());
  std::ranges::sort(exclude);
  const auto repeated = std::ranges::unique(exclude);
  exclude.erase(repeated.begin(), repeated.end());
  return static_cast<uint32_t>(std::ranges::count_if(exclude, [&](uint32_t id) {
    return is_allowed(filter, id) && candidate_key(source.score(query, id), id) > target_key;
  }));
}

template <class Source>
void rank(const Source& source, const CandidateLists& targets, const CandidateFilter& filter, std::span<uint32_t> ranks,
          const Execution& execution) {
  std::ranges::fill(ranks, 1u);
  const size_t step = source.block_candidates();
  const SearchGrid grid(source.queries(), source.candidates(), step, execution);
  grid.run(execution, [&](size_t begin, size_t end, size_t first, size_t last, size_t part) {
    const size_t target_begin = targets.offsets[begin];
    std::vector<float> scores_of_targets;
    std::vector<uint32_t> better;
    for (size_t query = begin; query < end; ++query) {
      for (const uint32_t target : targets.of(query)) {
        const float score = source.score(query, target);
        scores_of_targets.push_back(score);
        // Counts wrap around zero until all parts are added.
        better.push_back(part == 0 ? 0u - count_excluded(source, filter, query, candidate_key(score, target)) : 0u);
      }
    }
    typename Source::Block block(source, begin, end);
    for (size_t at = first; at < last; at += step) {
      execution.throw_if_cancelled();
      const size_t count = std::min(at + step, last) - at;
      const float* scores = block.scores(at, at + count);
      for (size_t query = begin; query < end; ++query) {
        const float* row = scores + (query - begin) * block.stride();
        for (size_t t = targets.offsets[query]; t < targets.offsets[query + 1]; ++t) {
          better[t - target_begin] += count_better(row, count, static_cast<uint32_t>(at), filter,
                                                   scores_of_targets[t - target_begin], targets.ids[t]);
        }
      }
    }
    for (size_t i = 0; i < better.size(); ++i)
      std::atomic_ref(ranks[target_begin + i]).fetch_add(better[i], std::memory_order_relaxed);
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
