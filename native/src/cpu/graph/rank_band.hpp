#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <mutex>
#include <vector>

#include "cpu/graph/columns.hpp"
#include "cpu/graph/rank_keys.hpp"
#include "pinsage/pagerank.hpp"

namespace pinsage {

/// Fills rows first … of `out` with the band of each query's column of scores.
class BandSelection {
 public:
  BandSelection(const Array<Columns>& x, std::span<const PinId> queries, const PageRankBand& out,
                const Execution& execution)
      : x_(x), queries_(queries), out_(out), execution_(execution) {}

  void run(size_t first_row) {
    Columns least = guess_thresholds();
    std::vector<std::vector<uint64_t>> keys = collect(least);
    for (size_t c = 0; c < queries_.size(); ++c) {
      // A guess that was too high: there are pins below it that the band needs.
      if (keys[c].size() < out_.to && least[c] > 0) keys[c] = collect_all(c);
    }
    parallel_for(execution_, queries_.size(), 1, [&](size_t begin, size_t end, int) {
      for (size_t c = begin; c < end; ++c) write(keys[c], queries_[c], first_row + c);
    });
  }

 private:
  /// Scores that about `to` pins reach, from a sample of them, with some to spare.
  Columns guess_thresholds() const {
    constexpr size_t sample = 1 << 14;
    const size_t step = std::max<size_t>(1, x_.size() / sample);
    const size_t rank = out_.to / step + out_.to / step / 4 + 50;
    Columns least{};
    for (size_t c = 0; c < queries_.size(); ++c) {
      std::vector<float> scores;
      for (size_t pin = 0; pin < x_.size(); pin += step) scores.push_back(x_[pin][c]);
      if (scores.size() <= rank) continue;
      std::nth_element(scores.begin(), scores.begin() + rank, scores.end(), std::greater());
      least[c] = scores[rank];
    }
    return least;
  }

  /// The keys of each column's pins whose score is positive and at least `least`.
  std::vector<std::vector<uint64_t>> collect(const Columns& least) const {
    constexpr float smallest = std::numeric_limits<float>::denorm_min();
    Columns limit;
    for (int c = 0; c < columns; ++c) {
      limit[c] =
          c < static_cast<int>(queries_.size()) ? std::max(least[c], smallest) : std::numeric_limits<float>::infinity();
    }
    std::vector<std::vector<uint64_t>> keys(queries_.size());
    std::mutex mutex;
    parallel_for(execution_, x_.size(), size_t{1} << 16, [&](size_t begin, size_t end, int) {
      std::vector<std::vector<uint64_t>> found(queries_.size());
      for (size_t pin = begin; pin < end; ++pin) {
        const Columns& scores = x_[pin];
        int any = 0;
        for (int c = 0; c < columns; ++c) any |= scores[c] >= limit[c];
        if (!any) continue;
        for (size_t c = 0; c < queries_.size(); ++c) {
          if (scores[c] >= limit[c] && queries_[c] != pin)
            found[c].push_back(rank_key(scores[c], static_cast<PinId>(pin)));
        }
      }
      const std::lock_guard lock(mutex);
      for (size_t c = 0; c < queries_.size(); ++c) keys[c].insert(keys[c].end(), found[c].begin(), found[c].end());
    });
    return keys;
  }

  std::vector<uint64_t> collect_all(size_t c) const {
    std::vector<uint64_t> keys;
    for (size_t pin = 0; pin < x_.size(); ++pin) {
      if (x_[pin][c] > 0 && queries_[c] != pin) keys.push_back(rank_key(x_[pin][c], static_cast<PinId>(pin)));
    }
    return keys;
  }

  void write(std::vector<uint64_t>& keys, PinId query, size_t row) const {
    const size_t width = out_.to - out_.from;
    PinId* ids = out_.ids.data() + row * width;
    float* scores = out_.scores.data() + row * width;
    const size_t last = std::min<size_t>(out_.to, keys.size());
    const size_t first = std::min<size_t>(out_.from, last);
    std::nth_element(keys.begin(), keys.begin() + first, keys.end());
    std::partial_sort(keys.begin() + first, keys.begin() + last, keys.end());
    for (size_t rank = first; rank < last; ++rank) {
      ids[rank - first] = static_cast<PinId>(keys[rank]);
      scores[rank - first] = score_of(keys[rank]);
    }
    std::fill(ids + (last - first), ids + width, query);
    std::fill(scores + (last - first), scores + width, 0.0f);
    out_.counts[row] = static_cast<uint32_t>(last - first);
  }

  const Array<Columns>& x_;
  const std::span<const PinId> queries_;
  const PageRankBand& out_;
  const Execution& execution_;
};

inline void rank_band(const Array<Columns>& x, std::span<const PinId> queries, size_t first_row,
                      const PageRankBand& out, const Execution& execution) {
  BandSelection(x, queries, out, execution).run(first_row);
}

}  // namespace pinsage
