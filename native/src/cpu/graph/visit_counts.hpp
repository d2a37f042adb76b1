#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "cpu/graph/simd.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// How often each pin was visited, by ascending pin.
///
/// Visits are counted by sorting, which a vector unit does at 2 ns each where a hash table takes 4 and more; ascending
/// ids then also decide ties for free.
class VisitCounts {
 public:
  void clear() { pins_.clear(), counts_.clear(); }
  size_t size() const { return pins_.size(); }
  std::span<const PinId> pins() const { return pins_; }
  std::span<const uint32_t> counts() const { return counts_; }

  /// Adds visits in any order. They are sorted in place or in scratch; both have room for simd::padding more.
  void add(PinId* visits, size_t count, PinId* scratch) {
    if (count == 0) return;
    visits = simd::sort(visits, count, scratch);
    if (pins_.empty()) {
      encode_runs(visits, count, pins_, counts_);
    } else {
      encode_runs(visits, count, more_pins_, more_counts_);
      merge_more();
    }
  }

  /// Takes a pin out.
  void remove(PinId pin) {
    const auto found = std::lower_bound(pins_.begin(), pins_.end(), pin);
    if (found != pins_.end() && *found == pin) counts_[found - pins_.begin()] = 0;
  }

  /// The `limit` most visited pins, most visited first, ties by smaller id; how many there are. `total` becomes their
  /// visits.
  size_t top(size_t limit, PinId* ids, uint32_t* visits, uint64_t& total) {
    // A counting sort by visits, from the top. Its few entries beyond the last bucket are sorted for themselves.
    buckets_.fill(0);
    for (const uint32_t count : counts_) ++buckets_[std::min(count, last_bucket)];
    size_t kept = buckets_[last_bucket] > 0 ? top_of_last_bucket(limit, ids, visits) : 0;
    uint32_t least = last_bucket;
    while (kept < limit && least > 1) {
      const uint32_t here = buckets_[--least];
      buckets_[least] = static_cast<uint32_t>(kept);  // from now on: where the next pin with so many visits goes
      kept += here;
    }
    for (size_t i = 0; i < pins_.size(); ++i) {
      if (counts_[i] < least || counts_[i] >= last_bucket) continue;
      const uint32_t place = buckets_[counts_[i]]++;
      if (place >= limit) continue;
      ids[place] = pins_[i];
      visits[place] = counts_[i];
    }
    kept = std::min(kept, limit);
    total = 0;
    for (size_t i = 0; i < kept; ++i) total += visits[i];
    return kept;
  }

 private:
  static constexpr uint32_t last_bucket = 255;

  static void encode_runs(const PinId* sorted, size_t count, std::vector<PinId>& pins, std::vector<uint32_t>& counts) {
    pins.resize(count);
    counts.resize(count);
    size_t run = 0;
    for (size_t i = 0; i + 1 < count; ++i) {
      pins[run] = sorted[i];
      counts[run] = static_cast<uint32_t>(i + 1);  // the run's end, so far
      run += sorted[i] != sorted[i + 1];
    }
    pins[run] = sorted[count - 1];
    counts[run++] = static_cast<uint32_t>(count);
    for (size_t i = run - 1; i > 0; --i) counts[i] -= counts[i - 1];
    pins.resize(run);
    counts.resize(run);
  }

  void merge_more() {
    const size_t most = pins_.size() + more_pins_.size();
    std::vector<PinId> pins(most);
    std::vector<uint32_t> counts(most);
    for (auto* list : {&pins_, &more_pins_}) list->push_back(nothing);
    for (auto* list : {&counts_, &more_counts_}) list->push_back(0);
    size_t merged = 0;
    for (size_t a = 0, b = 0; a + 1 < pins_.size() || b + 1 < more_pins_.size(); ++merged) {
      const PinId pin_a = pins_[a], pin_b = more_pins_[b];
      const bool from_a = pin_a <= pin_b, from_b = pin_b <= pin_a;
      pins[merged] = std::min(pin_a, pin_b);
      counts[merged] = (from_a ? counts_[a] : 0) + (from_b ? more_counts_[b] : 0);
      a += from_a;
      b += from_b;
    }
    pins.resize(merged);
    counts.resize(merged);
    pins_.swap(pins);
    counts_.swap(counts);
  }

  size_t top_of_last_bucket(size_t limit, PinId* ids, uint32_t* visits) {
    std::vector<size_t> entries;
    for (size_t i = 0; i < pins_.size(); ++i) {
      if (counts_[i] >= last_bucket) entries.push_back(i);
    }
    std::stable_sort(entries.begin(), entries.end(), [&](size_t a, size_t b) { return counts_[a] > counts_[b]; });
    const size_t kept = std::min(limit, entries.size());
    for (size_t i = 0; i < kept; ++i) {
      ids[i] = pins_[entries[i]];
      visits[i] = counts_[entries[i]];
    }
    return kept;
  }

  std::vector<PinId> pins_, more_pins_;
  std::vector<uint32_t> counts_, more_counts_;
  std::array<uint32_t, last_bucket + 1> buckets_{};
};

}  // namespace pinsage
