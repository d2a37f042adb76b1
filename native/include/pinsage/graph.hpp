#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>

#include "pinsage/array.hpp"
#include "pinsage/execution.hpp"
#include "pinsage/picks.hpp"
#include "pinsage/shared.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// One row of a CSR matrix: the neighbours of one node, sorted by id; with weights also as edges with prefix sums.
struct Row {
  const uint32_t* ids = nullptr;
  const WeightedEdge* edges = nullptr;  ///< null: unweighted
  uint32_t degree = 0;
  uint64_t begin = 0;  ///< the number of its first edge

  /// Whether there is an edge that a walk can take.
  PINSAGE_SHARED bool walkable() const { return degree != 0 && (edges == nullptr || edges[degree - 1].prefix > 0); }
};

/// One direction of the graph as files hold it.
struct CsrView {
  std::span<const uint64_t> offsets;    ///< [nodes + 1]
  std::span<const uint32_t> ids;        ///< [edges]
  std::span<const float> weights;       ///< [edges], or empty
  std::span<const int64_t> times = {};  ///< [edges], or empty; a graph reads those of its pins' rows
};

/// Where a graph's arrays come from. Those that build_csr made are right, and need not be read again.
enum class Origin { outside, built };

/// One direction of the graph as kernels walk it. (offset, degree) of a row share 8 bytes, which costs one cache miss
/// rather than the two of offsets[i] and offsets[i + 1].
///
/// The ids lie in memory that JavaScript can write to. So that no program can crash itself that way, kernels read an id
/// once and clamp it to the other side's number of nodes; a correct graph never meets the clamp.
class Rows {
 public:
  Rows() = default;
  /// Checks a view of arrays from outside and throws FILE_CORRUPT: offsets from 0 to the number of edges and monotone,
  /// ids below `others` and ascending within a row, weights 0 or in [1e-30, 1e30].
  Rows(const CsrView& csr, uint32_t others, const char* name, const Execution& execution,
       Origin origin = Origin::outside);

  uint32_t size() const { return static_cast<uint32_t>(packed_.size()); }
  uint64_t edges() const { return csr_.ids.size(); }
  bool weighted() const { return weighted_; }
  uint32_t largest_degree() const { return largest_degree_; }
  const CsrView& csr() const { return csr_; }

  uint64_t offset(uint32_t node) const { return packed_[node] >> degree_bits; }
  uint32_t degree(uint32_t node) const {
    const auto degree = static_cast<uint32_t>(packed_[node] & degree_mask);
    return degree != degree_mask ? degree : huge_.at(node);
  }
  Row row(uint32_t node) const {
    const uint64_t begin = offset(node);
    return {csr_.ids.data() + begin, weighted_ ? weighted_edges_.data() + begin : nullptr, degree(node), begin};
  }

  /// The largest id that a row may hold.
  uint32_t last_id() const { return last_id_; }
  uint32_t id(uint64_t edge) const { return std::min(csr_.ids[edge], last_id_); }

  // Of weighted rows: the total weight, the edges with their prefix sums, and guides. A row of degree d is cut into d
  // equal parts; guide k is the first edge that a word of part k can pick, and the one it does pick is hardly ever far
  // from there (Chen and Asau 1974). A search by halves would miss the cache at every step.
  float total(uint32_t node) const { return totals_[node]; }
  const WeightedEdge& weighted_edge(uint64_t edge) const { return weighted_edges_[edge]; }
  uint32_t guide(uint64_t edge) const { return guides_[edge]; }

  void prefetch_row(uint32_t node) const {
    prefetch(packed_.data() + node);
    if (weighted_) prefetch(totals_.data() + node);
  }
  void prefetch_id(uint64_t edge) const { prefetch(csr_.ids.data() + edge); }
  void prefetch_guide(uint64_t edge) const { prefetch(guides_.data() + edge); }
  void prefetch_weighted_edge(uint64_t edge) const { prefetch(weighted_edges_.data() + edge); }

  static constexpr int degree_bits = 24;
  static constexpr uint32_t degree_mask = (1u << degree_bits) - 1;

 private:
  void check_row(uint32_t node, uint64_t begin, uint64_t end, const std::string& name) const;
  void prepare_weights(uint32_t node, uint64_t begin, uint64_t end, const std::string& name);

  CsrView csr_;
  bool weighted_ = false;
  uint32_t last_id_ = 0;
  uint32_t largest_degree_ = 0;
  Array<uint64_t> packed_;
  std::unordered_map<uint32_t, uint32_t> huge_;  ///< degrees that do not fit
  Array<float> totals_;
  Array<WeightedEdge> weighted_edges_;
  Array<uint32_t> guides_;
};

/// When each edge came to be, in the order of the pins' rows and in that of the boards' rows.
struct EdgeTimes {
  const int64_t* of_pins = nullptr;    ///< [edges]
  const int64_t* of_boards = nullptr;  ///< [edges]
};

struct BuiltGraph;
struct Components;
struct HopTables;

/// What a GPU holds of a graph, made by the first call there.
struct DeviceCopy {
  std::mutex making;
  std::shared_ptr<const void> copy;
};

/// When a graph makes the tables that speed its walks up: once they are worth their time, at once, or never.
enum class HopTablesUse { automatic, now, never };

/// A bipartite graph of pins and boards, both ways. The arrays that it is made from must outlive it.
class Graph {
 public:
  /// Checks both directions and, unless they were built, that they hold the same edges with the same weights.
  /// board_types [boards] is copied; empty: boards have no types.
  Graph(const CsrView& pins, const CsrView& boards, const Execution& execution,
        HopTablesUse use = HopTablesUse::automatic, Origin origin = Origin::outside,
        std::span<const BoardType> board_types = {});
  ~Graph();

  uint32_t pins() const { return pin_rows_.size(); }
  uint32_t boards() const { return board_rows_.size(); }
  uint64_t edges() const { return pin_rows_.edges(); }
  bool weighted() const { return pin_rows_.weighted(); }
  bool timed() const { return timed_; }
  const Rows& pin_rows() const { return pin_rows_; }
  const Rows& board_rows() const { return board_rows_; }

  /// For a call that is about to walk at most so many hops; null when it does without. They take 16 bytes an edge (64
  /// with weights) and as long to make as walking every edge about once, so with automatic use they are made by the
  /// call with which the graph has been walked as many hops as it has edges, unless they do not fit.
  const HopTables* hop_tables(uint64_t hops, const Execution& execution) const;

  /// Made by the first call that asks for them.
  const Components& components(const Execution& execution) const;

  std::span<const BoardType> board_types() const { return board_types_.span(); }

  /// The same pins and boards with the edges of one type of board, so that an edge is held out here where it is held
  /// out there. Made by the first call that asks for it; the graphs of all types take as much memory as this one.
  const Graph& of_type(BoardType type, const Execution& execution) const;

  /// Of a graph that is timed. The boards' order takes 8 bytes an edge and is made by the first call that asks for it.
  EdgeTimes edge_times() const;

  DeviceCopy& device_copy() const { return device_copy_; }

 private:
  Rows pin_rows_;
  Rows board_rows_;
  Array<BoardType> board_types_;
  bool timed_;
  HopTablesUse use_;
  mutable std::atomic<uint64_t> walked_hops_ = 0;
  mutable std::mutex making_tables_;
  mutable std::unique_ptr<const HopTables> tables_;
  mutable std::atomic<const HopTables*> ready_tables_ = nullptr;
  mutable std::mutex making_components_;
  mutable std::unique_ptr<const Components> components_;
  mutable std::mutex making_typed_;
  mutable std::map<BoardType, std::unique_ptr<const BuiltGraph>> typed_;
  mutable std::mutex making_board_times_;
  mutable Array<int64_t> board_times_;
  mutable DeviceCopy device_copy_;
};

}  // namespace pinsage
