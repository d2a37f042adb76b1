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

/// Calls use(first query, number of queries) for each batch of 16 of `count` queries.
void for_each_batch(size_t count, const Execution& execution, auto&& use) {
  for (size_t first = 0; first < count; first += columns) {
    execution.throw_if_cancelled();
    const size_t size = std::min<size_t>(columns, count - first);
    use(first, size);
    execution.advance(static_cast<int64_t>(size));
  }
}

/// Calls use(first query, queries of the batch) for each batch of 16 queries.
void for_each_batch(std::span<const PinId> queries, const Execution& execution, auto&& use) {
  for_each_batch(queries.size(), execution,
                 [&](size_t first, size_t size) { use(first, queries.subspan(first, size)); });
}

}  // namespace pinsage
