#pragma once

#include <algorithm>
#include <span>

#include "cpu/graph/columns.hpp"
#include "pinsage/pagerank.hpp"
#include "pinsage/walks.hpp"

namespace pinsage {

/// What every call of PageRank starts with.
inline void check_queries(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                          const Execution& execution) {
  options.check();
  check_pins(queries, graph.pins(), "queries");
  execution.expect(static_cast<int64_t>(queries.size()));
}

/// Calls use(first query, queries of the batch) for each batch of 16 queries.
void for_each_batch(std::span<const PinId> queries, const Execution& execution, auto&& use) {
  for (size_t first = 0; first < queries.size(); first += columns) {
    execution.throw_if_cancelled();
    const auto batch = queries.subspan(first, std::min<size_t>(columns, queries.size() - first));
    use(first, batch);
    execution.advance(static_cast<int64_t>(batch.size()));
  }
}

}  // namespace pinsage
