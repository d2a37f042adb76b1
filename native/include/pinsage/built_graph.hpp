#pragma once

#include <span>
#include <utility>

#include "pinsage/csr.hpp"
#include "pinsage/graph.hpp"

namespace pinsage {

/// A graph over arrays of its own.
struct BuiltGraph {
  CsrArrays csr;
  Graph graph;

  BuiltGraph(CsrArrays&& arrays, const Execution& execution, HopTablesUse use,
             std::span<const BoardType> board_types = {})
      : csr(std::move(arrays)),
        graph({csr.pin_offsets.span(), csr.pin_boards.span(), csr.pin_weights.span(), csr.times.span()},
              {csr.board_offsets.span(), csr.board_pins.span(), csr.board_weights.span()}, execution, use,
              Origin::built, board_types) {}
};

}  // namespace pinsage
