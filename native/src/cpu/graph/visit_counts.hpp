#pragma once

#include <algorithm>
#include <bit>
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
  void clear() { size_ = 0; }
  std::span<const PinId> pins() const { return {list_.pins.data(), size_}; }
  std::span<const uint32_t> counts() const { return {list_.counts.data(), size_}; }

  /// Adds visits in any order. They are sorted in place or in scratch; both have room for simd::padding more.
  void add(PinId* visits, size_t count, PinId* scratch) {
    if (count == 0) return;
    visits = simd::sort(visits, count, scratch);
    if (size_ == 0) {
      list_.reserve(count);
      size_ = simd::encode_runs(visits, count, list_.pins.data(), list_.counts.data());
    } else {
      more_.reserve(count);
      merge(simd::encode_runs(visits, count, more_.pins.data(), more_.counts.data()));
    }
  }

  /// Takes a pin out.
  void remove(PinId pin) {
    const auto end = list_.pins.begin() + size_;
    const auto found = std::lower_bound(list_.pins.begin(), end, pin);
    if (found != end && *found == pin) list_.counts[found - list_.pins.begin()] = 0;
  }

  /// The `limit` most visited pins, most visited first, ties by smaller id; how many there are. Both results have room
  /// for simd::padding more than `limit`.
  size_t top(size_t limit, PinId* ids, uint32_t* visits) {
    const uint32_t least = least_that_fit(limit);
    chosen_.reserve(limit);
    const size_t above = select(least, UINT32_MAX, chosen_);
    const uint32_t* order = descending(above);
    for (size_t i = 0; i < above; ++i) {
      ids[i] = chosen_.pins[order[i]];
      visits[i] = chosen_.counts[order[i]];
    }
    if (least == 1) return above;
    // Of those with one visit less only the first fit.
    const size_t tied = std::min(select(least - 1, least - 1, tied_), limit - above);
    std::copy_n(tied_.pins.data(), tied, ids + above);
    std::fill_n(visits + above, tied, least - 1);
    return above + tied;
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

  /// The smallest number of visits, at least 1, that no more than `limit` pins reach.
  uint32_t least_that_fit(size_t limit) const {
    const auto fits = [&](uint32_t least) { return simd::count_at_least(list_.counts.data(), least, size_) <= limit; };
    uint32_t below = 0, least = 1;
    for (; !fits(least); least *= 2) below = least;
    while (least - below > 1) {
      const uint32_t middle = below + (least - below) / 2;
      (fits(middle) ? least : below) = middle;
    }
    return least;
  }

  size_t select(uint32_t least, uint32_t most, List& to) const {
    to.reserve(size_);
    return simd::select(list_.counts.data(), list_.pins.data(), size_, least, most, to.counts.data(), to.pins.data());
  }

  /// The places of the first `count` of chosen_ by descending visits, ties in their order.
  const uint32_t* descending(size_t count) {
    order_.reserve(2 * count);
    uint32_t* keys = order_.pins.data();
    const uint32_t most = count == 0 ? 0 : *std::max_element(chosen_.counts.begin(), chosen_.counts.begin() + count);
    const int place_bits = std::bit_width(count);
    if (most >> (31 - place_bits) != 0) {
      for (size_t i = 0; i < count; ++i) keys[i] = static_cast<uint32_t>(i);
      std::stable_sort(keys, keys + count,
                       [&](uint32_t a, uint32_t b) { return chosen_.counts[a] > chosen_.counts[b]; });
      return keys;
    }
    for (size_t i = 0; i < count; ++i) {
      keys[i] = (most - chosen_.counts[i]) << place_bits | static_cast<uint32_t>(i);
    }
    keys = simd::sort(keys, count, order_.counts.data());
    for (size_t i = 0; i < count; ++i) keys[i] &= (1u << place_bits) - 1;
    return keys;
  }

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
  List more_, chosen_, tied_, order_;
};

}  // namespace pinsage
