#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "cpu/graph/simd.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// How often each pin was visited, by ascending pin.
///
/// Visits are counted by sorting, which a vector unit does at 1 ns each where a hash table takes 4 and more; ascending
/// ids then also decide ties for free.
class VisitCounts {
 public:
  void clear() { size_ = 0; }
  std::span<const PinId> pins() const { return {list_.pins.data(), size_}; }
  std::span<const uint32_t> counts() const { return {list_.counts.data(), size_}; }

  /// Adds visits in any order. They are sorted in place or in scratch; both have room for simd::padding more.
  void add(PinId* visits, size_t count, PinId* scratch) {
    List& list = size_ == 0 ? list_ : more_;
    list.reserve(count);
    const size_t distinct = simd::count_visits(visits, count, scratch, list.pins.data(), list.counts.data());
    size_ == 0 ? void(size_ = distinct) : merge(distinct);
  }

  /// Takes a pin out.
  void remove(PinId pin) { simd::remove(pin, list_.pins.data(), list_.counts.data(), size_); }

  /// The `limit` most visited pins, most visited first, ties by smaller id; how many there are. Both results have room
  /// for simd::padding more than `limit`.
  size_t top(size_t limit, PinId* ids, uint32_t* visits) {
    const size_t scratch = 3 * (std::min(limit, size_) + simd::padding);
    if (scratch_.size() < scratch) scratch_.resize(scratch);
    return simd::top(list_.pins.data(), list_.counts.data(), size_, limit, scratch_.data(), ids, visits);
  }

 private:
  struct List {
    std::vector<PinId> pins;
    std::vector<uint32_t> counts;

    void reserve(size_t size) {
      if (pins.size() >= size + simd::padding) return;
      pins.resize(size + simd::padding);
      counts.resize(size + simd::padding);
    }
  };

  void merge(size_t more) {
    List merged;
    merged.reserve(size_ + more);
    for (auto& [list, size] : {std::pair<List&, size_t>{list_, size_}, {more_, more}}) {
      list.pins[size] = nothing;
      list.counts[size] = 0;
    }
    size_t merges = 0;
    for (size_t a = 0, b = 0; a < size_ || b < more; ++merges) {
      const PinId pin_a = list_.pins[a], pin_b = more_.pins[b];
      const bool from_a = pin_a <= pin_b, from_b = pin_b <= pin_a;
      merged.pins[merges] = std::min(pin_a, pin_b);
      merged.counts[merges] = (from_a ? list_.counts[a] : 0) + (from_b ? more_.counts[b] : 0);
      a += from_a;
      b += from_b;
    }
    std::swap(list_, merged);
    size_ = merges;
  }

  List list_;  ///< pins ascend
  size_t size_ = 0;
  List more_;
  std::vector<uint32_t> scratch_;
};

}  // namespace pinsage
