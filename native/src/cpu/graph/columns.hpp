#pragma once

#include <array>

#include "cpu/graph/simd.hpp"
#include "pinsage/array.hpp"
#include "pinsage/graph.hpp"

/// Sixteen vectors over nodes at once, a cache line for each node: what a random read brings is used whole.
namespace pinsage {

using Columns = std::array<float, simd::columns>;
using Sums = std::array<double, simd::columns>;
inline constexpr size_t rows_per_block = 1024;

/// The weights of a row, or null.
inline const float* weights_of(const Rows& rows, uint32_t node) {
  return rows.weighted() ? rows.csr().weights.data() + rows.offset(node) : nullptr;
}

/// Σ over the row, in its order, of weight · x. Columns are f32 in memory, which is what the kernel waits for, and sums
/// are f64, so that a row of a million pins loses nothing.
inline Sums pull(const Rows& rows, uint32_t node, const Array<Columns>& x) {
  Sums sums;
  const uint64_t begin = rows.offset(node);
  simd::sum_row(rows.csr().ids.data() + begin, weights_of(rows, node), rows.degree(node), rows.edges() - begin,
                rows.last_id(), reinterpret_cast<const float(*)[simd::columns]>(x.data()), sums.data());
  return sums;
}

inline Columns rounded(const Sums& sums, double factor) {
  Columns result;
  for (int c = 0; c < simd::columns; ++c) result[c] = static_cast<float>(sums[c] * factor);
  return result;
}

/// 1 / degree, or 1 / total weight; 0 for a row that no walk leaves.
Array<double> inverse_degrees(const Rows& rows, const Execution& execution);

}  // namespace pinsage
