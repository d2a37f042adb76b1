#include "pinsage/two_hop.hpp"

#include <algorithm>
#include <vector>

namespace pinsage {
namespace {

/// Calls use(neighbour) for each neighbour of a node.
void for_each_neighbor(const Rows& rows, uint32_t node, auto&& use) {
  for (uint64_t edge = rows.offset(node), end = edge + rows.degree(node); edge < end; ++edge) use(rows.id(edge));
}

/// One query at a time, with memory for y that is kept between them.
class TwoHops {
 public:
  void score(const Graph& graph, std::span<const PinId> query, const TwoHopWeights& weights, float* scores) {
    sums_.resize(graph.boards());
    for (const PinId pin : query) {
      for_each_neighbor(graph.pin_rows(), pin, [&](BoardId board) {
        if (sums_[board] == 0) reached_.push_back(board);
        sums_[board] += weights.starts[pin];
      });
    }
    std::fill_n(scores, graph.pins(), 0.0f);
    for (const BoardId board : reached_) {
      const float y = weights.boards[board] * sums_[board];
      // A board is there twice where its sum came back to 0 on the way: the second time, nothing is left.
      sums_[board] = 0;
      for_each_neighbor(graph.board_rows(), board, [&](PinId pin) { scores[pin] += y; });
    }
    reached_.clear();
    for (PinId pin = 0; pin < graph.pins(); ++pin) scores[pin] *= weights.ends[pin];
  }

 private:
  std::vector<float> sums_;  ///< [boards] 0 between queries
  std::vector<BoardId> reached_;
};

}  // namespace

void two_hop_scores(const Graph& graph, const CandidateLists& queries, const TwoHopWeights& weights,
                    std::span<float> scores, const Execution& execution) {
  const size_t count = queries.offsets.size() - 1;
  execution.expect(static_cast<int64_t>(count));
  std::vector<TwoHops> of_thread(execution.thread_count());
  parallel_for(execution, count, 1, [&](size_t query, size_t, int thread) {
    of_thread[thread].score(graph, queries.of(query), weights, scores.data() + query * graph.pins());
    execution.advance(1);
  });
}

}  // namespace pinsage
