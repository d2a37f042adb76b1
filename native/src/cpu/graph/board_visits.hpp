#pragma once

#include <vector>

#include "cpu/graph/column_kernels.hpp"
#include "cpu/graph/lockstep.hpp"
#include "cpu/graph/visiting_walks.hpp"
#include "pinsage/pagerank.hpp"

namespace pinsage {

/// Personalized PageRank by walks and one exact half-hop.
///
/// A walk that stops with probability alpha after each hop visits boards as often as the iteration would carry
/// probability to them: of W walks, v(b) visits of board b. The pins' scores are then alpha (1 - alpha) Σ over b of
/// (v(b) / W) P(b → pin). There are far fewer boards than pins, and the half-hop spreads each visit over all pins of
/// its board: deep ranks, which single pins' visits would leave to chance, come out nearly exact.
class BoardVisits {
 public:
  BoardVisits(const Graph& graph, const PageRankOptions& options, const MonteCarlo& monte_carlo,
              const Execution& execution)
      : graph_(graph),
        monte_carlo_(monte_carlo),
        execution_(execution),
        factor_(visit_factor(options, monte_carlo)),
        walk_options_(visiting_walks(options, monte_carlo)),
        board_inverse_(inverses(row_totals(graph.board_rows(), execution), execution)),
        visits_(size_t{graph.boards()} * columns),
        boards_(graph.boards()),
        x_(graph.pins()) {}

  /// Column c of the result is the estimate for queries[c], but for the query itself; there are at most 16.
  const Array<Columns>& run(std::span<const PinId> queries) {
    parallel_for(execution_, queries.size(), 1, [&](size_t begin, size_t end, int) {
      for (size_t c = begin; c < end; ++c) count_visits(queries[c], visits_.data() + c * graph_.boards());
    });
    parallel_for(execution_, boards_.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      std::fill(boards_.begin() + begin, boards_.begin() + end, Columns{});
      for (size_t c = 0; c < queries.size(); ++c) {
        const uint32_t* visits = visits_.data() + c * graph_.boards();
        for (size_t board = begin; board < end; ++board) {
          boards_[board][c] = static_cast<float>(visits[board] * factor_ * board_inverse_[board]);
        }
      }
    });
    parallel_for(execution_, x_.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      simd::sum_rows(graph_.pin_rows(), nullptr, 1, begin, end, boards_.data(), x_.data() + begin);
    });
    return x_;
  }

 private:
  void count_visits(PinId query, uint32_t* visits) const {
    std::fill_n(visits, graph_.boards(), 0);
    if (!graph_.pin_rows().row(query).walkable()) return;
    thread_local Lockstep walks;
    thread_local std::vector<BoardId> visited;
    walks.clear();
    const auto block =
        static_cast<uint32_t>(std::clamp<size_t>((size_t{1} << 17) / walk_options_.hops, 1, Lockstep::capacity));
    visited.resize(size_t{block} * walk_options_.hops + 1);
    for (uint32_t walk = 0; walk < monte_carlo_.walks; walk += block) {
      walks.add(query, walk, std::min(walk + block, monte_carlo_.walks), 0);
      BoardId* end = visited.data();
      walks.run(graph_, walk_options_, &end, execution_, Lockstep::Visits::boards);
      for (const BoardId* board = visited.data(); board != end; ++board) ++visits[*board];
    }
  }

  const Graph& graph_;
  const MonteCarlo& monte_carlo_;
  const Execution& execution_;
  const double factor_;
  const WalkOptions walk_options_;
  Array<double> board_inverse_;
  Array<uint32_t> visits_;  ///< [column][board]
  Array<Columns> boards_, x_;
};

}  // namespace pinsage
