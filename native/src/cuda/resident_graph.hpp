#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "cpu/graph/columns.hpp"
#include "cuda/device_graph.hpp"
#include "cuda/runtime.hpp"

namespace pinsage::cuda {

/// A graph in memory that the device reads.
class ResidentGraph {
 public:
  ResidentGraph(const Graph& graph, const Execution& execution)
      : ResidentGraph(graph, row_totals(graph.pin_rows(), execution), row_totals(graph.board_rows(), execution),
                      execution) {}

  /// The graph's, which the first call makes. It stays as long as the graph.
  static std::shared_ptr<const ResidentGraph> of(const Graph& graph, const Execution& execution) {
    DeviceCopy& slot = graph.device_copy();
    const std::lock_guard lock(slot.making);
    if (slot.copy == nullptr) slot.copy = std::make_shared<const ResidentGraph>(graph, execution);
    return std::static_pointer_cast<const ResidentGraph>(slot.copy);
  }

  /// The edges' times, which the first call brings there.
  EdgeTimes times(const Graph& graph) const {
    const std::lock_guard lock(bringing_times_);
    if (!times_) times_.emplace(graph);
    return {times_->of_pins.data(), times_->of_boards.data()};
  }

  DeviceGraph view() const { return {pins_.view(), pins_.size, boards_.view(), boards_.size}; }
  Totals totals() const { return {pin_inverses_.data(), board_inverses_.data(), board_totals_.data()}; }

 private:
  ResidentGraph(const Graph& graph, const Array<double>& pin_totals, const Array<double>& board_totals,
                const Execution& execution)
      : pins_(graph.pin_rows()),
        boards_(graph.board_rows()),
        pin_inverses_(inverses(pin_totals, execution).span()),
        board_totals_(board_totals.span()),
        board_inverses_(inverses(board_totals, execution).span()) {}

  struct ResidentRows {
    explicit ResidentRows(const Rows& rows)
        : size(rows.size()),
          offsets(rows.csr().offsets),
          ids(rows.csr().ids),
          edges(rows.weighted() && rows.edges() > 0
                    ? std::span<const WeightedEdge>(&rows.weighted_edge(0), rows.edges())
                    : std::span<const WeightedEdge>()),
          weights(rows.csr().weights) {}

    DeviceRows view() const { return {offsets.data(), ids.data(), edges.data(), weights.data()}; }

    uint32_t size;
    ResidentArray<uint64_t> offsets;
    ResidentArray<uint32_t> ids;
    ResidentArray<WeightedEdge> edges;
    ResidentArray<float> weights;
  };

  struct ResidentTimes {
    explicit ResidentTimes(const Graph& graph)
        : of_pins({graph.edge_times().of_pins, graph.edges()}),
          of_boards({graph.edge_times().of_boards, graph.edges()}) {}

    ResidentArray<int64_t> of_pins, of_boards;
  };

  ResidentRows pins_, boards_;
  ResidentArray<double> pin_inverses_, board_totals_, board_inverses_;
  mutable std::mutex bringing_times_;
  mutable std::optional<ResidentTimes> times_;
};

}  // namespace pinsage::cuda
