#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "cpu/graph/columns.hpp"
#include "cuda/device_graph.hpp"
#include "cuda/runtime.hpp"
#include "pinsage/shared.hpp"

/// What the kernels of PageRank share. Their items (a walk, a board, a pin, …) do not wait for each other: each is a
/// function of the item's number.
namespace pinsage::cuda {

/// counter += n; returns what it was. Items at the same time may add to the same counter.
PINSAGE_SHARED inline uint32_t add(uint32_t& counter, uint32_t n) {
#ifdef __CUDA_ARCH__
  return atomicAdd(&counter, n);
#else
  const uint32_t before = counter;
  counter += n;
  return before;
#endif
}

/// Up to sixteen queries, a column each.
struct Queries {
  std::array<PinId, columns> pins;
  uint32_t count;

  explicit Queries(std::span<const PinId> queries) : pins(), count(static_cast<uint32_t>(queries.size())) {
    std::copy(queries.begin(), queries.end(), pins.begin());
  }
};

/// out[node][c] = factor · scales[node] · Σ over the row of weight · x[id][c], for node i / 16 and column i % 16, in
/// the order and precision of the CPU (column_kernels_plain.hpp): eight lines in f32, then in f64; with weights in f64.
struct SumRows {
  DeviceRows rows;
  uint32_t last_id;
  const Columns* x;
  const double* scales;  ///< [nodes], or null for ones
  double factor;
  Columns* out;  ///< [nodes]

  PINSAGE_SHARED void operator()(size_t i) const {
    const size_t node = i / columns, c = i % columns;
    const uint64_t end = rows.offsets[node + 1];
    double sum = 0;
    for (uint64_t edge = rows.offsets[node]; edge < end;) {
      float part = 0;
      const uint64_t stop = rows.weights == nullptr && end - edge > lines_in_f32 ? edge + lines_in_f32 : end;
      for (; edge < stop; ++edge) {
        const float value = x[std::min(rows.ids[edge], last_id)][c];
        if (rows.weights == nullptr) {
          part += value;
        } else {
          sum += double{rows.weights[edge]} * double{value};
        }
      }
      sum += double{part};
    }
    out[node][c] = static_cast<float>(sum * (scales == nullptr ? factor : factor * scales[node]));
  }
};

}  // namespace pinsage::cuda
