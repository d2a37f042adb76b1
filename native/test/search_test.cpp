// Exact search against sorting all scores; meant to run under sanitizers too, on shapes that leave every kind of
// remainder.
#include "pinsage/search.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <vector>

#include "cpu/search/dot_tile.hpp"

using namespace pinsage;

static void check(bool good, const char* what, size_t n, size_t m, size_t width) {
  if (good) return;
  std::fprintf(stderr, "%s: wrong for %zu queries, %zu vectors of %zu\n", what, n, m, width);
  std::exit(1);
}

static void compare(size_t n, size_t m, size_t width, size_t top, int threads) {
  std::mt19937 random(static_cast<unsigned>(n * 31 + m * 7 + width));
  const auto numbers = [&](size_t count) {
    std::vector<float> values(count);
    // Few levels, so that many scores are equal.
    for (float& value : values) value = static_cast<float>(random() % 5) - 2;
    return values;
  };
  const auto queries = numbers(n * width);
  const auto vectors = numbers(m * width);
  std::vector<float> scores(n * m);
  for (size_t q = 0; q < n; ++q) {
    for (size_t v = 0; v < m; ++v) {
      scores[q * m + v] =
          std::inner_product(&queries[q * width], &queries[q * width] + width, &vectors[v * width], 0.0f);
    }
  }

  std::vector<uint32_t> ids(n * top), counts(n);
  std::vector<float> found(n * top);
  const Execution execution{threads};
  search_vectors({queries.data(), n, width}, {vectors.data(), m, width}, {}, {ids, found, counts, top}, execution);

  std::vector<uint32_t> offsets(n + 1), targets(n * m), ranks(n * m), order(m);
  for (size_t q = 0; q <= n; ++q) offsets[q] = static_cast<uint32_t>(q * m);
  for (size_t i = 0; i < n * m; ++i) targets[i] = static_cast<uint32_t>(i % m);
  rank_vectors({queries.data(), n, width}, {vectors.data(), m, width}, {offsets, targets}, {}, ranks, execution);

  for (size_t q = 0; q < n; ++q) {
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return scores[q * m + a] > scores[q * m + b]; });
    check(counts[q] == std::min(top, m), "count", n, m, width);
    for (size_t i = 0; i < top; ++i) {
      const bool there = i < m;
      check(ids[q * top + i] == (there ? order[i] : 0xffffffffu), "id", n, m, width);
      check(there ? found[q * top + i] == scores[q * m + order[i]] : std::isinf(found[q * top + i]), "score", n, m,
            width);
    }
    for (size_t i = 0; i < m; ++i) check(ranks[q * m + order[i]] == i + 1, "rank", n, m, width);
  }
}

/// Every instruction set gives the bits of the plain loop.
static void compare_tiles() {
  constexpr size_t kWidth = 77;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> queries(kWidth * kTileQueries), vectors(kWidth * kTileVectors);
  for (float& value : queries) value = normal(random);
  for (float& value : vectors) value = normal(random);
  for (const DotTile tile : dot_tiles()) {
    std::vector<float> scores(kTileQueries * kTileVectors);
    tile(queries.data(), vectors.data(), kWidth, scores.data(), kTileVectors);
    for (size_t q = 0; q < kTileQueries; ++q) {
      for (size_t v = 0; v < kTileVectors; ++v) {
        float sum = 0;
        for (size_t k = 0; k < kWidth; ++k) sum += vectors[k * kTileVectors + v] * queries[k * kTileQueries + q];
        check(scores[q * kTileVectors + v] == sum, "tile", kTileQueries, kTileVectors, kWidth);
      }
    }
  }
}

int main() {
  compare_tiles();
  for (const int threads : {1, 3}) {
    for (const size_t n : {1, 7, 8, 9, 130}) {
      for (const size_t m : {1, 15, 16, 17, 1025}) {
        for (const size_t width : {1, 3, 64}) compare(n, m, width, 20, threads);
      }
    }
  }
  // So wide that a block of candidates is at its smallest, and so many candidates that one query is cut into parts.
  compare(3, 40, 5000, 4, 2);
  compare(1, 40000, 2, 70, 2);

  try {
    const float bad[] = {1, NAN};
    uint32_t id, count;
    float score;
    search_vectors({bad, 1, 2}, {bad, 1, 2}, {}, {{&id, 1}, {&score, 1}, {&count, 1}, 1}, {});
    check(false, "NaN", 1, 1, 2);
  } catch (const Error& error) {
    check(std::string(error.code()) == "NOT_FINITE", "code", 1, 1, 2);
  }
  std::puts("search: ok");
}
