#include "pinsage/tensor/max_pool.hpp"

#include <algorithm>

#include "cpu/tensor/simd.hpp"
#include "pinsage/tensor/sparse.hpp"

namespace pinsage::tensor {
namespace {

size_t nodes(const MaxPool& pool) {
  return pool.neighbors_per_node == 0 ? 0 : pool.neighbors.size() / pool.neighbors_per_node;
}

void check(const MaxPool& pool) {
  const size_t rows = pool.width == 0 ? 0 : pool.h.size() / pool.width;
  if (pool.width > 0) check_neighbors(pool.neighbors, rows);
}

PINSAGE_SIMD void keep_larger(const float* x, size_t width, float* __restrict y) {
  for (size_t j = 0; j < width; ++j) y[j] = x[j] > y[j] ? x[j] : y[j];
}

}  // namespace

void check_neighbors(std::span<const int32_t> neighbors, size_t rows) {
  if (!all_below(neighbors, rows)) invalid_argument("neighbors", "holds an index that is no row of h");
}

void max_pool(const MaxPool& pool, std::span<float> y, const Execution& execution) {
  check(pool);
  const size_t width = pool.width, slots = pool.neighbors_per_node;
  std::fill(y.begin(), slots == 0 ? y.end() : y.begin(), 0.0f);
  parallel_for(execution, nodes(pool), std::max<size_t>(1, 32768 / (slots * width + 1)),
               [&](size_t begin, size_t end, int) {
                 for (size_t node = begin; node < end; ++node) {
                   float* const row = y.data() + node * width;
                   bool any = false;
                   for (size_t e = node * slots; e < (node + 1) * slots; ++e) {
                     if (!(pool.weights[e] > 0.0f)) continue;
                     const float* const from = pool.h.data() + static_cast<size_t>(pool.neighbors[e]) * width;
                     if (any) {
                       keep_larger(from, width, row);
                     } else {
                       std::copy(from, from + width, row);
                     }
                     any = true;
                   }
                   if (!any) std::fill(row, row + width, 0.0f);
                 }
               });
}

void max_pool_gradient(const MaxPool& pool, std::span<const float> dy, std::span<float> dh,
                       const Execution& execution) {
  check(pool);
  const size_t width = pool.width, slots = pool.neighbors_per_node, count = nodes(pool);
  const size_t rows = width == 0 ? 0 : dh.size() / width;
  // Each thread takes columns, not nodes: no two of them write one element, and each element is summed in the order of
  // nodes.
  constexpr size_t columns_per_chunk = 32;
  parallel_for(execution, width, columns_per_chunk, [&](size_t begin, size_t end, int) {
    for (size_t row = 0; row < rows; ++row)
      std::fill(dh.data() + row * width + begin, dh.data() + row * width + end, 0.0f);
    for (size_t node = 0; node < count; ++node) {
      for (size_t j = begin; j < end; ++j) {
        size_t winner = SIZE_MAX;
        float most = 0;
        for (size_t e = node * slots; e < (node + 1) * slots; ++e) {
          if (!(pool.weights[e] > 0.0f)) continue;
          const size_t element = static_cast<size_t>(pool.neighbors[e]) * width + j;
          if (winner == SIZE_MAX || pool.h[element] > most) {
            winner = element;
            most = pool.h[element];
          }
        }
        if (winner != SIZE_MAX) dh[winner] += dy[node * width + j];
      }
    }
  });
}

}  // namespace pinsage::tensor
