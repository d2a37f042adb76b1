#include "cpu/search/dot_tile.hpp"

#include <cstring>

namespace pinsage {

// One body for several instruction sets: LANES numbers a register, and ROWS queries at a time, so that the sums stay in
// registers. A macro, because a compiler lowers vector operations of a template before it inlines it into a function of
// another target.
#define PINSAGE_DOT_TILE(NAME, TARGET, LANES, ROWS)                                                                 \
  TARGET static void NAME(const float* queries, const float* vectors, size_t width, float* scores, size_t stride) { \
    typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));                                        \
    constexpr size_t kGroups = kTileVectors / LANES;                                                                \
    for (size_t first = 0; first < kTileQueries; first += ROWS) {                                                   \
      Lanes sums[ROWS][kGroups] = {};                                                                               \
      for (size_t k = 0; k < width; ++k) {                                                                          \
        Lanes vector[kGroups];                                                                                      \
        std::memcpy(vector, vectors + k * kTileVectors, sizeof(vector));                                            \
        for (size_t row = 0; row < ROWS; ++row) {                                                                   \
          const float query = queries[k * kTileQueries + first + row];                                              \
          for (size_t group = 0; group < kGroups; ++group) sums[row][group] += vector[group] * query;               \
        }                                                                                                           \
      }                                                                                                             \
      for (size_t row = 0; row < ROWS; ++row)                                                                       \
        std::memcpy(scores + (first + row) * stride, sums[row], sizeof(sums[row]));                                 \
    }                                                                                                               \
  }

PINSAGE_DOT_TILE(dot_tile_baseline, , 4, 2)

#if defined(__x86_64__)
PINSAGE_DOT_TILE(dot_tile_avx2, __attribute__((target("avx2"))), 8, 4)
PINSAGE_DOT_TILE(dot_tile_avx512, __attribute__((target("avx512f"))), 16, 8)
#endif

std::vector<DotTile> dot_tiles() {
  std::vector<DotTile> tiles;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) tiles.push_back(dot_tile_avx512);
  if (__builtin_cpu_supports("avx2")) tiles.push_back(dot_tile_avx2);
#endif
  tiles.push_back(dot_tile_baseline);
  return tiles;
}

}  // namespace pinsage
