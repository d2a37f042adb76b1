#include "cpu/graph/components.hpp"

#include <vector>

#include "check.hpp"
#include "cpu/graph/columns.hpp"
#include "random_graph.hpp"

using namespace pinsage;

/// The least board that each board reaches, by search.
static std::vector<BoardId> least_reachable(const Graph& graph) {
  std::vector<BoardId> least(graph.boards(), nothing);
  for (BoardId first = 0; first < graph.boards(); ++first) {
    if (least[first] != nothing) continue;
    least[first] = first;
    std::vector<BoardId> open{first};
    const auto for_each = [](const Rows& rows, uint32_t node, auto&& use) {
      for (uint64_t edge = rows.offset(node), end = edge + rows.degree(node); edge < end; ++edge) {
        if (!rows.weighted() || rows.csr().weights[edge] > 0) use(rows.id(edge));
      }
    };
    while (!open.empty()) {
      const BoardId board = open.back();
      open.pop_back();
      for_each(graph.board_rows(), board, [&](PinId pin) {
        for_each(graph.pin_rows(), pin, [&](BoardId next) {
          if (least[next] != nothing) return;
          least[next] = first;
          open.push_back(next);
        });
      });
    }
  }
  return least;
}

TEST("components are what a search finds, with their weight, whatever the threads") {
  // From hardly any edges, when most boards stand alone, to one large component.
  for (const size_t edges : {0, 100, 1000, 4000, 20'000}) {
    for (const bool weighted : {false, true}) {
      const test::RandomGraph random(7, 5000, 2000, edges, weighted);
      const std::vector<BoardId> expected = least_reachable(random.graph);
      const Array<double> weights = row_totals(random.graph.board_rows(), {});
      std::vector<double> totals(expected.size());
      for (BoardId board = 0; board < expected.size(); ++board) totals[expected[board]] += weights[board];
      for (const int threads : {1, 2, 5}) {
        const Components components = make_components(random.graph, {.threads = threads});
        CHECK(std::vector(components.of_board.span().begin(), components.of_board.span().end()) == expected);
        CHECK(std::vector(components.totals.span().begin(), components.totals.span().end()) == totals);
      }
    }
  }
}

TEST_MAIN()
