#pragma once

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

#include "pinsage/array.hpp"
#include "pinsage/error.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// Gives rows to pins in order of first appearance: a hash table with linear probing, whose reads a block of pins waits
/// for together.
class RowNumbers {
 public:
  RowNumbers() { resize_table(256); }

  /// Replaces each pin by its row.
  void number(std::span<uint32_t> pins) {
    constexpr size_t block = 64;
    for (size_t begin = 0; begin < pins.size(); begin += block) {
      const size_t end = std::min(begin + block, pins.size());
      if (2 * (pins_.size() + block) > table_.size()) resize_table(2 * table_.size());
      for (size_t i = begin; i < end; ++i) prefetch(&table_[slot(pins[i])]);
      for (size_t i = begin; i < end; ++i) pins[i] = number(pins[i]);
    }
  }

  /// Makes room for about as many distinct pins.
  void expect(size_t pins) {
    const size_t size = std::bit_ceil(2 * pins);
    if (size > table_.size()) resize_table(size);
  }

  const std::vector<PinId>& pins() const { return pins_; }

 private:
  struct Entry {
    PinId pin = nothing;
    uint32_t row = 0;
  };

  size_t slot(PinId pin) const { return pin * uint64_t{0x9E3779B97F4A7C15} >> shift_; }

  uint32_t number(PinId pin) {
    for (size_t i = slot(pin);; i = (i + 1) & (table_.size() - 1)) {
      Entry& entry = table_[i];
      if (entry.pin == pin) return entry.row;
      if (entry.pin != nothing) continue;
      if (pins_.size() == INT32_MAX) throw Error("OUT_OF_MEMORY", "A batch has at most 2^31 - 1 rows.");
      entry = {pin, static_cast<uint32_t>(pins_.size())};
      pins_.push_back(pin);
      return entry.row;
    }
  }

  void resize_table(size_t size) {
    table_ = Array<Entry>(size);
    std::fill(table_.begin(), table_.end(), Entry{});
    shift_ = 64 - std::countr_zero(size);
    for (size_t row = 0; row < pins_.size(); ++row) {
      size_t i = slot(pins_[row]);
      while (table_[i].pin != nothing) i = (i + 1) & (size - 1);
      table_[i] = {pins_[row], static_cast<uint32_t>(row)};
    }
  }

  std::vector<PinId> pins_;
  Array<Entry> table_;
  int shift_ = 0;
};

}  // namespace pinsage
