#pragma once

#include <cstddef>
#include <vector>

namespace pinsage {

/// Queries and vectors of one tile.
inline constexpr size_t kTileQueries = 8;
inline constexpr size_t kTileVectors = 16;

/// Inner products of 8 queries and 16 vectors, both packed column by column ([width, 8] and [width, 16]), into rows of
/// `scores` that are `stride` apart.
using DotTile = void (*)(const float* queries, const float* vectors, size_t width, float* scores, size_t stride);

/// Those that this processor runs, fastest first. All give the same bits: each score is summed in the same order,
/// without fused multiply-add.
std::vector<DotTile> dot_tiles();

}  // namespace pinsage
