// Any options and seeds are refused with an error, or give neighbourhoods that make sense.

#include <cmath>

#include "../test/random_graph.hpp"
#include "input.hpp"
#include "pinsage/batch.hpp"

using namespace pinsage;

static void require(bool holds) {
  if (!holds) __builtin_trap();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr auto now = HopTablesUse::now, never = HopTablesUse::never;
  static const test::RandomGraph graphs[] = {{1, 50, 10, 200, false, never},
                                             {1, 50, 10, 200, false, now},
                                             {2, 50, 10, 200, true, never},
                                             {2, 50, 10, 200, true, now},
                                             {3, 4, 2, 0, false}};
  fuzz::Input input(data, size);
  const Graph& graph = graphs[input.take<uint8_t>() % std::size(graphs)].graph;
  BatchOptions options;
  WalkOptions& walks = options.walks;
  walks.walks = input.take<uint8_t>() % 8 == 0 ? input.take<uint32_t>() : input.take<uint8_t>() % 70;
  walks.hops = input.take<uint8_t>() % 8 == 0 ? input.take<uint32_t>() : input.take<uint8_t>() % 6;
  walks.stop = input.take<uint8_t>() % 8 == 0 ? input.take<double>() : input.take<uint8_t>() / 255.0;
  walks.restart = input.take<uint8_t>() % 2;
  walks.seed = input.take<uint64_t>();
  walks.stream = input.take<uint32_t>();
  walks.folds = input.take<uint8_t>() % 5;
  walks.fold = input.take<uint8_t>() % 5;
  const int64_t limit = input.take<uint8_t>() % 120;
  if (limit < 100) walks.before = {&limit, 1};
  if (uint64_t{walks.walks} * walks.hops > 5'000 && walks.hops > 0) walks.walks = 5'000 / walks.hops;  // quick enough
  options.neighbors = 1 + input.take<uint8_t>() % 60;
  options.layers = 1 + input.take<uint8_t>() % 3;
  auto queries = input.take_some<uint8_t>(5), items = input.take_some<uint8_t>(5), roots = input.take_some<uint8_t>(5);
  queries.resize(std::min(queries.size(), items.size()));
  items.resize(queries.size());
  const std::vector<PinId> query_ids(queries.begin(), queries.end()), item_ids(items.begin(), items.end());
  std::vector<PinId> root_ids(roots.begin(), roots.end());
  if (input.take<uint8_t>() % 4 != 0) {
    for (PinId& root : root_ids) root %= graph.pins() + 2;
  }
  const auto offsets_8 = input.take_some<uint8_t>(3), boards_8 = input.take_some<uint8_t>(6);
  std::vector<uint32_t> offsets(offsets_8.begin(), offsets_8.end()), boards(boards_8.begin(), boards_8.end());
  if (input.take<uint8_t>() % 4 != 0) {
    offsets = {0, static_cast<uint32_t>(boards.size() / 2), static_cast<uint32_t>(boards.size())};
    for (BoardId& board : boards) board %= graph.boards();
  }
  try {
    const Batch batch =
        make_batch(graph, root_ids, options, {query_ids, item_ids}, {offsets, boards}, {}, {.threads = 1});
    require(batch.root_rows.size() == root_ids.size() && batch.sizes.size() == options.layers + 1);
    for (size_t i = 0; i < root_ids.size(); ++i) require(batch.pins[batch.root_rows[i]] == root_ids[i]);
    for (size_t row = 0; row < batch.sizes[1]; ++row) {
      float sum = 0;
      for (size_t t = 0; t < options.neighbors; ++t) {
        const auto neighbor = static_cast<uint32_t>(batch.neighbors[row * options.neighbors + t]);
        const float weight = batch.weights[row * options.neighbors + t];
        require(neighbor < batch.sizes[0] && weight >= 0 && (weight > 0) == (neighbor != row));
        sum += weight;
      }
      require(sum == 0 || std::abs(sum - 1) < 1e-5f);
    }
  } catch (const Error&) {
  }
  return 0;
}
