#pragma once

#include "cpu/graph/visiting_walks.hpp"
#include "cpu/graph/walker.hpp"
#include "cuda/items.hpp"

namespace pinsage::cuda {

/// visits[query][board] of walk i % walks of query i / walks.
struct CountVisits {
  DeviceGraph graph;
  Queries queries;
  WalkOptions options;
  uint64_t stop_below;
  uint32_t walks;
  uint32_t* visits;  ///< [queries, boards]

  PINSAGE_SHARED void operator()(size_t i) const {
    const PinId query = queries.pins[i / walks];
    uint32_t* const own = visits + (i / walks) * graph.boards();
    const Start start{query, graph.pin_rows().row(query), false};
    random_walk(graph, start, static_cast<uint32_t>(i % walks), options, stop_below, Crossing<false>(),
                [&](uint32_t, BoardId board, PinId) { add(own[board], 1); });
  }
};

/// The density of board i / 16 for query i % 16.
struct WeighBoards {
  Queries queries;
  uint32_t board_count;
  const uint32_t* visits;
  double factor;
  const double* inverses;  ///< [boards] of their total weights
  Columns* boards;         ///< [boards]

  PINSAGE_SHARED void operator()(size_t i) const {
    const size_t board = i / columns, c = i % columns;
    const uint32_t count = c < queries.count ? visits[c * board_count + board] : 0;
    boards[board][c] = static_cast<float>(count * factor * inverses[board]);
  }
};

/// Personalized PageRank by walks and one exact half-hop, as BoardVisits has it, to the bit.
class VisitScores {
 public:
  VisitScores(Place& place, const DeviceGraph& graph, const double* board_inverses, const PageRankOptions& options,
              const MonteCarlo& monte_carlo)
      : place_(place),
        graph_(graph),
        board_inverses_(board_inverses),
        walks_(monte_carlo.walks),
        walk_options_(visiting_walks(options, monte_carlo)),
        factor_(visit_factor(options, monte_carlo)),
        visits_(place.array<uint32_t>(size_t{graph.boards()} * columns)),
        boards_(place.array<Columns>(graph.boards())),
        pins_(place.array<Columns>(graph.pins())) {}

  /// [pins] Column c of the result is the estimate for query c, but for the query itself.
  const Columns* run(const Queries& queries) {
    place_.fill(visits_, 0);
    place_.for_each(size_t{queries.count} * walks_,
                    CountVisits{graph_, queries, walk_options_, walk_options_.stop_below(), walks_, visits_.data()});
    place_.for_each(size_t{graph_.boards()} * columns,
                    WeighBoards{queries, graph_.boards(), visits_.data(), factor_, board_inverses_, boards_.data()});
    place_.for_each(size_t{graph_.pins()} * columns,
                    SumRows{graph_.pin_rows(), graph_.boards() - 1, boards_.data(), nullptr, 1, pins_.data()});
    return pins_.data();
  }

 private:
  Place& place_;
  const DeviceGraph graph_;
  const double* const board_inverses_;
  const uint32_t walks_;
  const WalkOptions walk_options_;
  const double factor_;
  DeviceArray<uint32_t> visits_;
  DeviceArray<Columns> boards_, pins_;
};

}  // namespace pinsage::cuda
