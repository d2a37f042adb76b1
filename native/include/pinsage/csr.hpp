#pragma once

#include <cstdint>
#include <span>

#include "pinsage/array.hpp"
#include "pinsage/execution.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// Edges in any order.
struct EdgeList {
  std::span<const PinId> pins;
  std::span<const BoardId> boards;
  std::span<const float> weights;  ///< where `weighted`
  std::span<const int64_t> times;  ///< where `timed`
  bool weighted = false, timed = false;
};

/// What becomes of edges that are there more than once.
enum class Duplicates {
  merge,  ///< one is kept, with the first one's weight
  sum,    ///< one is kept, with the sum of the weights (1 each when there are none)
};

/// The graph's arrays, both ways. Rows are sorted by id. Either every edge has a weight or none has; `times` follow
/// pin_boards.
struct CsrArrays {
  Array<uint64_t> pin_offsets, board_offsets;
  Array<uint32_t> pin_boards, board_pins;
  Array<float> pin_weights, board_weights;
  Array<int64_t> times;
  bool weighted = false, timed = false;
};

/// CSR both ways from an edge list. A merged edge has the earliest of its times: it has been there since.
CsrArrays build_csr(const EdgeList& edges, uint32_t pins, uint32_t boards, Duplicates duplicates,
                    const Execution& execution);

/// The rows of the pins alone, as build_csr makes them; the arrays of the boards stay empty.
CsrArrays build_pin_rows(const EdgeList& edges, uint32_t pins, uint32_t boards, Duplicates duplicates,
                         const Execution& execution);

}  // namespace pinsage
