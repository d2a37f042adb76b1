#pragma once

#include <cmath>
#include <utility>

#include "cuda/items.hpp"
#include "pinsage/pagerank.hpp"

namespace pinsage::cuda {

/// arrivals[board][c] += alpha G e for query c: where its first hop goes, as densities.
struct AddArrivals {
  Queries queries;
  DeviceRows pin_rows;
  uint32_t last_board;
  double alpha;
  const double* pin_inverses;
  const double* board_inverses;
  Columns* arrivals;

  PINSAGE_SHARED void operator()(size_t c) const {
    const PinId query = queries.pins[c];
    for (uint64_t edge = pin_rows.offsets[query]; edge < pin_rows.offsets[query + 1]; ++edge) {
      const uint32_t board = std::min(pin_rows.ids[edge], last_board);
      const double weight = pin_rows.weights == nullptr ? 1 : pin_rows.weights[edge];
      const double density = alpha * weight * pin_inverses[query] * board_inverses[board];
      arrivals[board][c] = static_cast<float>(arrivals[board][c] + density);
    }
  }
};

/// Boards, or sums, that one item adds up.
inline constexpr uint32_t per_sum = 64;

/// y = arrivals + (1 - alpha) · image for 64 boards and column i % 16, and by how much that changes y, in the L1 norm
/// with weights: changes[i / 16][i % 16]. Columns that have converged stay.
struct Iterate {
  uint32_t boards;
  double follow;  ///< 1 - alpha
  std::array<bool, columns> converged;
  const Columns* arrivals;
  const Columns* image;
  const double* totals;
  Columns* y;
  Sums* changes;

  PINSAGE_SHARED void operator()(size_t i) const {
    const size_t part = i / columns, c = i % columns;
    double change = 0;
    for (size_t board = part * per_sum; board < std::min<size_t>(boards, (part + 1) * per_sum); ++board) {
      const auto next = static_cast<float>(double{arrivals[board][c]} + follow * double{image[board][c]});
      if (!converged[c]) {
        change += totals[board] * std::abs(double{next} - double{y[board][c]});
        y[board][c] = next;
      }
    }
    changes[part][c] = change;
  }
};

/// out[i / 16][i % 16] = the sum of 64 of `count` sums.
struct AddSums {
  uint32_t count;
  const Sums* sums;
  Sums* out;

  PINSAGE_SHARED void operator()(size_t i) const {
    const size_t part = i / columns, c = i % columns;
    double sum = 0;
    for (size_t j = part * per_sum; j < std::min<size_t>(count, (part + 1) * per_sum); ++j) sum += sums[j][c];
    out[part][c] = sum;
  }
};

/// The query's own part of its score. A pin from which no walk leaves keeps all.
struct AddRestarts {
  Queries queries;
  const double* pin_inverses;
  double alpha;
  Columns* pins;

  PINSAGE_SHARED void operator()(size_t c) const {
    float& score = pins[queries.pins[c]][c];
    score = pin_inverses[queries.pins[c]] == 0 ? 1 : static_cast<float>(score + alpha);
  }
};

/// scores[c][pin] from pins[pin][c].
struct TransposeScores {
  uint32_t pin_count;
  const Columns* pins;
  float* scores;

  PINSAGE_SHARED void operator()(size_t i) const { scores[i] = pins[i % pin_count][i / pin_count]; }
};

/// Exact Personalized PageRank by power iteration (Page et al. 1999) on the boards, which are fewer. In the notation of
/// ConjugateGradients
///
///     y ← alpha G e + (1 - alpha) G H y,    d = alpha e + (1 - alpha) H y.
///
/// An iteration leaves at most 1 - alpha of the error, so the error is at most the last change by alpha.
class PowerIteration {
 public:
  PowerIteration(Place& place, const DeviceGraph& graph, const Totals& totals, const PageRankOptions& options)
      : place_(place),
        graph_(graph),
        totals_(totals),
        options_(options),
        arrivals_(place.array<Columns>(graph.boards())),
        y_(place.array<Columns>(graph.boards())),
        image_(place.array<Columns>(graph.boards())),
        pins_(place.array<Columns>(graph.pins())),
        changes_(place.array<Sums>(parts(graph.boards()))),
        more_changes_(place.array<Sums>(parts(parts(graph.boards())))) {}

  /// [pins] Column c of the result is the PageRank of query c.
  const Columns* run(const Queries& queries) {
    place_.fill(arrivals_, 0);
    place_.fill(y_, 0);
    place_.for_each(queries.count, AddArrivals{queries, graph_.pin_rows(), graph_.boards() - 1, options_.alpha,
                                               totals_.pin_inverses, totals_.board_inverses, arrivals_.data()});
    std::array<bool, columns> converged{};
    // Where there are no boards, there is nothing to find.
    std::fill(converged.begin() + (graph_.boards() == 0 ? 0 : queries.count), converged.end(), true);
    for (uint32_t iteration = 0; iteration < options_.max_iterations && !all(converged); ++iteration) {
      hop_to_pins(totals_.pin_inverses, 1);
      place_.for_each(size_t{graph_.boards()} * columns, SumRows{graph_.board_rows(), graph_.pins() - 1, pins_.data(),
                                                                 totals_.board_inverses, 1, image_.data()});
      place_.for_each(parts(graph_.boards()) * columns,
                      Iterate{graph_.boards(), 1 - options_.alpha, converged, arrivals_.data(), image_.data(),
                              totals_.boards, y_.data(), changes_.data()});
      const Sums changes = sum_changes();
      for (int c = 0; c < columns; ++c) converged[c] = converged[c] || !(changes[c] > largest_change());
    }
    hop_to_pins(nullptr, 1 - options_.alpha);
    place_.for_each(queries.count, AddRestarts{queries, totals_.pin_inverses, options_.alpha, pins_.data()});
    return pins_.data();
  }

 private:
  static size_t parts(size_t count) { return (count + per_sum - 1) / per_sum; }
  static bool all(const std::array<bool, columns>& flags) {
    return std::find(flags.begin(), flags.end(), false) == flags.end();
  }

  /// Below the floor a change in f32 is rounding errors, for which a quarter of the tolerance is kept.
  double largest_change() const {
    constexpr double floor = 1e-7;
    return std::max(0.75 * options_.tolerance * options_.alpha / (1 - options_.alpha), floor);
  }

  void hop_to_pins(const double* scales, double factor) {
    place_.for_each(size_t{graph_.pins()} * columns,
                    SumRows{graph_.pin_rows(), graph_.boards() - 1, y_.data(), scales, factor, pins_.data()});
  }

  Sums sum_changes() {
    auto* from = &changes_;
    auto* to = &more_changes_;
    for (size_t count = parts(graph_.boards()); count > 1; count = parts(count)) {
      place_.for_each(parts(count) * columns, AddSums{static_cast<uint32_t>(count), from->data(), to->data()});
      std::swap(from, to);
    }
    Sums sums;
    place_.copy_to_host(*from, &sums, 1);
    return sums;
  }

  Place& place_;
  const DeviceGraph graph_;
  const Totals totals_;
  const PageRankOptions options_;
  DeviceArray<Columns> arrivals_, y_, image_, pins_;
  DeviceArray<Sums> changes_, more_changes_;
};

}  // namespace pinsage::cuda
