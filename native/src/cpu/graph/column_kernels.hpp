#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/graph/columns.hpp"

/// PageRank's vector code, which handles the sixteen columns of a node at once: one implementation per instruction set,
/// chosen when the program starts, all with the same results, as in simd.hpp.
namespace pinsage::simd {

/// out[node - begin] = factor · scales[node] · Σ over the row of weight · x[id], for nodes begin … end - 1; scales may
/// be null for ones.
///
/// Columns are f32 in memory, which is what the kernel waits for, and sums are f64, so that a row of a million pins
/// loses nothing. Without weights eight lines are first added up in f32: that halves the instructions and costs less
/// than storing the result does.
void sum_rows(const Rows& rows, const double* scales, double factor, size_t begin, size_t end, const Columns* x,
              Columns* out);

// Steps of conjugate gradients over `count` nodes. Arithmetic is f64; each number is rounded once, when it is stored.
// Sums weigh node i by measure[i].

/// means = x - follow · means; products += x · means.
void apply(const Columns* x, Columns* means, double follow, const double* measure, size_t count, Sums& products);

/// residual -= step · image; squares += residual², sizes += |residual|.
void descend(Columns* residual, const Columns* image, const Sums& step, const double* measure, size_t count,
             Sums& squares, Sums& sizes);

/// solution += step · direction; direction = residual + ratio · direction.
void advance(Columns* solution, Columns* direction, const Columns* residual, const Sums& step, const Sums& ratio,
             size_t count);

}  // namespace pinsage::simd
