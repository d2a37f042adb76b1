#include "pinsage/graph.hpp"

#include <numeric>

#include "check.hpp"
#include "cpu/graph/walker.hpp"
#include "random_graph.hpp"

using namespace pinsage;

TEST("Philox gives the known answers of Random123") {
  CHECK(philox4x32(0, {0, 0, 0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32(~uint64_t{0}, {nothing, nothing, nothing, nothing}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32(0x299f31d0a4093822, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST("picks stay inside the row") {
  for (const uint32_t degree : {1u, 2u, 3u, 1000u, 0xffffffffu}) {
    CHECK(pick_uniform(0, degree) == 0);
    CHECK(pick_uniform(nothing, degree) == degree - 1);
  }
  const std::vector<WeightedEdge> row = {{0, 5}, {0.25f, 6}, {0.25f, 7}, {1, 8}, {1, 9}};
  CHECK(pick_weighted(0, row.data(), 5) == 1);
  CHECK(pick_weighted(0x3fffffff, row.data(), 5) == 1);
  CHECK(pick_weighted(0x40000000, row.data(), 5) == 3);
  CHECK(pick_weighted(nothing, row.data(), 5) == 3);
}

TEST("a board with more pins than a packed row can say") {
  constexpr uint32_t pins = Rows::degree_mask + 5;
  std::vector<uint64_t> pin_offsets(pins + 1), board_offsets = {0, pins};
  std::iota(pin_offsets.begin(), pin_offsets.end(), uint64_t{0});
  const std::vector<BoardId> pin_boards(pins, 0);
  std::vector<PinId> board_pins(pins);
  std::iota(board_pins.begin(), board_pins.end(), 0);
  const Graph graph({pin_offsets, pin_boards, {}}, {board_offsets, board_pins, {}}, {});
  CHECK(graph.board_rows().degree(0) == pins);
  std::vector<PinId> visited(1000);
  walk(graph, std::vector<PinId>{7}, {.walks = 1000, .hops = 1}, visited, {});
  for (uint32_t walk = 0; walk < 1000; ++walk) {
    CHECK(visited[walk] == pick_uniform(philox4x32(0, {7, walk, 0, 0})[1], pins));
  }
}

TEST("guides lead to the picked edge") {
  const test::RandomGraph random(5, 200, 30, 2000, true);
  const Rows& rows = random.graph.board_rows();
  std::mt19937 words(6);
  for (BoardId board = 0; board < random.graph.boards(); ++board) {
    const Row row = rows.row(board);
    if (!row.walkable()) continue;
    for (int i = 0; i < 200; ++i) {
      const uint32_t word = i == 0 ? 0 : i == 1 ? nothing : static_cast<uint32_t>(words());
      const uint32_t picked = pick_weighted(word, row.edges, row.degree);
      CHECK(rows.guide(rows.offset(board) + pick_uniform(word, row.degree)) <= picked);
    }
  }
}

TEST("exceptions and cancellation end a parallel loop") {
  for (const int threads : {1, 2, 5}) {
    CHECK(test::error_code([&] {
            parallel_for({.threads = threads}, 1000, 1, [](size_t begin, size_t, int) {
              if (begin == 500) throw Error("NOT_FINITE", "here");
            });
          }) == "NOT_FINITE");
    Control control;
    CHECK(test::error_code([&] {
            parallel_for({.threads = threads, .control = &control}, 1'000'000, 1, [&](size_t begin, size_t, int) {
              if (begin == 10) std::atomic_ref(control.cancel).store(1);
            });
          }) == "ABORTED");
  }
}

TEST_MAIN()
