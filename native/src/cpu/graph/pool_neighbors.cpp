#include "pinsage/pool_neighbors.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/graph/pool_shares.hpp"
#include "cpu/graph/pool_streaming.hpp"
#include "cpu/graph/raise.hpp"

namespace pinsage {
namespace {

constexpr size_t kPinsPerChunk = 256;

void multiply_maxima(const tensor::SparseMatrix& matrix, std::span<const float> rows, size_t width,
                     std::span<float> out) {
  for (size_t pin = 0; pin < matrix.rows(); ++pin) {
    float* const y = out.data() + pin * width;
    const uint32_t first = matrix.offsets[pin], last = matrix.offsets[pin + 1];
    std::fill_n(y, width, first == last ? 0.0f : -INFINITY);
    for (uint32_t e = first; e < last; ++e) raise(rows.data() + matrix.indices[e] * width, width, y);
  }
}

}  // namespace

void pool_neighbors(std::span<const float> rows, size_t width, const PooledPins& pins, Aggregator aggregator,
                    RowAccess access, std::span<float> out, const Execution& execution) {
  if (access == RowAccess::stream) return pool_streaming(rows, width, pins, aggregator, out, execution);
  parallel_for(execution, out.size() / width, kPinsPerChunk, [&](size_t begin, size_t end, int) {
    const auto matrix = pool_shares(pins, begin, end, aggregator, rows.size() / width);
    const auto pooled = out.subspan(begin * width, (end - begin) * width);
    if (aggregator == Aggregator::max) {
      multiply_maxima(matrix, rows, width, pooled);
    } else {
      tensor::multiply(matrix, rows, width, pooled, {.threads = 1});
    }
  });
}

}  // namespace pinsage
