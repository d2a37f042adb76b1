#include "pinsage/graph.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cpu/graph/components.hpp"
#include "cpu/graph/hop_tables.hpp"
#include "cpu/graph/type_graph.hpp"
#include "pinsage/built_graph.hpp"
#include "pinsage/picks.hpp"

namespace pinsage {

namespace {

[[noreturn]] void corrupt(const std::string& message) {
  throw Error("FILE_CORRUPT", message);
}

std::string row_holds(uint32_t node, const char* what, auto value) {
  return "row " + std::to_string(node) + " holds " + what + " " + std::to_string(value);
}

constexpr size_t rows_per_chunk = 4096;

bool usable_weight(float weight) {
  return weight == 0 || (weight >= 1e-30f && weight <= 1e30f);
}

/// A number that is the same for two lists of edges in different orders, and hardly for different edges.
uint64_t edge_hash(PinId pin, BoardId board, float weight) {
  uint64_t h = (uint64_t{pin} << 32 | board) * 0x9E3779B97F4A7C15u;
  h ^= uint64_t{std::bit_cast<uint32_t>(weight)} * 0xC2B2AE3D27D4EB4Fu;
  h ^= h >> 32;
  h *= 0xD6E8FEB86659FD93u;
  return h ^ (h >> 32);
}

uint64_t hash_edges(const Rows& rows, bool rows_are_pins, const Execution& execution) {
  const CsrView& csr = rows.csr();
  std::atomic<uint64_t> sum{0};
  parallel_for(execution, rows.size(), rows_per_chunk, [&](size_t begin, size_t end, int) {
    uint64_t part = 0;
    for (size_t node = begin; node < end; ++node) {
      const auto row = static_cast<uint32_t>(node);
      const uint64_t first = rows.offset(row);
      for (uint64_t i = first; i < first + rows.degree(row); ++i) {
        const float weight = csr.weights.empty() ? 1.0f : csr.weights[i];
        part += rows_are_pins ? edge_hash(row, csr.ids[i], weight) : edge_hash(csr.ids[i], row, weight);
      }
    }
    sum.fetch_add(part, std::memory_order_relaxed);
  });
  return sum.load();
}

}  // namespace

Rows::Rows(const CsrView& csr, uint32_t others, const char* name, const Execution& execution, Origin origin)
    : csr_(csr), weighted_(!csr.weights.empty()), last_id_(others == 0 ? 0 : others - 1) {
  const std::string rows_of = std::string("The rows of ") + name + ": ";
  if (csr.offsets.empty() || csr.offsets.size() - 1 >= nothing)
    corrupt(rows_of + "there are too few or too many offsets.");
  if (csr.ids.size() >> (64 - degree_bits) != 0) corrupt(rows_of + "there are too many edges.");
  if (csr.offsets.front() != 0 || csr.offsets.back() != csr.ids.size()) {
    corrupt(rows_of + "the offsets do not go from 0 to the number of edges.");
  }
  if (weighted_ && csr.weights.size() != csr.ids.size()) corrupt(rows_of + "there are not as many weights as edges.");
  if (!csr.times.empty() && csr.times.size() != csr.ids.size())
    corrupt(rows_of + "there are not as many times as edges.");
  const size_t nodes = csr.offsets.size() - 1;
  packed_ = Array<uint64_t>(nodes);
  if (weighted_) {
    totals_ = Array<float>(nodes);
    weighted_edges_ = Array<WeightedEdge>(csr.ids.size());
    guides_ = Array<uint32_t>(csr.ids.size());
  }
  std::mutex mutex;
  parallel_for(execution, nodes, rows_per_chunk, [&](size_t first, size_t last, int) {
    uint64_t largest = 0;
    for (size_t i = first; i < last; ++i) {
      const auto node = static_cast<uint32_t>(i);
      const uint64_t begin = csr.offsets[i], end = csr.offsets[i + 1];
      if (origin == Origin::outside) check_row(node, begin, end, rows_of);
      if (weighted_) prepare_weights(node, begin, end, rows_of);
      const uint64_t degree = end - begin;
      // An empty row begins at 0, so that what a walk reads there is at least inside the array.
      packed_[i] = degree == 0 ? 0 : begin << degree_bits | std::min<uint64_t>(degree, degree_mask);
      largest = std::max(largest, degree);
      if (degree >= degree_mask) {
        const std::lock_guard lock(mutex);
        huge_[node] = static_cast<uint32_t>(degree);
      }
    }
    const std::lock_guard lock(mutex);
    largest_degree_ = std::max(largest_degree_, static_cast<uint32_t>(largest));
  });
}

void Rows::check_row(uint32_t node, uint64_t begin, uint64_t end, const std::string& rows_of) const {
  if (begin > end || end > csr_.ids.size())
    corrupt(rows_of + "offset " + std::to_string(node + 1) + " is not in order.");
  for (uint64_t i = begin; i < end; ++i) {
    const uint32_t id = csr_.ids[i];
    if (id > last_id_) corrupt(rows_of + row_holds(node, "id", id) + ", which is out of range.");
    if (i > begin && id <= csr_.ids[i - 1]) corrupt(rows_of + row_holds(node, "id", id) + " twice or out of order.");
  }
}

void Rows::prepare_weights(uint32_t node, uint64_t begin, uint64_t end, const std::string& rows_of) {
  double sum = 0;
  for (uint64_t i = begin; i < end; ++i) {
    const float weight = csr_.weights[i];
    if (!usable_weight(weight))
      corrupt(rows_of + row_holds(node, "weight", weight) + "; allowed: 0, and 1e-30 to 1e30.");
    sum += weight;
    weighted_edges_[i] = {static_cast<float>(sum), csr_.ids[i]};
  }
  if (sum > std::numeric_limits<float>::max()) {
    corrupt(rows_of + "the weights of row " + std::to_string(node) + " are too large.");
  }
  totals_[node] = static_cast<float>(sum);
  uint64_t edge = begin;
  for (uint64_t i = begin, degree = end - begin; i < end; ++i) {
    const auto first_word = static_cast<uint32_t>((((i - begin) << 32) + degree - 1) / degree);
    const double point = weighted_point(first_word, totals_[node]);
    while (edge + 1 < end && weighted_edges_[edge].prefix <= point) ++edge;
    guides_[i] = static_cast<uint32_t>(edge - begin);
  }
}

Graph::Graph(const CsrView& pins, const CsrView& boards, const Execution& execution, HopTablesUse use, Origin origin,
             std::span<const BoardType> board_types)
    : pin_rows_(pins, static_cast<uint32_t>(boards.offsets.size() - 1), "pins", execution, origin),
      board_rows_(boards, static_cast<uint32_t>(pins.offsets.size() - 1), "boards", execution, origin),
      board_types_(board_types.size()),
      timed_(!pins.times.empty() || pins.ids.empty()),
      use_(use) {
  if (!board_types.empty() && board_types.size() != this->boards()) {
    corrupt("There are types of " + std::to_string(board_types.size()) + " boards, not " +
            std::to_string(this->boards()) + ".");
  }
  std::copy(board_types.begin(), board_types.end(), board_types_.begin());
  const auto hold_the_same_edges = [&] {
    return pin_rows_.edges() == board_rows_.edges() && pin_rows_.weighted() == board_rows_.weighted() &&
           hash_edges(pin_rows_, true, execution) == hash_edges(board_rows_, false, execution);
  };
  if (origin == Origin::outside && !hold_the_same_edges()) {
    corrupt("The rows of pins and the rows of boards do not hold the same edges.");
  }
  if (use == HopTablesUse::now) hop_tables(edges(), execution);
}

Graph::~Graph() = default;

const HopTables* Graph::hop_tables(uint64_t hops, const Execution& execution) const {
  if (const HopTables* tables = ready_tables_.load(std::memory_order_acquire)) return tables;
  if (use_ == HopTablesUse::never || walked_hops_.fetch_add(hops, std::memory_order_relaxed) + hops < edges()) {
    return nullptr;
  }
  // While one call makes them, others walk without.
  const std::unique_lock lock(making_tables_, std::try_to_lock);
  if (!lock.owns_lock() || !hop_tables_fit(*this)) return nullptr;
  if (tables_ == nullptr) {
    try {
      tables_ = make_hop_tables(*this, execution);
    } catch (const std::bad_alloc&) {
      walked_hops_ = 0;
      return nullptr;
    }
    ready_tables_.store(tables_.get(), std::memory_order_release);
  }
  return tables_.get();
}

EdgeTimes Graph::edge_times() const {
  const int64_t* const of_pins = pin_rows_.csr().times.data();
  const std::lock_guard lock(making_board_times_);
  if (board_times_.empty() && edges() > 0) {
    // Pins ascend within a board's row as they do in this loop: each edge is the next of its board.
    Array<int64_t> times(edges());
    std::vector<uint64_t> next(boards());
    for (BoardId board = 0; board < boards(); ++board) next[board] = board_rows_.offset(board);
    for (uint64_t edge = 0; edge < edges(); ++edge) {
      // Ids that JavaScript has changed must not lead out of the array.
      uint64_t& at = next[pin_rows_.id(edge)];
      if (at < edges()) times[at++] = of_pins[edge];
    }
    board_times_ = std::move(times);
  }
  return {of_pins, board_times_.data()};
}

const Components& Graph::components(const Execution& execution) const {
  const std::lock_guard lock(making_components_);
  if (components_ == nullptr) components_ = std::make_unique<const Components>(make_components(*this, execution));
  return *components_;
}

const Graph& Graph::of_type(BoardType type, const Execution& execution) const {
  const std::lock_guard lock(making_typed_);
  auto& typed = typed_[type];
  if (typed == nullptr) {
    const Execution quiet{execution.threads, nullptr};  // its progress is not the call's
    typed = std::make_unique<const BuiltGraph>(edges_of_type(*this, type, quiet), quiet, use_);
  }
  return typed->graph;
}

}  // namespace pinsage
