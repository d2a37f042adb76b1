#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace pinsage {

/// Sorts by key(item), which lies below `limit`; items with equal keys keep their order. For as many as a cache holds.
template <class Item, class Key>
void radix_sort(std::vector<Item>& items, uint32_t limit, Key&& key) {
  constexpr int bits = 11;
  constexpr uint32_t digits = 1 << bits;
  std::vector<Item> sorted(items.size());
  for (int shift = 0; shift < 32 && limit >> shift != 0; shift += bits) {
    std::array<size_t, digits> next{};
    for (const Item& item : items) ++next[(key(item) >> shift) % digits];
    std::exclusive_scan(next.begin(), next.end(), next.begin(), size_t{0});
    for (const Item& item : items) sorted[next[(key(item) >> shift) % digits]++] = item;
    items.swap(sorted);
  }
}

}  // namespace pinsage
