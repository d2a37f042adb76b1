#include <algorithm>
#include <functional>
#include <vector>

#include "cpu/search/grid.hpp"
#include "cpu/search/order.hpp"
#include "cpu/search/score_blocks.hpp"
#include "pinsage/search.hpp"

namespace pinsage {
namespace {

/// The best `top` candidates of one query among those offered so far.
class Selection {
 public:
  Selection(size_t top, std::span<const uint32_t> exclude, std::span<const uint8_t> allowed)
      : top_(top),
        capacity_(std::max<size_t>(2 * top, 64)),
        exclude_(exclude.begin(), exclude.end()),
        allowed_(allowed) {
    std::ranges::sort(exclude_);
  }

  /// Candidates [first, first + count), in ascending order over all calls.
  void offer(const float* scores, size_t count, uint32_t first) {
    constexpr size_t kLanes = 32;
    size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      int better = 0;
      for (size_t lane = 0; lane < kLanes; ++lane) better |= !(scores[i + lane] <= threshold_);
      if (better == 0) continue;
      for (size_t lane = 0; lane < kLanes; ++lane) consider(scores[i + lane], first + static_cast<uint32_t>(i + lane));
    }
    for (; i < count; ++i) consider(scores[i], first + static_cast<uint32_t>(i));
  }

  std::vector<uint64_t> take() {
    prune();
    return std::move(keys_);
  }

 private:
  void consider(float score, uint32_t id) {
    // Also true for NaN, on either side; the key decides.
    if (score <= threshold_) return;
    const uint64_t key = candidate_key(score, id);
    if (key <= worst_) return;
    if (!allowed_.empty() && allowed_[id] == 0) return;
    if (std::ranges::binary_search(exclude_, id)) return;
    keys_.push_back(key);
    if (keys_.size() < capacity_) return;
    prune();
    worst_ = keys_.back();
    threshold_ = key_score(worst_);
  }

  /// Keeps the best `top`, the worst of them last.
  void prune() {
    if (keys_.size() <= top_) return;
    std::nth_element(keys_.begin(), keys_.begin() + static_cast<ptrdiff_t>(top_) - 1, keys_.end(), std::greater<>());
    keys_.resize(top_);
  }

  const size_t top_;
  const size_t capacity_;
  std::vector<uint32_t> exclude_;
  std::span<const uint8_t> allowed_;
  std::vector<uint64_t> keys_;
  uint64_t worst_ = 0;
  /// Candidates come in ascending order, so one that only equals the worst kept is not better. NaN: nothing is refused
  /// yet.
  float threshold_ = std::numeric_limits<float>::quiet_NaN();
};

void write(std::vector<uint64_t>& keys, size_t query, const Hits& out) {
  const size_t count = std::min(keys.size(), out.top);
  std::partial_sort(keys.begin(), keys.begin() + static_cast<ptrdiff_t>(count), keys.end(), std::greater<>());
  out.counts[query] = static_cast<uint32_t>(count);
  for (size_t i = 0; i < out.top; ++i) {
    out.ids[query * out.top + i] = i < count ? key_id(keys[i]) : 0xffffffffu;
    out.scores[query * out.top + i] = i < count ? key_score(keys[i]) : -std::numeric_limits<float>::infinity();
  }
}

template <class Source>
void search(const Source& source, const CandidateFilter& filter, const Hits& out, const Execution& execution) {
  const size_t step = source.block_candidates();
  const SearchGrid grid(source.queries(), source.candidates(), step, execution);
  std::vector<std::vector<uint64_t>> found(grid.queries * grid.parts);
  grid.run(execution, [&](size_t begin, size_t end, size_t first, size_t last, size_t part) {
    std::vector<Selection> selections;
    selections.reserve(end - begin);
    for (size_t query = begin; query < end; ++query)
      selections.emplace_back(out.top, filter.exclude.of(query), filter.allowed);
    typename Source::Block block(source, begin, end);
    for (size_t at = first; at < last; at += step) {
      execution.throw_if_cancelled();
      const size_t count = std::min(at + step, last) - at;
      const float* scores = block.scores(at, at + count);
      for (size_t i = 0; i < selections.size(); ++i)
        selections[i].offer(scores + i * block.stride(), count, static_cast<uint32_t>(at));
    }
    for (size_t i = 0; i < selections.size(); ++i) found[(begin + i) * grid.parts + part] = selections[i].take();
  });
  for (size_t query = 0; query < grid.queries; ++query) {
    auto& keys = found[query * grid.parts];
    for (size_t part = 1; part < grid.parts; ++part) {
      const auto& more = found[query * grid.parts + part];
      keys.insert(keys.end(), more.begin(), more.end());
    }
    write(keys, query, out);
  }
}

}  // namespace

void search_vectors(const Matrix& queries, const Matrix& vectors, const CandidateFilter& filter, const Hits& out,
                    const Execution& execution) {
  search(VectorScores(queries, vectors), filter, out, execution);
}

void search_scores(const Matrix& scores, const CandidateFilter& filter, const Hits& out, const Execution& execution) {
  search(GivenScores(scores), filter, out, execution);
}

}  // namespace pinsage
