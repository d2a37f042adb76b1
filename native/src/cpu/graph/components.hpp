#pragma once

#include "pinsage/array.hpp"
#include "pinsage/graph.hpp"

namespace pinsage {

/// The connected components of a graph, over edges that walks can take: those of weight 0 join nothing.
struct Components {
  Array<BoardId> of_board;  ///< [boards] the component's least board, which stands for it
  Array<double> totals;     ///< [boards] of a component's least board: the total weight of the component's edges
};

/// By union and find, without locks (Anderson and Woll 1991), over the pins' rows.
Components make_components(const Graph& graph, const Execution& execution);

}  // namespace pinsage
