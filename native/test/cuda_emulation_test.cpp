// The device code of src/cuda, run as loops on the host, against the CPU's kernels.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "check.hpp"
#include "cuda/band_selection.hpp"
#include "cuda/neighborhood.hpp"
#include "cuda/power_iteration.hpp"
#include "cuda/visit_scores.hpp"
#include "random_graph.hpp"

using namespace pinsage;
using test::NeighborhoodArrays;

/// The order in which the host runs the threads of a block: a kernel's results must not depend on it.
enum class ThreadOrder { forwards, backwards };

/// A block whose threads are a loop.
class HostBlock {
 public:
  explicit HostBlock(uint32_t threads, ThreadOrder order = ThreadOrder::forwards) : threads_(threads), order_(order) {}

  uint32_t threads() const { return threads_; }

  template <class Body>
  void for_each_thread(Body&& body) {
    for (uint32_t i = 0; i < threads_; ++i) body(order_ == ThreadOrder::forwards ? i : threads_ - 1 - i);
  }

 private:
  uint32_t threads_;
  ThreadOrder order_;
};

static cuda::DeviceRows rows_of(const Rows& rows) {
  const CsrView& csr = rows.csr();
  return {csr.offsets.data(), csr.ids.data(), rows.weighted() ? &rows.weighted_edge(0) : nullptr,
          rows.weighted() ? csr.weights.data() : nullptr};
}

static cuda::DeviceGraph view(const Graph& graph) {
  return {rows_of(graph.pin_rows()), graph.pins(), rows_of(graph.board_rows()), graph.boards()};
}

static NeighborhoodArrays emulated(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& walks,
                                   const ExcludedPairs& excluded, uint32_t neighbors, HostBlock block) {
  const cuda::DeviceGraph device = view(graph);
  NeighborhoodArrays out(seeds.size(), neighbors);
  const cuda::NeighborhoodCall call{seeds.data(),
                                    walks,
                                    walks.stop_below(),
                                    excluded.owners().data(),
                                    excluded.others().data(),
                                    static_cast<uint32_t>(excluded.owners().size()),
                                    neighbors,
                                    out.ids.data(),
                                    out.weights.data(),
                                    out.counts.data()};
  const uint32_t size = cuda::NeighborhoodRoom::size(walks);
  std::vector<uint64_t> memory(cuda::NeighborhoodRoom::bytes(size, block.threads()) / sizeof(uint64_t) + 1, 0x5a5a);
  const cuda::NeighborhoodRoom room(memory.data(), size, block.threads());
  for (size_t i = 0; i < seeds.size(); ++i) neighborhood(block, device, call, i, room, size);
  return out;
}

static void test_neighborhoods(const WalkOptions& walks, uint32_t neighbors) {
  for (const bool weighted : {false, true}) {
    const test::RandomGraph random(3, 300, 60, 2000, weighted);
    const std::vector<PinId> seeds = test::all_pins(random.graph);
    const ExcludedPairs excluded(std::vector<PinId>{0, 3, 3, 3, 40}, std::vector<PinId>{1, 0, 7, 7, 2});
    NeighborhoodArrays expected(seeds.size(), neighbors);
    importance_neighborhoods(random.graph, seeds, walks, excluded, {}, expected.view(), {});
    for (const uint32_t threads : {1, 32, 256}) {
      for (const auto order : {ThreadOrder::forwards, ThreadOrder::backwards}) {
        CHECK(emulated(random.graph, seeds, walks, excluded, neighbors, HostBlock(threads, order)) == expected);
      }
    }
  }
}

TEST("neighbourhoods are the CPU's, bit for bit") {
  test_neighborhoods({.walks = 100, .hops = 3, .stop = 0.5, .seed = 5}, 50);
  test_neighborhoods({.walks = 10, .hops = 2, .stop = 0.5, .seed = 6, .stream = 9}, 3);
  test_neighborhoods({.walks = 1, .hops = 1, .stop = 0}, 5);
  test_neighborhoods({.walks = 200, .hops = 7, .stop = 0.15, .restart = true, .seed = 7}, 400);
  test_neighborhoods({.walks = 60, .hops = 3, .stop = 0.2, .seed = 8, .folds = 3, .fold = 1}, 20);
}

/// A Place whose steps are loops, over items in either order.
struct HostPlace {
  template <class T>
  using ArrayOf = std::vector<T>;

  ThreadOrder order;

  template <class T>
  std::vector<T> array(size_t size) const {
    std::vector<T> memory(size);
    std::memset(static_cast<void*>(memory.data()), 0x5a, size * sizeof(T));
    return memory;
  }
  template <class T>
  void fill(std::vector<T>& memory, int byte) const {
    std::memset(memory.data(), byte, memory.size() * sizeof(T));
  }
  template <class Item>
  void for_each(size_t count, const Item& item) const {
    for (size_t i = 0; i < count; ++i) item(order == ThreadOrder::forwards ? i : count - 1 - i);
  }
  void sort_rows(std::vector<uint64_t>& keys, size_t rows, uint32_t size) const {
    HostBlock block(256, order);
    for (size_t row = 0; row < rows; ++row) cuda::sort(block, keys.data() + row * size, size);
  }
  template <class T>
  void copy_to_host(const std::vector<T>& memory, T* to, size_t count) const {
    std::copy_n(memory.data(), count, to);
  }
};

static void test_bands(bool weighted, uint32_t from, uint32_t to, double alpha) {
  const test::RandomGraph random(5, 3000, 300, 20'000, weighted);
  const Graph& graph = random.graph;
  // The last tenth of the pins has no edges.
  const std::vector<PinId> queries{0, 1, 1500, 2999, 77, 5, 6, 7, 8, 9, 10, 11, 12};
  const size_t width = to - from, size = queries.size() * width;
  const PageRankOptions options{.alpha = alpha};
  const MonteCarlo monte_carlo{.walks = 2000, .seed = 11};
  std::vector<PinId> expected_ids(size), ids(size);
  std::vector<float> expected_scores(size), scores(size);
  std::vector<uint32_t> expected_counts(queries.size()), counts(queries.size());
  page_rank_band(graph, queries, options, monte_carlo, {from, to, expected_ids, expected_scores, expected_counts}, {});
  const Array<double> board_inverses = inverses(row_totals(graph.board_rows(), {}), {});
  for (const auto order : {ThreadOrder::forwards, ThreadOrder::backwards}) {
    HostPlace place{order};
    cuda::VisitScores visits(place, view(graph), board_inverses.data(), options, monte_carlo);
    cuda::BandSelection selection(place, graph.pins(), from, to);
    const cuda::Queries batch(queries);
    selection.run(batch, visits.run(batch), ids.data(), scores.data(), counts.data());
    CHECK(ids == expected_ids);
    CHECK(scores == expected_scores);
    CHECK(counts == expected_counts);
  }
}

TEST("bands of PageRank are the CPU's, bit for bit") {
  for (const bool weighted : {false, true}) {
    test_bands(weighted, 0, 1, 0.15);
    test_bands(weighted, 100, 500, 0.15);
    test_bands(weighted, 20, 4000, 0.6);
  }
}

static void test_page_rank(bool weighted, double alpha, double tolerance) {
  const test::RandomGraph random(6, 3000, 300, 20'000, weighted);
  const Graph& graph = random.graph;
  const std::vector<PinId> queries{0, 1, 1500, 2999, 77, 5, 6};
  const PageRankOptions options{.alpha = alpha, .tolerance = tolerance};
  std::vector<float> expected(queries.size() * graph.pins());
  page_rank(graph, queries, {.alpha = alpha}, expected, {});
  const Array<double> totals = row_totals(graph.board_rows(), {});
  const Array<double> board_inverses = inverses(totals, {}),
                      pin_inverses = inverses(row_totals(graph.pin_rows(), {}), {});
  std::vector<float> first(expected.size());
  for (const auto order : {ThreadOrder::forwards, ThreadOrder::backwards}) {
    HostPlace place{order};
    cuda::PowerIteration iteration(place, view(graph), {pin_inverses.data(), board_inverses.data(), totals.data()},
                                   options);
    std::vector<float> scores(expected.size());
    place.for_each(scores.size(),
                   cuda::TransposeScores{graph.pins(), iteration.run(cuda::Queries(queries)), scores.data()});
    for (size_t q = 0; q < queries.size(); ++q) {
      double distance = 0;
      for (size_t i = q * graph.pins(); i < (q + 1) * graph.pins(); ++i) {
        distance += std::abs(static_cast<double>(scores[i]) - static_cast<double>(expected[i]));
      }
      CHECK(distance < tolerance + 2e-6);
    }
    if (order == ThreadOrder::forwards) {
      first = scores;
    } else {
      CHECK(scores == first);
    }
    // A query's scores do not depend on those beside it.
    std::vector<float> alone(graph.pins());
    const std::vector<PinId> query{queries[4]};
    place.for_each(alone.size(),
                   cuda::TransposeScores{graph.pins(), iteration.run(cuda::Queries(query)), alone.data()});
    CHECK(std::equal(alone.begin(), alone.end(), scores.begin() + 4 * static_cast<ptrdiff_t>(graph.pins())));
  }
}

TEST("exact PageRank is the CPU's within the tolerance") {
  for (const bool weighted : {false, true}) {
    test_page_rank(weighted, 0.15, 1e-6);
    test_page_rank(weighted, 0.15, 1e-3);
    test_page_rank(weighted, 0.6, 1e-6);
  }
}

TEST("sorting, whatever the size and the threads") {
  std::mt19937 random(1);
  for (uint32_t size = 1; size <= 1024; size *= 2) {
    std::vector<uint32_t> values(size);
    for (uint32_t& value : values) value = random() % 300;
    std::vector<uint32_t> expected = values;
    std::sort(expected.begin(), expected.end());
    for (const uint32_t threads : {1, 3, 64}) {
      std::vector<uint32_t> sorted = values;
      HostBlock block(threads);
      cuda::sort(block, sorted.data(), size);
      CHECK(sorted == expected);
    }
  }
}

TEST_MAIN()
