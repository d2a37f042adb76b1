// Walks and PageRank on a GPU, or on the host that emulates one, against the CPU's kernels.
#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"
#include "cuda_each_order.hpp"
#ifdef PINSAGE_EMULATED
#include "cuda/block.hpp"
#endif
#include "pinsage/cuda.hpp"
#include "random_graph.hpp"

using namespace pinsage;
using test::NeighborhoodArrays;

/// The host emulates on one thread, and under sanitizers.
constexpr uint32_t pins = test::emulated ? 300 : 30'000;

static test::RandomGraph random_graph(uint32_t seed, bool weighted) {
  return test::RandomGraph(seed, pins, pins / 5, size_t{pins} * 7, weighted);
}

static void test_neighborhoods(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& walks,
                               uint32_t neighbors) {
  const ExcludedPairs excluded(std::vector<PinId>{0, 3, 3, 3, 40}, std::vector<PinId>{1, 0, 7, 7, 2});
  NeighborhoodArrays expected(seeds.size(), neighbors);
  importance_neighborhoods(graph, seeds, walks, excluded, {}, expected.view(), {});
  test::in_each_order([&] {
    NeighborhoodArrays actual(seeds.size(), neighbors);
    cuda::importance_neighborhoods(graph, seeds, walks, excluded, actual.view(), {});
    CHECK(actual == expected);
  });
}

TEST("there is a device") {
  CHECK(cuda::built);
  const cuda::Status status = cuda::status();
  std::printf("%s", status.problem.c_str());
  CHECK(!status.devices.empty());
}

TEST("neighbourhoods are the CPU's, bit for bit") {
  for (const bool weighted : {false, true}) {
    const auto random = random_graph(3, weighted);
    const std::vector<PinId> seeds = test::all_pins(random.graph);
    test_neighborhoods(random.graph, seeds, {.walks = 100, .hops = 3, .stop = 0.5, .seed = 5}, 50);
    test_neighborhoods(random.graph, seeds, {.walks = 10, .hops = 2, .stop = 0.5, .seed = 6, .stream = 9}, 3);
    test_neighborhoods(random.graph, seeds, {.walks = 1, .hops = 1, .stop = 0}, 5);
    test_neighborhoods(random.graph, seeds, {.walks = 200, .hops = 7, .stop = 0.15, .restart = true, .seed = 7}, 400);
    test_neighborhoods(random.graph, seeds, {.walks = 60, .hops = 3, .stop = 0.2, .seed = 8, .folds = 3, .fold = 1},
                       20);
    std::vector<int64_t> limits(seeds.size());
    for (size_t i = 0; i < limits.size(); ++i) limits[i] = static_cast<int64_t>(i % 110);
    test_neighborhoods(random.graph, seeds, {.walks = 60, .seed = 8, .folds = 3, .fold = 1, .before = limits}, 20);
    test_neighborhoods(random.graph, seeds, {.walks = 9, .restart = true, .before = std::span(limits).subspan(50, 1)},
                       8);
    // Visits that take most of the shared memory, and some that do not fit there.
    const std::span few(seeds.data(), test::emulated ? 7 : 300);
    test_neighborhoods(random.graph, few, {.walks = 4000, .hops = 4, .stop = 0.1, .seed = 9}, 1000);
    test_neighborhoods(random.graph, few, {.walks = test::emulated ? 7000u : 50'000u, .hops = 3, .seed = 10}, 100);
  }
}

static void test_bands(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                       uint32_t from, uint32_t to) {
  const size_t size = queries.size() * (to - from);
  std::vector<PinId> expected_ids(size);
  std::vector<float> expected_scores(size);
  std::vector<uint32_t> expected_counts(queries.size());
  const MonteCarlo monte_carlo{.walks = test::emulated ? 2000u : 10'000u, .seed = 3};
  page_rank_band(graph, queries, options, monte_carlo, {from, to, expected_ids, expected_scores, expected_counts}, {});
  test::in_each_order([&] {
    std::vector<PinId> ids(size);
    std::vector<float> scores(size);
    std::vector<uint32_t> counts(queries.size());
    cuda::page_rank_band(graph, queries, options, monte_carlo, {from, to, ids, scores, counts}, {});
    CHECK(ids == expected_ids);
    CHECK(scores == expected_scores);
    CHECK(counts == expected_counts);
  });
}

/// The last tenth of the pins has no edges.
static std::vector<PinId> some_queries() {
  std::vector<PinId> queries{0, 1, pins / 2, pins - 1};
  for (PinId pin = 5; queries.size() < (test::emulated ? 20 : 40); ++pin) queries.push_back(pin);
  return queries;
}

TEST("bands of PageRank are the CPU's, bit for bit") {
  for (const bool weighted : {false, true}) {
    const auto random = random_graph(5, weighted);
    test_bands(random.graph, some_queries(), {}, 0, 1);
    // Keys that fit the shared memory, and all of a query's.
    test_bands(random.graph, some_queries(), {}, pins / 60, pins / 6);
    test_bands(random.graph, some_queries(), {.alpha = 0.6}, 20, pins + pins / 3);
  }
}

static void test_page_rank(const Graph& graph, const PageRankOptions& options) {
  const std::vector<PinId> queries = some_queries();
  std::vector<float> expected(queries.size() * pins);
  page_rank(graph, queries, {.alpha = options.alpha}, expected, {});
  std::vector<float> first;
  test::in_each_order([&] {
    std::vector<float> scores(expected.size());
    cuda::page_rank(graph, queries, options, scores, {});
    for (size_t q = 0; q < queries.size(); ++q) {
      double distance = 0;
      for (size_t i = q * pins; i < (q + 1) * pins; ++i) distance += std::abs(double{scores[i]} - double{expected[i]});
      CHECK(distance < options.tolerance + 2e-6);
    }
    CHECK(first.empty() || scores == first);
    first = scores;
    // A query's scores do not depend on those beside it.
    std::vector<float> alone(pins);
    cuda::page_rank(graph, std::span(queries).subspan(4, 1), options, alone, {});
    CHECK(std::equal(alone.begin(), alone.end(), scores.begin() + ptrdiff_t{4} * pins));
  });
}

TEST("exact PageRank is the CPU's within the tolerance") {
  for (const bool weighted : {false, true}) {
    const auto random = random_graph(6, weighted);
    test_page_rank(random.graph, {.alpha = 0.15, .tolerance = 1e-6});
    test_page_rank(random.graph, {.alpha = 0.15, .tolerance = 1e-3});
    test_page_rank(random.graph, {.alpha = 0.6, .tolerance = 1e-6});
  }
}

TEST("several threads use one graph at once, and a call can be stopped") {
  const auto random = random_graph(4, false);
  const std::vector<PinId> seeds = test::all_pins(random.graph);
  const WalkOptions walks{.walks = 100, .hops = 3};
  NeighborhoodArrays expected(seeds.size(), 50);
  importance_neighborhoods(random.graph, seeds, walks, {}, {}, expected.view(), {});
  std::vector<NeighborhoodArrays> actual(4, NeighborhoodArrays(seeds.size(), 50));
  std::vector<std::string> codes(actual.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < actual.size(); ++i) {
    threads.emplace_back([&, i] {
      codes[i] = test::error_code(
          [&] { cuda::importance_neighborhoods(random.graph, seeds, walks, {}, actual[i].view(), {}); });
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < actual.size(); ++i) CHECK(codes[i].empty() && actual[i] == expected);
  Control control{.cancel = 1};
  NeighborhoodArrays out(seeds.size(), 50);
  CHECK(test::error_code([&] {
          cuda::importance_neighborhoods(random.graph, seeds, walks, {}, out.view(), {.control = &control});
        }) == "ABORTED");
}

#ifdef PINSAGE_EMULATED
TEST("sorting, whatever the size and the threads") {
  std::mt19937 random(1);
  for (uint32_t size = 1; size <= 1024; size *= 2) {
    std::vector<uint32_t> values(size);
    for (uint32_t& value : values) value = random() % 300;
    std::vector<uint32_t> expected = values;
    std::sort(expected.begin(), expected.end());
    for (const uint32_t threads : {1, 3, 64}) {
      test::in_each_order([&] {
        std::vector<uint32_t> sorted = values;
        cuda::Block block(threads);
        cuda::sort(block, sorted.data(), size);
        CHECK(sorted == expected);
      });
    }
  }
}
#endif

TEST_MAIN()
