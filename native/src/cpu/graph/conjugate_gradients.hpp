#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "cpu/graph/column_kernels.hpp"
#include "pinsage/pagerank.hpp"

namespace pinsage {

/// Exact Personalized PageRank of sixteen queries at once.
///
/// In densities (a node's probability by its total weight) both half-hops are means over rows: G over boards' rows, H
/// over pins'. PageRank is d = alpha e + (1 - alpha) H G d, and of the boards y = G d
///
///     (I - (1 - alpha) G H) y = alpha G e,    d = alpha e + (1 - alpha) H y,
///
/// which has far fewer unknowns. G H is self-adjoint and between 0 and 1 where nodes weigh their totals, so conjugate
/// gradients (Hestenes and Stiefel 1952) solve it, and in the L1 norm with these weights it lengthens nothing: an error
/// of y is at most its residual by alpha, and the pins' at most (1 - alpha) of that.
class ConjugateGradients {
 public:
  ConjugateGradients(const Graph& graph, const PageRankOptions& options, const Execution& execution)
      : graph_(graph),
        options_(options),
        execution_(execution),
        pin_inverses_(inverses(row_totals(graph.pin_rows(), execution))),
        totals_(row_totals(graph.board_rows(), execution)),
        board_inverses_(inverses(totals_)),
        pins_(graph.pins()),
        solution_(graph.boards()),
        residual_(graph.boards()),
        direction_(graph.boards()),
        image_(graph.boards()),
        partial_squares_((graph.boards() + rows_per_block - 1) / rows_per_block),
        partial_sizes_(partial_squares_.size()) {}

  /// Column c of the result is the PageRank of queries[c]; there are at most 16.
  const Array<Columns>& run(std::span<const PinId> queries) {
    start(queries);
    for (uint32_t iteration = 0; iteration < options_.max_iterations && !converged(); ++iteration) step();
    return finish(queries);
  }

 private:
  /// From nothing, so that what the query cannot reach stays at exactly 0.
  void start(std::span<const PinId> queries) {
    for_boards([&](size_t begin, size_t end, size_t) {
      std::fill(solution_.begin() + begin, solution_.begin() + end, Columns{});
      std::fill(residual_.begin() + begin, residual_.begin() + end, Columns{});
    });
    for (size_t c = 0; c < queries.size(); ++c) add_boards_of(queries[c], c);
    for_boards([&](size_t begin, size_t end, size_t block) {
      std::copy(residual_.begin() + begin, residual_.begin() + end, direction_.begin() + begin);
      std::copy(residual_.begin() + begin, residual_.begin() + end, image_.begin() + begin);
      descend(begin, end, block, Sums{});
    });
    squares_ = sum(partial_squares_);
    sizes_ = sum(partial_sizes_);
  }

  /// Column c of the residual += alpha G e.
  void add_boards_of(PinId query, size_t c) {
    const Rows& rows = graph_.pin_rows();
    const uint64_t begin = rows.offset(query);
    for (uint64_t edge = begin; edge < begin + rows.degree(query); ++edge) {
      const BoardId board = rows.id(edge);
      const double weight = rows.weighted() ? rows.csr().weights[edge] : 1;
      const double density = options_.alpha * weight * pin_inverses_[query] * board_inverses_[board];
      residual_[board][c] = static_cast<float>(residual_[board][c] + density);
    }
  }

  bool converged(int c) const {
    // Below the floor a residual in f32 is rounding errors, which lead nowhere.
    constexpr double floor = 1e-9;
    return !(sizes_[c] > std::max(options_.tolerance * options_.alpha / (1 - options_.alpha), floor));
  }
  bool converged() const {
    for (int c = 0; c < columns; ++c) {
      if (!converged(c)) return false;
    }
    return true;
  }

  /// One iteration. A column that has converged is left as it is, so that a query's scores do not depend on the queries
  /// beside it.
  void step() {
    parallel_for(execution_, pins_.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      simd::sum_rows(graph_.pin_rows(), pin_inverses_.data(), 1, begin, end, direction_.data(), pins_.data() + begin);
    });
    for_boards([&](size_t begin, size_t end, size_t block) {
      Columns* const image = image_.data() + begin;
      simd::sum_rows(graph_.board_rows(), board_inverses_.data(), 1, begin, end, pins_.data(), image);
      partial_squares_[block] = {};
      simd::apply(direction_.data() + begin, image, 1 - options_.alpha, totals_.data() + begin, end - begin,
                  partial_squares_[block]);
    });
    const Sums products = sum(partial_squares_);
    Sums lengths{}, ratios{};
    for (int c = 0; c < columns; ++c) lengths[c] = converged(c) || !(products[c] > 0) ? 0 : squares_[c] / products[c];
    for_boards([&](size_t begin, size_t end, size_t block) { descend(begin, end, block, lengths); });
    const Sums squares = sum(partial_squares_);
    sizes_ = sum(partial_sizes_);
    for (int c = 0; c < columns; ++c) ratios[c] = lengths[c] == 0 ? 0 : squares[c] / squares_[c];
    squares_ = squares;
    for_boards([&](size_t begin, size_t end, size_t) {
      simd::advance(solution_.data() + begin, direction_.data() + begin, residual_.data() + begin, lengths, ratios,
                    end - begin);
    });
  }

  void descend(size_t begin, size_t end, size_t block, const Sums& lengths) {
    partial_squares_[block] = partial_sizes_[block] = {};
    simd::descend(residual_.data() + begin, image_.data() + begin, lengths, totals_.data() + begin, end - begin,
                  partial_squares_[block], partial_sizes_[block]);
  }

  const Array<Columns>& finish(std::span<const PinId> queries) {
    parallel_for(execution_, pins_.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      simd::sum_rows(graph_.pin_rows(), nullptr, 1 - options_.alpha, begin, end, solution_.data(),
                     pins_.data() + begin);
    });
    for (size_t c = 0; c < queries.size(); ++c) {
      // A pin from which no walk leaves keeps all.
      float& score = pins_[queries[c]][c];
      score = pin_inverses_[queries[c]] == 0 ? 1 : static_cast<float>(score + options_.alpha);
    }
    return pins_;
  }

  void for_boards(auto&& body) {
    parallel_for(execution_, graph_.boards(), rows_per_block,
                 [&](size_t begin, size_t end, int) { body(begin, end, begin / rows_per_block); });
  }

  static Sums sum(const std::vector<Sums>& parts) {
    Sums sum{};
    for (const Sums& part : parts) {
      for (int c = 0; c < columns; ++c) sum[c] += part[c];
    }
    return sum;
  }

  const Graph& graph_;
  const PageRankOptions& options_;
  const Execution& execution_;
  Array<double> pin_inverses_, totals_, board_inverses_;
  Array<Columns> pins_, solution_, residual_, direction_, image_;
  std::vector<Sums> partial_squares_, partial_sizes_;  ///< of each block
  Sums squares_{}, sizes_{};                           ///< of the residual: squared norm, L1 norm
};

}  // namespace pinsage
