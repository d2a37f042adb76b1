#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <vector>

#include "cpu/graph/column_kernels.hpp"
#include "cpu/graph/components.hpp"
#include "pinsage/pagerank.hpp"
#include "pinsage/search.hpp"

namespace pinsage {

/// Exact Personalized PageRank of sixteen queries at once. A query is a list of pins, among which restarts choose
/// evenly.
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
        components_(graph.components(execution)),
        pin_inverses_(inverses(row_totals(graph.pin_rows(), execution), execution)),
        totals_(row_totals(graph.board_rows(), execution)),
        board_inverses_(inverses(totals_, execution)),
        pins_(graph.pins()),
        solution_(graph.boards()),
        residual_(graph.boards()),
        direction_(graph.boards()),
        image_(graph.boards()),
        partial_squares_((graph.boards() + rows_per_block - 1) / rows_per_block),
        partial_sizes_(partial_squares_.size()) {}

  /// Column c holds the PageRank of query c from now on; there are at most 16.
  void solve(const CandidateLists& queries, size_t first, size_t count) {
    count_ = count;
    for (size_t c = 0; c < count; ++c) {
      queries_[c] = queries.of(first + c);
      shares_[c] = 1 / static_cast<double>(queries_[c].size());
    }
    start();
    for (uint32_t iteration = 0; iteration < options_.max_iterations && !converged(); ++iteration) {
      if (iteration == 0) {
        hop_from_queries();
      } else {
        hop_to_pins();
      }
      step(iteration == 0);
    }
  }

  /// out = the scores of pins begin … end - 1: the last half-hop.
  void write_scores(size_t begin, size_t end, Columns* out) const {
    simd::sum_rows(graph_.pin_rows(), nullptr, 1 - options_.alpha, begin, end, solution_.data(), out);
    // What lies below is off by more than 0 is: a walk comes to a pin or it does not.
    for (Columns* line = out; line != out + (end - begin); ++line) {
      for (float& score : *line) score = std::max(score, 0.0f);
    }
    for (size_t c = 0; c < count_; ++c) {
      for (const PinId pin : queries_[c]) {
        if (pin < begin || pin >= end) continue;
        // A pin from which no walk leaves keeps all.
        float& score = out[pin - begin][c];
        score = static_cast<float>(score + shares_[c] * (pin_inverses_[pin] == 0 ? 1 : options_.alpha));
      }
    }
  }

  /// And of all pins.
  const Array<Columns>& scores() {
    parallel_for(execution_, pins_.size(), rows_per_block,
                 [&](size_t begin, size_t end, int) { write_scores(begin, end, pins_.data() + begin); });
    return pins_;
  }

 private:
  /// From where walks end up that never restart: all boards alike within the query's component, and 0 outside. G H
  /// leaves that as it is, so what is left to find has no part in its slowest direction. A query whose pins lie in
  /// several components begins from 0.
  void start() {
    component_.fill(nothing);
    level_.fill(0);
    for (size_t c = 0; c < count_; ++c) {
      bool several = false;
      for_each_edge_of_query(c, [&](PinId, BoardId board, double) {
        const BoardId component = components_.of_board[board];
        several = several || (component_[c] != nothing && component_[c] != component);
        component_[c] = component;
      });
      if (several) component_[c] = nothing;
      if (component_[c] != nothing) level_[c] = static_cast<float>(1 / components_.totals[component_[c]]);
    }
    Columns left;
    for (int c = 0; c < columns; ++c) left[c] = static_cast<float>(-options_.alpha * level_[c]);
    for_boards([&](size_t begin, size_t end, size_t) {
      for (size_t board = begin; board < end; ++board) {
        for (int c = 0; c < columns; ++c) {
          const bool within = components_.of_board[board] == component_[c];
          solution_[board][c] = within ? level_[c] : 0;
          residual_[board][c] = within ? left[c] : 0;
        }
      }
    });
    for (size_t c = 0; c < count_; ++c) {
      for_each_edge_of_query(c, [&](PinId pin, BoardId board, double weight) {
        residual_[board][c] = static_cast<float>(residual_[board][c] + shares_[c] * arrives(pin, board, weight));
      });
    }
    for_boards([&](size_t begin, size_t end, size_t block) {
      std::copy(residual_.begin() + begin, residual_.begin() + end, direction_.begin() + begin);
      descend(begin, end, block, direction_, Sums{});
    });
    squares_ = sum(partial_squares_);
    sizes_ = sum(partial_sizes_);
  }

  /// alpha G e of a board, of which a pin that walks restart at holds an edge with this weight.
  double arrives(PinId pin, BoardId board, double weight) const {
    return options_.alpha * weight * pin_inverses_[pin] * board_inverses_[board];
  }

  /// Calls use(board, weight) for each edge of a pin that walks can take.
  void for_each_edge(PinId pin, auto&& use) const {
    const Rows& rows = graph_.pin_rows();
    for (uint64_t edge = rows.offset(pin), end = edge + rows.degree(pin); edge < end; ++edge) {
      const double weight = rows.weighted() ? rows.csr().weights[edge] : 1;
      if (weight != 0) use(rows.id(edge), weight);
    }
  }

  /// Calls use(pin, board, weight) for those of all pins of a query.
  void for_each_edge_of_query(size_t c, auto&& use) const {
    for (const PinId pin : queries_[c]) {
      for_each_edge(pin, [&](BoardId board, double weight) { use(pin, board, weight); });
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

  void hop_to_pins() {
    parallel_for(execution_, pins_.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      simd::sum_rows(graph_.pin_rows(), pin_inverses_.data(), 1, begin, end, direction_.data(), pins_.data() + begin);
    });
  }

  /// The first hop to the pins. The direction still is alpha G e - alpha level: where the query's boards hold few pins,
  /// alpha G e is spread over those alone, and H level need not be found out. missing_ is what the pins of such columns
  /// lack.
  void hop_from_queries() {
    std::array<bool, columns> spread{};
    for (int c = 0; c < columns; ++c) {
      spread[c] = static_cast<size_t>(c) >= count_ || edges_of_boards(c) <= graph_.edges() / 32;
      missing_[c] = spread[c] ? static_cast<float>(options_.alpha * level_[c]) : 0;
    }
    const bool all_spread = std::all_of(spread.begin(), spread.end(), std::identity());
    if (!all_spread) hop_to_pins();
    parallel_for(execution_, pins_.size(), rows_per_block, [&](size_t begin, size_t end, int) {
      if (all_spread) {
        std::fill(pins_.begin() + begin, pins_.begin() + end, Columns{});
        return;
      }
      for (size_t pin = begin; pin < end; ++pin) {
        for (int c = 0; c < columns; ++c) pins_[pin][c] = spread[c] ? 0 : pins_[pin][c];
      }
    });
    parallel_for(execution_, count_, 1, [&](size_t c, size_t, int) {
      if (spread[c]) spread_over_pins(c);
    });
  }

  uint64_t edges_of_boards(size_t c) const {
    uint64_t edges = 0;
    for_each_edge_of_query(c, [&](PinId, BoardId board, double) { edges += graph_.board_rows().degree(board); });
    return edges;
  }

  /// Column c of the pins += H (alpha G e).
  void spread_over_pins(size_t c) {
    const Rows& rows = graph_.board_rows();
    for_each_edge_of_query(c, [&](PinId from, BoardId board, double weight) {
      const double density = shares_[c] * arrives(from, board, weight);
      for (uint64_t edge = rows.offset(board), end = edge + rows.degree(board); edge < end; ++edge) {
        const PinId pin = rows.id(edge);
        const double back = rows.weighted() ? rows.csr().weights[edge] : 1;
        pins_[pin][c] = static_cast<float>(pins_[pin][c] + density * back * pin_inverses_[pin]);
      }
    });
  }

  /// One iteration, after the hop to the pins. A column that has converged is left as it is, so that a query's scores
  /// do not depend on the queries beside it.
  void step(bool first) {
    for_boards([&](size_t begin, size_t end, size_t block) {
      Columns* const image = image_.data() + begin;
      simd::sum_rows(graph_.board_rows(), board_inverses_.data(), 1, begin, end, pins_.data(), image);
      if (first) add_missing(begin, end);
      partial_squares_[block] = {};
      simd::apply(direction_.data() + begin, image, 1 - options_.alpha, totals_.data() + begin, end - begin,
                  partial_squares_[block]);
    });
    const Sums products = sum(partial_squares_);
    Sums lengths{}, ratios{};
    for (int c = 0; c < columns; ++c) lengths[c] = converged(c) || !(products[c] > 0) ? 0 : squares_[c] / products[c];
    for_boards([&](size_t begin, size_t end, size_t block) { descend(begin, end, block, image_, lengths); });
    const Sums squares = sum(partial_squares_);
    sizes_ = sum(partial_sizes_);
    for (int c = 0; c < columns; ++c) ratios[c] = lengths[c] == 0 ? 0 : squares[c] / squares_[c];
    squares_ = squares;
    for_boards([&](size_t begin, size_t end, size_t) {
      simd::advance(solution_.data() + begin, direction_.data() + begin, residual_.data() + begin, lengths, ratios,
                    end - begin);
    });
  }

  void descend(size_t begin, size_t end, size_t block, const Array<Columns>& image, const Sums& lengths) {
    partial_squares_[block] = partial_sizes_[block] = {};
    simd::descend(residual_.data() + begin, image.data() + begin, lengths, totals_.data() + begin, end - begin,
                  partial_squares_[block], partial_sizes_[block]);
  }

  void add_missing(size_t begin, size_t end) {
    for (size_t board = begin; board < end; ++board) {
      for (int c = 0; c < columns; ++c) {
        image_[board][c] -= components_.of_board[board] == component_[c] ? missing_[c] : 0;
      }
    }
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
  const Components& components_;
  Array<double> pin_inverses_, totals_, board_inverses_;
  Array<Columns> pins_, solution_, residual_, direction_, image_;
  size_t count_ = 0;  ///< queries
  std::array<std::span<const PinId>, columns> queries_;
  std::array<double, columns> shares_;      ///< of a restart, for each pin of a query
  std::array<BoardId, columns> component_;  ///< of each query; nothing where it has no edges, or in several
  Columns level_, missing_;
  std::vector<Sums> partial_squares_, partial_sizes_;  ///< of each block
  Sums squares_{}, sizes_{};                           ///< of the residual: squared norm, L1 norm
};

}  // namespace pinsage
