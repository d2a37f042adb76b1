// For each strip of pins, its (neighbour, pin, share) sorted by neighbour. Rows come in chunks; every strip takes from
// a chunk what it wants, while the next chunk is on its way from the disk.
#include "cpu/graph/pool_streaming.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/graph/pool_shares.hpp"
#include "cpu/graph/radix_sort.hpp"
#include "cpu/graph/raise.hpp"
#include "cpu/read_ahead.hpp"
#include "cpu/tensor/simd.hpp"
#include "pinsage/array.hpp"

namespace pinsage {
namespace {

/// A strip's sums stay in a processor's cache.
constexpr size_t kStripBytes = size_t{1} << 20;
/// Two of them are in memory at once, which may be all that there is room for.
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
  /// Of the matrix's rows.
  explicit Strip(const tensor::SparseMatrix& matrix) {
    wanted_.reserve(matrix.indices.size());
    for (uint32_t pin = 0; pin < matrix.rows(); ++pin) {
      for (uint32_t e = matrix.offsets[pin]; e < matrix.offsets[pin + 1]; ++e)
        wanted_.push_back({matrix.indices[e], pin, matrix.values[e]});
    }
    radix_sort(wanted_, static_cast<uint32_t>(matrix.columns), [](const Wanted& each) { return each.row; });
  }

  /// Calls add for what is wanted of the rows below `end`, in their order, and ahead for what comes a little later.
  template <class Ahead, class Add>
  void take_below(size_t end, Ahead ahead, Add add) {
    for (; next_ < wanted_.size() && wanted_[next_].row < end; ++next_) {
      if (next_ + kAhead < wanted_.size()) ahead(wanted_[next_ + kAhead]);
      add(wanted_[next_]);
    }
  }

 private:
  std::vector<Wanted> wanted_;
  size_t next_ = 0;
};

PINSAGE_SIMD void add_scaled(const float* x, float share, size_t width, float* __restrict y) {
  for (size_t j = 0; j < width; ++j) y[j] += share * x[j];
}

[[gnu::always_inline]] inline void ask_for(const float* row, size_t width) {
  for (size_t j = 0; j < std::min(width, kLines * kFloatsPerLine); j += kFloatsPerLine) prefetch(row + j);
}

}  // namespace

void pool_streaming(std::span<const float> rows, size_t width, const PooledPins& pins, Aggregator aggregator,
                    std::span<float> out, const Execution& execution) {
  const size_t row_count = rows.size() / width, pin_count = out.size() / width;
  const bool maxima = aggregator == Aggregator::max;
  const size_t strip_pins = std::max<size_t>(1, kStripBytes / (width * sizeof(float)));
  std::vector<Strip> strips((pin_count + strip_pins - 1) / strip_pins);
  parallel_for(execution, strips.size(), 1, [&](size_t s, size_t, int) {
    const size_t begin = s * strip_pins, end = std::min(begin + strip_pins, pin_count);
    const auto matrix = pool_shares(pins, begin, end, aggregator, row_count);
    strips[s] = Strip(matrix);
    for (size_t pin = begin; pin < end; ++pin) {
      const bool empty = matrix.offsets[pin - begin] == matrix.offsets[pin - begin + 1];
      std::fill_n(out.data() + pin * width, width, maxima && !empty ? -INFINITY : 0.0f);
    }
  });

  const size_t chunk = std::max<size_t>(1, kChunkBytes / (width * sizeof(float)));
  const auto read_ahead = [&](size_t begin) {
    const size_t end = std::min(begin + chunk, row_count);
    if (begin < end) ReadAhead().add(rows.data() + begin * width, (end - begin) * width * sizeof(float));
  };
  read_ahead(0);
  for (size_t begin = 0; begin < row_count; begin += chunk) {
    read_ahead(begin + chunk);
    parallel_for(execution, strips.size(), 1, [&](size_t s, size_t, int) {
      float* const sums = out.data() + s * strip_pins * width;
      strips[s].take_below(
          begin + chunk,
          [&](const Wanted& next) {
            ask_for(rows.data() + next.row * width, width);
            ask_for(sums + next.pin * width, width);
          },
          [&](const Wanted& wanted) {
            const float* const x = rows.data() + wanted.row * width;
            float* const y = sums + wanted.pin * width;
            maxima ? raise(x, width, y) : add_scaled(x, wanted.share, width, y);
          });
    });
  }
}

}  // namespace pinsage
