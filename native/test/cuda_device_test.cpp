// What runs on a GPU, against the CPU's kernels. Built with CUDA only; run where there is a device (tools/gpu-check).
#include <cmath>
#include <thread>
#include <vector>

#include "check.hpp"
#include "pinsage/cuda.hpp"
#include "random_graph.hpp"

using namespace pinsage;
using test::NeighborhoodArrays;

static void test_neighborhoods(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& walks,
                               uint32_t neighbors) {
  const ExcludedPairs excluded(std::vector<PinId>{0, 3, 3, 3, 40}, std::vector<PinId>{1, 0, 7, 7, 2});
  NeighborhoodArrays expected(seeds.size(), neighbors), actual(seeds.size(), neighbors);
  importance_neighborhoods(graph, seeds, walks, excluded, {}, expected.view(), {});
  cuda::importance_neighborhoods(graph, seeds, walks, excluded, actual.view(), {});
  CHECK(actual == expected);
}

TEST("there is a device") {
  CHECK(cuda::built);
  const cuda::Status status = cuda::status();
  std::printf("%s", status.problem.c_str());
  CHECK(!status.devices.empty());
}

TEST("neighbourhoods are the CPU's, bit for bit") {
  for (const bool weighted : {false, true}) {
    const test::RandomGraph random(3, 30'000, 6000, 200'000, weighted);
    const std::vector<PinId> seeds = test::all_pins(random.graph);
    test_neighborhoods(random.graph, seeds, {.walks = 100, .hops = 3, .stop = 0.5, .seed = 5}, 50);
    test_neighborhoods(random.graph, seeds, {.walks = 10, .hops = 2, .stop = 0.5, .seed = 6, .stream = 9}, 3);
    test_neighborhoods(random.graph, seeds, {.walks = 1, .hops = 1, .stop = 0}, 5);
    test_neighborhoods(random.graph, seeds, {.walks = 200, .hops = 7, .stop = 0.15, .restart = true, .seed = 7}, 400);
    test_neighborhoods(random.graph, seeds, {.walks = 60, .hops = 3, .stop = 0.2, .seed = 8, .folds = 3, .fold = 1},
                       20);
    // Visits that take most of the shared memory, and some that do not fit there.
    const std::span few(seeds.data(), 300);
    test_neighborhoods(random.graph, few, {.walks = 4000, .hops = 4, .stop = 0.1, .seed = 9}, 1000);
    test_neighborhoods(random.graph, few, {.walks = 50'000, .hops = 3, .stop = 0.5, .seed = 10}, 100);
  }
}

TEST("bands of PageRank are the CPU's, bit for bit") {
  for (const bool weighted : {false, true}) {
    const test::RandomGraph random(5, 30'000, 3000, 200'000, weighted);
    std::vector<PinId> some = test::all_pins(random.graph);
    some.resize(40);
    // Keys that fit the shared memory, and all of a query's.
    for (const auto& [from, to] : {std::pair{20u, 500u}, {2000u, 40'000u}}) {
      const size_t width = to - from, size = some.size() * width;
      std::vector<PinId> expected_ids(size), ids(size);
      std::vector<float> expected_scores(size), scores(size);
      std::vector<uint32_t> expected_counts(some.size()), counts(some.size());
      const MonteCarlo monte_carlo{.walks = 10'000, .seed = 3};
      page_rank_band(random.graph, some, {}, monte_carlo, {from, to, expected_ids, expected_scores, expected_counts},
                     {});
      cuda::page_rank_band(random.graph, some, {}, monte_carlo, {from, to, ids, scores, counts}, {});
      CHECK(ids == expected_ids);
      CHECK(scores == expected_scores);
      CHECK(counts == expected_counts);
    }
  }
}

TEST("exact PageRank is the CPU's within the tolerance") {
  for (const bool weighted : {false, true}) {
    const test::RandomGraph random(6, 30'000, 3000, 200'000, weighted);
    std::vector<PinId> queries = test::all_pins(random.graph);
    queries.resize(40);
    std::vector<float> expected(queries.size() * random.graph.pins()), actual(expected.size());
    page_rank(random.graph, queries, {}, expected, {});
    cuda::page_rank(random.graph, queries, {}, actual, {});
    for (size_t q = 0; q < queries.size(); ++q) {
      double distance = 0;
      for (size_t i = q * random.graph.pins(); i < (q + 1) * random.graph.pins(); ++i) {
        distance += std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i]));
      }
      CHECK(distance < 3e-6);
    }
  }
}

TEST("several threads use one graph at once, and a call can be stopped") {
  const test::RandomGraph random(4, 30'000, 6000, 200'000, false);
  const std::vector<PinId> seeds = test::all_pins(random.graph);
  const WalkOptions walks{.walks = 100, .hops = 3};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { test_neighborhoods(random.graph, seeds, walks, 50); });
  for (std::thread& thread : threads) thread.join();
  Control control{.cancel = 1};
  NeighborhoodArrays out(seeds.size(), 50);
  CHECK(test::error_code([&] {
          cuda::importance_neighborhoods(random.graph, seeds, walks, {}, out.view(), {.control = &control});
        }) == "ABORTED");
}

TEST_MAIN()
