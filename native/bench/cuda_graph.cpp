// How fast are neighbourhoods and PageRank on the GPU, beside this machine's CPU? Prints a JSON object for each case.
// Without Node.
//
// cuda_graph [pins boards edges]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <vector>

#include "pinsage/csr.hpp"
#include "pinsage/cuda.hpp"

using namespace pinsage;

/// Zipf degrees of exponent .75 on both sides, as the benchmarks in JavaScript have.
static CsrArrays zipf_graph(uint32_t pins, uint32_t boards, size_t edges) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform;
  // Ranks of density r^-.75 are the fourth power of a uniform number; ids are ranks in a shuffled order.
  const auto draw = [&](uint32_t count) {
    const auto rank = static_cast<uint64_t>(std::pow(uniform(random), 4) * count);
    return static_cast<uint32_t>(rank * 2654435761u % count);
  };
  std::vector<PinId> edge_pins(edges);
  std::vector<BoardId> edge_boards(edges);
  for (size_t i = 0; i < edges; ++i) {
    edge_pins[i] = draw(pins);
    edge_boards[i] = draw(boards);
  }
  return build_csr({edge_pins, edge_boards, {}, {}, false, false}, pins, boards, Duplicates::merge, {});
}

template <class Work>
static double median_seconds(Work&& work) {
  std::vector<double> seconds;
  work();
  for (int round = 0; round < 7; ++round) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[3];
}

static void measure_neighborhoods(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& walks,
                                  uint32_t neighbors) {
  std::vector<PinId> ids(seeds.size() * neighbors);
  std::vector<float> weights(ids.size());
  std::vector<uint32_t> counts(seeds.size());
  const Neighborhoods out{ids, weights, counts, neighbors};
  const double gpu = median_seconds([&] { cuda::importance_neighborhoods(graph, seeds, walks, {}, out, {}); });
  const double cpu = median_seconds([&] { importance_neighborhoods(graph, seeds, walks, {}, {}, out, {}); });
  double hops = 0;  // of a walk, on average
  for (uint32_t hop = 0; hop < walks.hops; ++hop) hops += std::pow(1 - walks.stop, hop);
  const auto pins = static_cast<double>(seeds.size());
  std::printf(
      "{\"work\":\"neighbourhoods\",\"walks\":%u,\"hops\":%u,\"stop\":%g,\"pinsPerSecond\":%.4g,"
      "\"hopsPerSecond\":%.4g,\"cpuPinsPerSecond\":%.4g,\"ratio\":%.3g}\n",
      walks.walks, walks.hops, walks.stop, pins / gpu, pins * walks.walks * hops / gpu, pins / cpu, cpu / gpu);
}

/// Ranks 2000 to 5000 by walks, and exact scores; seconds are those of a query.
static void measure_page_rank(const Graph& graph, std::span<const PinId> seeds) {
  constexpr uint32_t from = 2000, to = 5000;
  const std::span queries = seeds.first(64);
  std::vector<PinId> ids(queries.size() * (to - from));
  std::vector<float> scores(ids.size()), all(16 * size_t{graph.pins()});
  std::vector<uint32_t> counts(queries.size());
  const PageRankBand out{from, to, ids, scores, counts};
  const auto print = [](const char* work, double gpu, double cpu) {
    std::printf("{\"work\":\"%s\",\"seconds\":%.4g,\"cpuSeconds\":%.4g,\"ratio\":%.3g}\n", work, gpu, cpu, cpu / gpu);
  };
  const auto count = static_cast<double>(queries.size());
  print("band", median_seconds([&] { cuda::page_rank_band(graph, queries, {}, MonteCarlo{}, out, {}); }) / count,
        median_seconds([&] { page_rank_band(graph, queries, {}, MonteCarlo{}, out, {}); }) / count);
  print("exact", median_seconds([&] { cuda::page_rank(graph, queries.first(16), {}, all, {}); }) / 16,
        median_seconds([&] { page_rank(graph, queries.first(16), {}, all, {}); }) / 16);
}

int main(int count, char** arguments) {
  const bool given = count == 4;
  const auto pins = static_cast<uint32_t>(given ? std::atoll(arguments[1]) : 1'000'000);
  const auto boards = static_cast<uint32_t>(given ? std::atoll(arguments[2]) : 200'000);
  const auto edges = static_cast<size_t>(given ? std::atoll(arguments[3]) : 20'000'000);
  const CsrArrays csr = zipf_graph(pins, boards, edges);
  const Graph graph({csr.pin_offsets.span(), csr.pin_boards.span(), {}},
                    {csr.board_offsets.span(), csr.board_pins.span(), {}}, {}, HopTablesUse::now, Origin::built);
  std::mt19937 random(2);
  std::vector<PinId> seeds(1 << 17);
  for (PinId& seed : seeds) {
    do seed = random() % pins;
    while (graph.pin_rows().degree(seed) == 0);
  }
  std::printf("{\"pins\":%u,\"boards\":%u,\"edges\":%zu}\n", pins, boards, csr.pin_boards.size());
  measure_neighborhoods(graph, seeds, {.walks = 10, .hops = 2}, 3);
  measure_neighborhoods(graph, seeds, {.walks = 100, .hops = 3}, 50);
  measure_neighborhoods(graph, seeds, {.walks = 100, .hops = 3, .stop = 0}, 50);
  measure_neighborhoods(graph, seeds, {.walks = 1000, .hops = 3, .stop = 0}, 50);
  measure_page_rank(graph, seeds);
}
