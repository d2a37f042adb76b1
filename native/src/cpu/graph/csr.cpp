#include "pinsage/csr.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "cpu/graph/edge_buckets.hpp"
#include "cpu/graph/radix_sort.hpp"
#include "cpu/graph/simd.hpp"

// A radix sort in two passes. The first groups the edges by ranges of 2^shift rows; the second sorts each group in
// cache, by row and then by column, and merges equal edges. The other direction starts from the sorted edges and need
// not sort by column again: both passes are stable.
namespace pinsage {

namespace {

/// An edge of an unweighted list.
struct PlainEdge {
  uint32_t row, column;
};

/// An edge that has a weight or a time, at `index` of the list.
struct IndexedEdge {
  uint32_t row, column;
  uint64_t index;
};

void check_ids(std::span<const uint32_t> ids, uint32_t count, const char* argument, const Execution& execution) {
  constexpr size_t grain = size_t{1} << 20;
  std::vector<size_t> bad(ids.size() / grain + 1, SIZE_MAX);
  parallel_for(execution, ids.size(), grain, [&](size_t begin, size_t end, int) {
    // Without a way out: the compiler makes vectors of it.
    bool any = false;
    for (size_t i = begin; i < end; ++i) any |= ids[i] >= count;
    if (!any) return;
    const auto is_bad = [&](uint32_t id) { return id >= count; };
    bad[begin / grain] = std::find_if(ids.begin() + begin, ids.begin() + end, is_bad) - ids.begin();
  });
  const size_t first = *std::min_element(bad.begin(), bad.end());
  if (first >= ids.size()) return;
  invalid_argument(argument, "element " + std::to_string(first) + " is " + std::to_string(ids[first]) +
                                 "; allowed: below " + std::to_string(count));
}

void check_weights(std::span<const float> weights) {
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] != 0 && !(weights[i] >= 1e-30f && weights[i] <= 1e30f)) {
      invalid_argument("edges.weights", "element " + std::to_string(i) + " is " + std::to_string(weights[i]) +
                                            "; allowed: 0, and 1e-30 to 1e30");
    }
  }
}

class Builder {
 public:
  Builder(const EdgeList& edges, uint32_t pins, uint32_t boards, Duplicates duplicates, const Execution& execution)
      : edges_(edges), pins_(pins), boards_(boards), duplicates_(duplicates), execution_(execution) {
    csr_.weighted = edges.weighted || duplicates == Duplicates::sum;
    csr_.timed = edges.timed;
  }

  CsrArrays build(bool both_ways) {
    execution_.expect((both_ways ? 2 : 1) * static_cast<int64_t>(edges_.pins.size()));
    check_ids(edges_.pins, pins_, "edges.pins", execution_);
    check_ids(edges_.boards, boards_, "edges.boards", execution_);
    check_weights(edges_.weights);
    if (csr_.weighted || csr_.timed) {
      build_rows<IndexedEdge>(both_ways);
    } else {
      build_rows<PlainEdge>(both_ways);
    }
    return std::move(csr_);
  }

 private:
  template <class Edge>
  void build_rows(bool both_ways) {
    const auto count = static_cast<int64_t>(edges_.pins.size());
    build_pin_rows<Edge>();
    execution_.advance(count);
    if (!both_ways) return;
    build_board_rows<Edge>();
    execution_.advance(count);
  }

  template <class Edge>
  static Edge make(uint32_t row, uint32_t column, uint64_t index) {
    if constexpr (std::is_same_v<Edge, PlainEdge>)
      return {row, column};
    else
      return {row, column, index};
  }

  template <class Edge>
  void build_pin_rows() {
    const size_t count = edges_.pins.size();
    auto buckets = bucket_edges<Edge>(
        count, pins_,
        [&](size_t begin, size_t end, auto&& use) {
          for (size_t i = begin; i < end; ++i)
            use(make<Edge>(std::min(edges_.pins[i], pins_ - 1), edges_.boards[i], i));
        },
        execution_);

    // Each bucket's rows, sorted and merged, at the front of the bucket's own place; then all of them, close together.
    Array<uint32_t> boards(count);
    Array<float> weights(csr_.weighted ? count : 0);
    Array<int64_t> times(csr_.timed ? count : 0);
    csr_.pin_offsets = Array<uint64_t>(size_t{pins_} + 1);
    std::vector<size_t> kept(buckets.size());
    parallel_for(execution_, buckets.size(), 1, [&](size_t bucket, size_t, int) {
      kept[bucket] = sort_rows(buckets, bucket, boards.data() + buckets.begins[bucket], weights, times);
    });
    std::vector<size_t> places(buckets.size() + 1, 0);
    std::partial_sum(kept.begin(), kept.end(), places.begin() + 1);
    csr_.pin_offsets[pins_] = places.back();
    csr_.pin_boards = Array<uint32_t>(places.back());
    csr_.pin_weights = Array<float>(csr_.weighted ? places.back() : 0);
    csr_.times = Array<int64_t>(csr_.timed ? places.back() : 0);
    parallel_for(execution_, buckets.size(), 1, [&](size_t bucket, size_t, int) {
      const size_t from = buckets.begins[bucket], to = places[bucket];
      for (uint32_t row = buckets.first_row(bucket); row < buckets.last_row(bucket); ++row) csr_.pin_offsets[row] += to;
      std::copy_n(boards.data() + from, kept[bucket], csr_.pin_boards.data() + to);
      if (csr_.weighted) std::copy_n(weights.data() + from, kept[bucket], csr_.pin_weights.data() + to);
      if (csr_.timed) std::copy_n(times.data() + from, kept[bucket], csr_.times.data() + to);
    });
  }

  /// Sorts one bucket's edges by row and column and merges equal ones; how many remain. pin_offsets become relative to
  /// the bucket.
  template <class Edge>
  size_t sort_rows(const EdgeBuckets<Edge>& buckets, size_t bucket, uint32_t* boards, Array<float>& weights,
                   Array<int64_t>& times) {
    const uint32_t first_row = buckets.first_row(bucket), rows = buckets.last_row(bucket) - first_row;
    auto edges = buckets.of(bucket);
    if (edges.empty()) {
      std::fill_n(csr_.pin_offsets.data() + first_row, rows, 0);
      return 0;
    }
    std::vector<Edge> by_column;
    if constexpr (std::is_same_v<Edge, IndexedEdge>) {
      by_column.assign(edges.begin(), edges.end());
      radix_sort(by_column, boards_, [](const Edge& edge) { return edge.column; });
      edges = by_column;
    }
    // An edge without weight or time is no more than its column from here on.
    using Item = std::conditional_t<std::is_same_v<Edge, PlainEdge>, uint32_t, Edge>;
    thread_local std::vector<size_t> next;
    thread_local std::vector<Item> items;
    next.assign(size_t{rows} + 1, 0);
    if (items.size() < edges.size()) items.resize(edges.size());
    const std::span<size_t> ends(next);  // of each row, once its edges are in
    const std::span<Item> sorted(items);
    const auto row_of = [&](const Edge& edge) { return std::min(edge.row - first_row, rows - 1); };
    for (const Edge& edge : edges) ++ends[row_of(edge) + 1];
    std::partial_sum(ends.begin(), ends.end(), ends.begin());
    for (const Edge& edge : edges) {
      Item& item = sorted[ends[row_of(edge)]++];
      if constexpr (std::is_same_v<Edge, PlainEdge>)
        item = std::min(edge.column, boards_ - 1);
      else
        item = edge;
    }

    size_t kept = 0, begin = 0;
    for (uint32_t row = 0; row < rows; ++row) {
      csr_.pin_offsets[first_row + row] = kept;
      const auto own = sorted.subspan(begin, ends[row] - begin);
      begin = ends[row];
      if constexpr (std::is_same_v<Edge, PlainEdge>) {
        kept += sort_and_merge(own, boards + kept);
      } else {
        kept += merge(own, boards + kept, weights.data() + buckets.begins[bucket] + kept,
                      times.data() + buckets.begins[bucket] + kept);
      }
    }
    return kept;
  }

  static size_t sort_and_merge(std::span<const uint32_t> columns, uint32_t* boards) {
    thread_local std::vector<uint32_t> ids, scratch;
    if (ids.size() < columns.size() + simd::padding) {
      ids.resize(2 * columns.size() + simd::padding);
      scratch.resize(ids.size());
    }
    std::copy(columns.begin(), columns.end(), ids.begin());
    const uint32_t* sorted = simd::sort(ids.data(), columns.size(), scratch.data());
    return std::unique_copy(sorted, sorted + columns.size(), boards) - boards;
  }

  /// The edges are sorted already, and those of the same column are in their order of the list.
  size_t merge(std::span<const IndexedEdge> edges, uint32_t* boards, float* weights, int64_t* times) const {
    const auto board_of = [&](const IndexedEdge& edge) { return std::min(edge.column, boards_ - 1); };
    size_t kept = 0;
    for (size_t i = 0; i < edges.size(); ++kept) {
      const uint32_t board = board_of(edges[i]);
      double weight = weight_of(edges[i]);
      int64_t time = time_of(edges[i]);
      for (++i; i < edges.size() && board_of(edges[i]) == board; ++i) {
        if (duplicates_ == Duplicates::sum) weight += weight_of(edges[i]);
        time = std::min(time, time_of(edges[i]));
      }
      boards[kept] = board;
      if (csr_.weighted) weights[kept] = std::min(static_cast<float>(weight), 1e30f);
      if (csr_.timed) times[kept] = time;
    }
    return kept;
  }

  float weight_of(const IndexedEdge& edge) const { return edges_.weighted ? edges_.weights[place_of(edge)] : 1; }
  int64_t time_of(const IndexedEdge& edge) const { return edges_.timed ? edges_.times[place_of(edge)] : 0; }
  size_t place_of(const IndexedEdge& edge) const { return std::min<size_t>(edge.index, edges_.pins.size() - 1); }

  template <class Edge>
  void build_board_rows() {
    const size_t count = csr_.pin_boards.size();
    auto buckets = bucket_edges<Edge>(
        count, boards_,
        [&](size_t begin, size_t end, auto&& use) {
          const auto after = std::upper_bound(csr_.pin_offsets.begin(), csr_.pin_offsets.end(), begin);
          auto pin = static_cast<PinId>(after - csr_.pin_offsets.begin() - 1);
          for (size_t i = begin; i < end; ++i) {
            while (i >= csr_.pin_offsets[size_t{pin} + 1]) ++pin;
            use(make<Edge>(csr_.pin_boards[i], pin, i));
          }
        },
        execution_);
    csr_.board_offsets = Array<uint64_t>(size_t{boards_} + 1);
    csr_.board_pins = Array<uint32_t>(count);
    csr_.board_weights = Array<float>(csr_.weighted ? count : 0);
    csr_.board_offsets[boards_] = count;
    parallel_for(execution_, buckets.size(), 1, [&](size_t bucket, size_t, int) {
      const uint32_t first_row = buckets.first_row(bucket), rows = buckets.last_row(bucket) - first_row;
      thread_local std::vector<size_t> places;
      places.assign(size_t{rows} + 1, 0);
      const std::span<size_t> next(places);
      for (const Edge& edge : buckets.of(bucket)) ++next[edge.row - first_row + 1];
      next[0] = buckets.begins[bucket];
      std::partial_sum(next.begin(), next.end(), next.begin());
      std::copy_n(next.begin(), rows, csr_.board_offsets.data() + first_row);
      for (const Edge& edge : buckets.of(bucket)) {
        const size_t to = next[edge.row - first_row]++;
        csr_.board_pins[to] = edge.column;
        if constexpr (std::is_same_v<Edge, IndexedEdge>) {
          if (csr_.weighted) csr_.board_weights[to] = csr_.pin_weights[edge.index];
        }
      }
    });
  }

  const EdgeList& edges_;
  const uint32_t pins_, boards_;
  const Duplicates duplicates_;
  const Execution& execution_;
  CsrArrays csr_;
};

}  // namespace

CsrArrays build_csr(const EdgeList& edges, uint32_t pins, uint32_t boards, Duplicates duplicates,
                    const Execution& execution) {
  return Builder(edges, pins, boards, duplicates, execution).build(true);
}

CsrArrays build_pin_rows(const EdgeList& edges, uint32_t pins, uint32_t boards, Duplicates duplicates,
                         const Execution& execution) {
  return Builder(edges, pins, boards, duplicates, execution).build(false);
}

}  // namespace pinsage
