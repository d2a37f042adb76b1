// The lockstep sampler against the plain one: every instruction set, kind of graph and option, and any number of
// threads.

#include "plain/neighborhoods.hpp"
#include "check.hpp"
#include "cpu/graph/simd.hpp"
#include "random_graph.hpp"

using namespace pinsage;
using test::NeighborhoodArrays, test::RandomGraph;

struct Variant {
  WalkOptions walks;
  uint32_t neighbors;
};

static std::span<const int64_t> limits() {
  static const std::vector<int64_t> one = {60};
  return one;
}

static std::vector<Variant> variants() {
  std::vector<Variant> all = {
      {{}, 50},
      {{.walks = 10, .hops = 2}, 3},
      {{.walks = 1, .hops = 1, .stop = 1}, 1},
      {{.walks = 1500, .hops = 3, .seed = ~uint64_t{0}}, 200},            // more walks than go in lockstep
      {{.walks = 3, .hops = 1500, .stop = 0.002, .stream = nothing}, 7},  // visits beyond the last bucket
      {{.walks = 20, .hops = 40, .stop = 0.3, .restart = true}, 10},
      {{.walks = 2500, .hops = 110, .stop = 0}, 5},  // more visits than are collected at once
      {{.walks = 30, .stop = 0}, 65536},
  };
  for (size_t i = all.size(); i-- > 0;) {
    Variant held_out = all[i];
    held_out.walks.folds = 3;
    held_out.walks.fold = 1;
    Variant early = i % 2 == 0 ? held_out : all[i];
    all.push_back(held_out);
    early.walks.before = limits();
    all.push_back(early);
  }
  return all;
}

TEST("walks in lockstep and over hop tables equal plain ones") {
  for (const auto& [weighted, use] : {std::pair{false, HopTablesUse::never},
                                      {false, HopTablesUse::now},
                                      {true, HopTablesUse::never},
                                      {true, HopTablesUse::now}}) {
    const RandomGraph random(weighted ? 1 : 2, 300, 40, 1500, weighted, use);
    std::vector<PinId> seeds = test::all_pins(random.graph);
    seeds.resize(20);
    seeds.insert(seeds.end(), {299, 3, 3, 300, 301, 302});
    const std::vector<uint32_t> offsets = {0, 2, 2, 5};
    const std::vector<BoardId> boards = {0, 39, 1, 2, 3};
    const NewPins new_pins{offsets, boards};
    const std::vector<PinId> queries = {0, 0, 5, 300}, items = {1, 2, 0, 0};
    const ExcludedPairs excluded(queries, items);
    for (const Variant& variant : variants()) {
      const size_t n = variant.walks.walks > 1000 ? 2 : seeds.size();
      const auto some = std::span<const PinId>(seeds).last(n);
      NeighborhoodArrays expected(n, variant.neighbors);
      plain_neighborhoods(random.graph, some, variant.walks, excluded, new_pins, expected.view(), {});
      for (const std::string& target : simd::targets()) {
        simd::use_target(target);
        for (const int threads : target == simd::targets().front() ? std::vector{1, 2, 5} : std::vector{1}) {
          NeighborhoodArrays actual(n, variant.neighbors);
          importance_neighborhoods(random.graph, some, variant.walks, excluded, new_pins, actual.view(),
                                   {.threads = threads});
          CHECK(actual == expected);
        }
      }
      simd::use_target("");
    }
  }
}

TEST("an aborted call leaves nothing behind") {
  const RandomGraph random(3, 300, 40, 1500, false);
  const std::vector<PinId> seeds = test::all_pins(random.graph);
  NeighborhoodArrays before(seeds.size(), 5), after(seeds.size(), 5);
  importance_neighborhoods(random.graph, seeds, {}, {}, {}, before.view(), {.threads = 1});
  Control control;
  control.cancel = 1;
  CHECK(test::error_code([&] {
          importance_neighborhoods(random.graph, seeds, {}, {}, {}, after.view(), {.threads = 1, .control = &control});
        }) == "ABORTED");
  importance_neighborhoods(random.graph, seeds, {}, {}, {}, after.view(), {.threads = 1});
  CHECK(before == after);
}

TEST("seeds and options are checked") {
  const RandomGraph random(4, 30, 5, 60, false);
  const auto code = [&](WalkOptions options, PinId seed) {
    NeighborhoodArrays out(1, 5);
    return test::error_code(
        [&] { importance_neighborhoods(random.graph, std::vector<PinId>{seed}, options, {}, {}, out.view(), {}); });
  };
  CHECK(code({}, 29).empty());
  CHECK(code({}, 30) == "INVALID_ARGUMENT");
  CHECK(code({}, nothing) == "INVALID_ARGUMENT");
  CHECK(code({.walks = 0}, 0) == "INVALID_ARGUMENT");
  CHECK(code({.hops = 0}, 0) == "INVALID_ARGUMENT");
  CHECK(code({.walks = 1 << 23, .hops = 3}, 0) == "INVALID_ARGUMENT");
  CHECK(code({.stop = -1}, 0) == "INVALID_ARGUMENT");
  CHECK(code({.folds = 2, .fold = 2}, 0) == "INVALID_ARGUMENT");
  const std::vector<int64_t> limits = {5, 6};
  CHECK(code({.before = std::span(limits).first(1)}, 0).empty());
  CHECK(code({.before = limits}, 0) == "INVALID_ARGUMENT");
}

TEST_MAIN()
