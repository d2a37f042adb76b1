#pragma once

#include <array>

#include "pinsage/array.hpp"
#include "pinsage/graph.hpp"

/// Sixteen vectors over nodes at once, a cache line for each node: what a random read brings is used whole.
namespace pinsage {

inline constexpr int columns = 16;
using Columns = std::array<float, columns>;
using Sums = std::array<double, columns>;

/// What one thread takes at a time; sums over nodes are added up block by block, in order.
inline constexpr size_t rows_per_block = 1024;

/// Lines of an unweighted row that are added in f32 before their sum goes to the row's, in f64.
inline constexpr uint64_t lines_in_f32 = 8;

/// The total weight of each row, or its degree: what a walk that leaves the node divides by.
Array<double> row_totals(const Rows& rows, const Execution& execution);

/// 1 / total; 0 for a row that no walk leaves.
Array<double> inverses(const Array<double>& totals, const Execution& execution);

}  // namespace pinsage
