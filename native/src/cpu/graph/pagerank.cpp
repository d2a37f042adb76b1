#include "pinsage/pagerank.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "cpu/graph/board_visits.hpp"
#include "cpu/graph/columns.hpp"
#include "cpu/graph/rank_band.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

void PageRankOptions::check() const {
  if (!(alpha > 0 && alpha < 1)) invalid_argument("alpha", "must be above 0 and below 1");
  if (!(tolerance >= 0)) invalid_argument("tolerance", "must not be negative");
  if (max_iterations == 0) invalid_argument("maxIterations", "must be at least 1");
}

Array<double> inverse_degrees(const Rows& rows, const Execution& execution) {
  Array<double> inverse(rows.size());
  parallel_for(execution, rows.size(), rows_per_block, [&](size_t begin, size_t end, int) {
    for (size_t node = begin; node < end; ++node) {
      const uint32_t degree = rows.degree(static_cast<uint32_t>(node));
      const float* weights = weights_of(rows, static_cast<uint32_t>(node));
      const double total = weights == nullptr ? degree : std::accumulate(weights, weights + degree, 0.0);
      inverse[node] = total == 0 ? 0 : 1 / total;
    }
  });
  return inverse;
}

namespace {

constexpr int columns = simd::columns;

class PowerIteration {
 public:
  PowerIteration(const Graph& graph, const PageRankOptions& options, const Execution& execution)
      : graph_(graph),
        options_(options),
        execution_(execution),
        pin_inverse_(inverse_degrees(graph.pin_rows(), execution)),
        board_inverse_(inverse_degrees(graph.board_rows(), execution)),
        x_(graph.pins()),
        scaled_(graph.pins()),
        boards_(graph.boards()),
        change_((graph.pins() + rows_per_block - 1) / rows_per_block) {}

  /// Column c of the result is the PageRank of queries[c]; there are at most 16.
  const Array<Columns>& run(std::span<const PinId> queries) {
    std::fill(x_.begin(), x_.end(), Columns{});
    std::fill(scaled_.begin(), scaled_.end(), Columns{});
    for (size_t c = 0; c < queries.size(); ++c) {
      x_[queries[c]][c] = 1;
      scaled_[queries[c]][c] = static_cast<float>(pin_inverse_[queries[c]]);
    }
    converged_.fill(false);
    for (uint32_t iteration = 0; iteration < options_.max_iterations && !step(queries); ++iteration) {
    }
    return x_;
  }

 private:
  /// One iteration; whether all columns have converged. A column that has is left as it is, so that a query's scores do
  /// not depend on the queries beside it.
  bool step(std::span<const PinId> queries) {
    const double alpha = options_.alpha, follow = 1 - options_.alpha;
    parallel_for(execution_, boards_.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      for (size_t board = begin; board < end; ++board) {
        const Sums sum = pull(graph_.board_rows(), static_cast<uint32_t>(board), scaled_);
        boards_[board] = rounded(sum, board_inverse_[board]);
      }
    });
    parallel_for(execution_, x_.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      Sums& change = change_[begin / rows_per_block];
      change = {};
      for (size_t pin = begin; pin < end; ++pin) {
        Sums next = pull(graph_.pin_rows(), static_cast<uint32_t>(pin), boards_);
        for (double& value : next) value *= follow;
        for (size_t c = 0; c < queries.size(); ++c) {
          if (queries[c] == pin) next[c] = pin_inverse_[pin] == 0 ? 1 : next[c] + alpha;
        }
        Columns score = rounded(next, 1);
        for (int c = 0; c < columns; ++c) score[c] = converged_[c] ? x_[pin][c] : score[c];
        for (int c = 0; c < columns; ++c) change[c] += std::abs(double{score[c]} - double{x_[pin][c]});
        x_[pin] = score;
        for (int c = 0; c < columns; ++c) scaled_[pin][c] = static_cast<float>(score[c] * pin_inverse_[pin]);
      }
    });
    const double limit = options_.tolerance * options_.alpha / (1 - options_.alpha);
    for (int c = 0; c < columns; ++c) {
      double sum = 0;
      for (const Sums& block : change_) sum += block[c];
      converged_[c] = sum <= limit;
    }
    return std::all_of(converged_.begin(), converged_.end(), std::identity{});
  }

  const Graph& graph_;
  const PageRankOptions& options_;
  const Execution& execution_;
  Array<double> pin_inverse_, board_inverse_;
  Array<Columns> x_, scaled_, boards_;
  std::vector<Sums> change_;
  std::array<bool, columns> converged_{};
};

/// Calls use(first query, queries of the batch, columns) for each batch of 16 queries.
template <class Scorer, class Use>
void for_each_batch(Scorer& scorer, std::span<const PinId> queries, const Execution& execution, Use&& use) {
  for (size_t first = 0; first < queries.size(); first += columns) {
    const auto batch = queries.subspan(first, std::min<size_t>(columns, queries.size() - first));
    use(first, batch, scorer.run(batch));
    execution.advance(static_cast<int64_t>(batch.size()));
  }
}

void check_call(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                const Execution& execution) {
  options.check();
  check_pins(queries, graph.pins(), "queries");
  execution.expect(static_cast<int64_t>(queries.size()));
}

}  // namespace

void page_rank(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
               std::span<float> scores, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (queries.empty()) return;
  PowerIteration scorer(graph, options, execution);
  for_each_batch(scorer, queries, execution, [&](size_t first, std::span<const PinId> batch, const Array<Columns>& x) {
    parallel_for(execution, x.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      for (size_t c = 0; c < batch.size(); ++c) {
        for (size_t pin = begin; pin < end; ++pin) scores[(first + c) * x.size() + pin] = x[pin][c];
      }
    });
  });
}

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const PageRankBand& out, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (queries.empty()) return;
  PowerIteration scorer(graph, options, execution);
  for_each_batch(scorer, queries, execution, [&](size_t first, std::span<const PinId> batch, const Array<Columns>& x) {
    rank_band(x, batch, first, out, execution);
  });
}

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const MonteCarlo& monte_carlo, const PageRankBand& out, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (monte_carlo.walks == 0) invalid_argument("walks", "must be at least 1");
  if (queries.empty()) return;
  BoardVisits scorer(graph, options, monte_carlo, execution);
  for_each_batch(scorer, queries, execution, [&](size_t first, std::span<const PinId> batch, const Array<Columns>& x) {
    rank_band(x, batch, first, out, execution);
  });
}

}  // namespace pinsage
