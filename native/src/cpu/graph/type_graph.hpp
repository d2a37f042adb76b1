#pragma once

#include "pinsage/csr.hpp"
#include "pinsage/graph.hpp"

namespace pinsage {

/// The edges of a graph whose boards are of one type, under the same numbers.
CsrArrays edges_of_type(const Graph& graph, BoardType type, const Execution& execution);

}  // namespace pinsage
