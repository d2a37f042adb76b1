// The device code of src/cuda, run as loops on the host, against the CPU's kernels.
#include <vector>

#include "check.hpp"
#include "cuda/neighborhood.hpp"
#include "random_graph.hpp"

using namespace pinsage;
using test::NeighborhoodArrays;

static cuda::DeviceRows rows_of(const Rows& rows) {
  const CsrView& csr = rows.csr();
  return {csr.offsets.data(), csr.ids.data(), rows.weighted() ? &rows.weighted_edge(0) : nullptr};
}

static NeighborhoodArrays emulated(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& walks,
                                   const ExcludedPairs& excluded, uint32_t neighbors, cuda::HostBlock block) {
  const cuda::DeviceGraph device(rows_of(graph.pin_rows()), graph.pins(), rows_of(graph.board_rows()), graph.boards());
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
      for (const auto order : {cuda::ThreadOrder::forwards, cuda::ThreadOrder::backwards}) {
        CHECK(emulated(random.graph, seeds, walks, excluded, neighbors, cuda::HostBlock(threads, order)) == expected);
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

TEST("sorting, whatever the size and the threads") {
  std::mt19937 random(1);
  for (uint32_t size = 1; size <= 1024; size *= 2) {
    std::vector<uint32_t> values(size);
    for (uint32_t& value : values) value = random() % 300;
    std::vector<uint32_t> expected = values;
    std::sort(expected.begin(), expected.end());
    for (const uint32_t threads : {1, 3, 64}) {
      std::vector<uint32_t> sorted = values;
      cuda::HostBlock block(threads);
      cuda::sort(block, sorted.data(), size);
      CHECK(sorted == expected);
    }
  }
}

TEST_MAIN()
