#include "cpu/graph/type_graph.hpp"

#include <vector>

namespace pinsage {

CsrArrays edges_of_type(const Graph& graph, BoardType type, const Execution& execution) {
  // Each id is read once, whoever writes to the arrays meanwhile: the list is ours.
  std::vector<PinId> pins;
  std::vector<BoardId> boards;
  std::vector<float> weights;
  std::vector<int64_t> times;
  const Rows& rows = graph.pin_rows();
  for (PinId pin = 0; pin < graph.pins(); ++pin) {
    const uint64_t begin = rows.offset(pin), end = begin + rows.degree(pin);
    for (uint64_t edge = begin; edge < end; ++edge) {
      const BoardId board = rows.id(edge);
      if (graph.board_types()[board] != type) continue;
      pins.push_back(pin);
      boards.push_back(board);
      if (graph.weighted()) weights.push_back(rows.csr().weights[edge]);
      if (graph.timed()) times.push_back(rows.csr().times[edge]);
    }
  }
  const EdgeList edges{.pins = pins,
                       .boards = boards,
                       .weights = weights,
                       .times = times,
                       .weighted = graph.weighted(),
                       .timed = graph.timed()};
  return build_csr(edges, graph.pins(), graph.boards(), Duplicates::merge, execution);
}

}  // namespace pinsage
