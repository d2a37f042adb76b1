// For each strip of pins, its (neighbour, pin, weight) sorted by neighbour. Rows come in chunks; every strip takes from
// a chunk what it wants, while the next chunk is on its way from the disk.
#include "pinsage/streaming_pool.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "cpu/graph/radix_sort.hpp"
#include "cpu/read_ahead.hpp"
#include "cpu/tensor/simd.hpp"
#include "pinsage/array.hpp"
#include "pinsage/error.hpp"

namespace pinsage {
namespace {

/// A strip's sums stay in a processor's cache.
constexpr size_t kStripBytes = size_t{1} << 20;
constexpr size_t kChunkBytes = size_t{1} << 23;
/// Of the next rows to read and to add to, the lines that are asked for; the processor guesses the others.
constexpr size_t kAhead = 4, kLines = 4, kFloatsPerLine = 16;

struct Wanted {
  uint32_t row;
  uint32_t pin;  ///< of the strip
  float share;
};

class Strip {
 public:
  Strip() = default;
  /// Pins [begin, end): copies what it relies on, which others may write to meanwhile.
  Strip(const PooledPins& pins, size_t begin, size_t end, Aggregator aggregator, size_t rows) {
    wanted_.reserve((end - begin) * pins.neighbors);
    for (size_t u = begin; u < end; ++u) {
      const size_t first = wanted_.size();
      float total = 0;
      for (size_t t = u * pins.neighbors; t < (u + 1) * pins.neighbors; ++t) {
        const float weight = aggregator == Aggregator::importance ? pins.weights[t] : pins.weights[t] > 0 ? 1.0f : 0.0f;
        if (weight == 0) continue;
        const uint32_t row = pins.ids[t];
        if (row >= rows) invalid_argument("ids", "there is no row for pin " + std::to_string(row));
        total += weight;
        wanted_.push_back({row, static_cast<uint32_t>(u - begin), weight});
      }
      if (total == 0) wanted_.resize(first);
      for (size_t i = first; i < wanted_.size(); ++i) wanted_[i].share /= total;
    }
    wanted_.shrink_to_fit();
    radix_sort(wanted_, static_cast<uint32_t>(std::min<size_t>(rows, UINT32_MAX)),
               [](const Wanted& each) { return each.row; });
  }

  /// Calls add(row, pin, share) for what is wanted of the rows below `end`, in their order, and ahead(row, pin) before.
  template <class Ahead, class Add>
  void take_below(size_t end, Ahead ahead, Add add) {
    for (; next_ < wanted_.size() && wanted_[next_].row < end; ++next_) {
      if (next_ + kAhead < wanted_.size()) ahead(wanted_[next_ + kAhead]);
      add(wanted_[next_]);
    }
  }

  template <class Each>
  void each_pin(Each each) const {
    for (const Wanted& wanted : wanted_) each(wanted.pin);
  }

 private:
  std::vector<Wanted> wanted_;
  size_t next_ = 0;
};

PINSAGE_SIMD void add_scaled(const float* x, float share, size_t width, float* __restrict y) {
  for (size_t j = 0; j < width; ++j) y[j] += share * x[j];
}

PINSAGE_SIMD void raise(const float* x, size_t width, float* __restrict y) {
  for (size_t j = 0; j < width; ++j) y[j] = std::max(y[j], x[j]);
}

[[gnu::always_inline]] inline void ask_for(const float* row, size_t width) {
  for (size_t j = 0; j < std::min(width, kLines * kFloatsPerLine); j += kFloatsPerLine) prefetch(row + j);
}

}  // namespace

void pool_streaming(std::span<const float> rows, size_t width, const PooledPins& pins, Aggregator aggregator,
                    std::span<float> out, const Execution& execution) {
  const size_t row_count = rows.size() / width, pin_count = out.size() / width;
  const size_t strip_pins = std::max<size_t>(1, kStripBytes / (width * sizeof(float)));
  const size_t strip_count = (pin_count + strip_pins - 1) / strip_pins;
  const auto out_row = [&](size_t strip, uint32_t pin) { return out.data() + (strip * strip_pins + pin) * width; };
  const float lowest = aggregator == Aggregator::max ? -INFINITY : 0;

  std::vector<Strip> strips(strip_count);
  parallel_for(execution, strip_count, 1, [&](size_t s, size_t, int) {
    const size_t begin = s * strip_pins, end = std::min(begin + strip_pins, pin_count);
    strips[s] = Strip(pins, begin, end, aggregator, row_count);
    std::fill(out.begin() + begin * width, out.begin() + end * width, 0.0f);
    if (lowest != 0) strips[s].each_pin([&](uint32_t pin) { std::fill_n(out_row(s, pin), width, lowest); });
  });

  const size_t chunk = std::max<size_t>(1, kChunkBytes / (width * sizeof(float)));
  const auto read_ahead = [&](size_t begin) {
    const size_t end = std::min(begin + chunk, row_count);
    if (begin < end) ReadAhead().add(rows.data() + begin * width, (end - begin) * width * sizeof(float));
  };
  read_ahead(0);
  for (size_t begin = 0; begin < row_count; begin += chunk) {
    read_ahead(begin + chunk);
    parallel_for(execution, strip_count, 1, [&](size_t s, size_t, int) {
      strips[s].take_below(
          begin + chunk,
          [&](const Wanted& next) {
            ask_for(rows.data() + next.row * width, width);
            ask_for(out_row(s, next.pin), width);
          },
          [&](const Wanted& wanted) {
            const float* const x = rows.data() + wanted.row * width;
            if (aggregator == Aggregator::max) {
              raise(x, width, out_row(s, wanted.pin));
            } else {
              add_scaled(x, wanted.share, width, out_row(s, wanted.pin));
            }
          });
    });
  }
}

}  // namespace pinsage
