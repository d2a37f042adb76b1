#pragma once

#include <algorithm>
#include <bit>
#include <span>
#include <utility>
#include <vector>

#include "pinsage/array.hpp"
#include "pinsage/execution.hpp"

namespace pinsage {

/// Edges grouped by ranges of rows, so small that each group is sorted within a core's cache. Within a group they keep
/// their order.
template <class Edge>
struct EdgeBuckets {
  Array<Edge> edges;
  std::vector<size_t> begins;  ///< of each bucket, and the end
  uint32_t rows = 0;
  int shift = 0;  ///< bucket = row >> shift

  size_t size() const { return begins.size() - 1; }
  uint32_t first_row(size_t bucket) const { return static_cast<uint32_t>(bucket << shift); }
  uint32_t last_row(size_t bucket) const {
    return static_cast<uint32_t>(std::min<uint64_t>((bucket + 1) << shift, rows));
  }
  std::span<const Edge> of(size_t bucket) const {
    return edges.span().subspan(begins[bucket], begins[bucket + 1] - begins[bucket]);
  }
};

/// One pass of a stable radix sort by the high bits of the row. visit(begin, end, use) calls use(edge) for edges begin
/// … end - 1 of the input; it is called twice for each part of them. Should the input change in between (JavaScript may
/// write to it), groups hold wrong edges, and memory that was never set, but nothing is written outside.
template <class Edge, class Visit>
EdgeBuckets<Edge> bucket_edges(size_t count, uint32_t rows, Visit&& visit, const Execution& execution) {
  constexpr size_t edges_per_bucket = size_t{1} << 15, most_buckets = 1024, edges_per_part = size_t{1} << 22;
  EdgeBuckets<Edge> buckets;
  buckets.rows = rows;
  const size_t wanted = std::min(most_buckets, std::bit_ceil(count / edges_per_bucket + 1));
  buckets.shift = std::max(0, static_cast<int>(std::bit_width(rows)) - std::countr_zero(wanted));
  const size_t size = (rows >> buckets.shift) + 1;

  const size_t parts = std::max<size_t>(execution.thread_count(), count / edges_per_part + 1);
  const auto part_begin = [&](size_t part) { return count / parts * part + std::min(part, count % parts); };
  std::vector<size_t> next(parts * size, 0);  // of [part][bucket]: first its edges, then where the next one goes
  parallel_for(execution, parts, 1, [&](size_t part, size_t, int) {
    size_t* counts = next.data() + part * size;
    visit(part_begin(part), part_begin(part + 1), [&](const Edge& edge) { ++counts[edge.row >> buckets.shift]; });
  });
  size_t total = 0;
  for (size_t bucket = 0; bucket < size; ++bucket) {
    buckets.begins.push_back(total);
    for (size_t part = 0; part < parts; ++part) total += std::exchange(next[part * size + bucket], total);
  }
  buckets.begins.push_back(total);
  buckets.edges = Array<Edge>(count);
  parallel_for(execution, parts, 1, [&](size_t part, size_t, int) {
    size_t* to = next.data() + part * size;
    visit(part_begin(part), part_begin(part + 1),
          [&](const Edge& edge) { buckets.edges[std::min(to[edge.row >> buckets.shift]++, count - 1)] = edge; });
  });
  return buckets;
}

}  // namespace pinsage
