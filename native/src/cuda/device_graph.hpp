#pragma once

#include <cstdint>

#include "pinsage/graph.hpp"
#include "pinsage/shared.hpp"

namespace pinsage::cuda {

/// One direction of a graph in memory that a GPU reads.
struct DeviceRows {
  const uint64_t* offsets;    ///< [nodes + 1]
  const uint32_t* ids;        ///< [edges]
  const WeightedEdge* edges;  ///< [edges], or null: unweighted
  const float* weights;       ///< [edges], or null

  PINSAGE_SHARED Row row(uint32_t node) const {
    const uint64_t begin = offsets[node];
    return {ids + begin, edges == nullptr ? nullptr : edges + begin, static_cast<uint32_t>(offsets[node + 1] - begin),
            begin};
  }
};

/// As much of a Graph's interface as a random walk needs.
class DeviceGraph {
 public:
  DeviceGraph(const DeviceRows& pin_rows, uint32_t pins, const DeviceRows& board_rows, uint32_t boards)
      : pin_rows_(pin_rows), board_rows_(board_rows), pins_(pins), boards_(boards) {}

  PINSAGE_SHARED const DeviceRows& pin_rows() const { return pin_rows_; }
  PINSAGE_SHARED const DeviceRows& board_rows() const { return board_rows_; }
  PINSAGE_SHARED uint32_t pins() const { return pins_; }
  PINSAGE_SHARED uint32_t boards() const { return boards_; }

 private:
  DeviceRows pin_rows_, board_rows_;
  uint32_t pins_, boards_;
};

/// What PageRank reads of a graph besides its rows.
struct Totals {
  const double* pin_inverses;    ///< [pins] 1 / the total weight of a row; 0 for a row that no walk leaves
  const double* board_inverses;  ///< [boards]
  const double* boards;          ///< [boards] total weights
};

}  // namespace pinsage::cuda
