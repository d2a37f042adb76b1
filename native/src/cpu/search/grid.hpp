#pragma once

#include <algorithm>

#include "pinsage/execution.hpp"

namespace pinsage {

/// How n queries by m candidates are cut into tasks: blocks of queries, and where those are too few for the threads,
/// parts of the candidates. Results do not depend on it.
struct SearchGrid {
  size_t queries;
  size_t candidates;
  size_t block_queries;
  size_t query_blocks;
  size_t part_candidates;
  size_t parts;

  SearchGrid(size_t queries, size_t candidates, size_t block_candidates, const Execution& execution)
      : queries(queries), candidates(candidates) {
    const size_t wanted = 4 * static_cast<size_t>(execution.thread_count());
    block_queries = std::clamp<size_t>((queries / wanted + 7) / 8 * 8, 8, 128);
    query_blocks = (queries + block_queries - 1) / block_queries;
    const size_t blocks = (candidates + block_candidates - 1) / block_candidates;
    parts = query_blocks == 0 ? 1 : std::clamp<size_t>(wanted / query_blocks, 1, std::max<size_t>(blocks / 8, 1));
    part_candidates = (blocks + parts - 1) / parts * block_candidates;
  }

  /// Calls body(query_begin, query_end, candidate_begin, candidate_end, part) for every task.
  template <class Body>
  void run(const Execution& execution, Body&& body) const {
    execution.expect(static_cast<int64_t>(queries * parts));
    parallel_for(execution, query_blocks * parts, 1, [&](size_t task, size_t, int) {
      const size_t part = task % parts;
      const size_t begin = task / parts * block_queries;
      const size_t end = std::min(begin + block_queries, queries);
      body(begin, end, std::min(part * part_candidates, candidates), std::min((part + 1) * part_candidates, candidates),
           part);
      execution.advance(static_cast<int64_t>(end - begin));
    });
  }
};

}  // namespace pinsage
