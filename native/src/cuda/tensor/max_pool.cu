#include "pinsage/tensor/max_pool.hpp"

#include "cuda/runtime.hpp"
#include "pinsage/cuda/tensor.hpp"
#include "pinsage/tensor/sparse.hpp"

namespace pinsage::tensor {
namespace {

/// The entry (node, slot) that wins where no neighbour counts.
constexpr uint32_t nobody = UINT32_MAX;

/// The neighbours of all nodes, on the GPU.
struct PoolView {
  const float* h;
  size_t width;
  const int32_t* neighbors;
  const float* weights;
  size_t slots;

  PINSAGE_SHARED float value(size_t entry, size_t column) const {
    return h[static_cast<size_t>(neighbors[entry]) * width + column];
  }
  /// The node's first entry that reaches the maximum of a column.
  PINSAGE_SHARED uint32_t winner(size_t node, size_t column) const {
    uint32_t winner = nobody;
    float most = 0;
    for (size_t e = node * slots; e < (node + 1) * slots; ++e) {
      if (!(weights[e] > 0.0f)) continue;
      const float own = value(e, column);
      if (winner != nobody && !(own > most)) continue;
      winner = static_cast<uint32_t>(e);
      most = own;
    }
    return winner;
  }
};

/// Keeps them there.
class PoolCopy {
 public:
  PoolCopy(const DeviceMaxPool& pool, Queue& queue)
      : pool_(pool), neighbors_(queue.place().copy(pool.neighbors)), weights_(queue.place().copy(pool.weights)) {
    if (pool.width > 0) check_neighbors(pool.neighbors, pool.h.size() / pool.width);
  }

  PoolView view() const {
    return {pool_.h.data(), pool_.width, neighbors_.data(), weights_.data(), pool_.neighbors_per_node};
  }

 private:
  const DeviceMaxPool& pool_;
  cuda::DeviceArray<int32_t> neighbors_;
  cuda::DeviceArray<float> weights_;
};

/// winners [nodes, width]
void find_winners(const PoolView& view, const cuda::DeviceArray<uint32_t>& winners, Queue& queue) {
  queue.place().for_each(winners.size(), [view, to = winners.data()] PINSAGE_KERNEL(size_t item) {
    to[item] = view.winner(item / view.width, item % view.width);
  });
}

}  // namespace

void max_pool(const DeviceMaxPool& pool, DeviceSpan<float> y, Queue& queue) {
  const PoolCopy copy(pool, queue);
  queue.place().for_each(y.size(), [view = copy.view(), to = y.data()] PINSAGE_KERNEL(size_t item) {
    const size_t column = item % view.width;
    const uint32_t winner = view.winner(item / view.width, column);
    to[item] = winner == nobody ? 0.0f : view.value(winner, column);
  });
}

void max_pool_gradient(const DeviceMaxPool& pool, DeviceSpan<const float> dy, DeviceSpan<float> dh, Queue& queue) {
  const PoolCopy copy(pool, queue);
  if (dh.empty()) return;
  cuda::Place& place = queue.place();
  const auto winners = place.array<uint32_t>(dy.size());
  find_winners(copy.view(), winners, queue);
  // The entries that a row of h is, in the order of nodes: no two threads write one element, and each sum is the CPU's.
  const SparseMatrix entries = transpose(selection(pool.neighbors, dh.size() / pool.width));
  const auto offsets = place.copy(std::span(entries.offsets)), indices = place.copy(std::span(entries.indices));
  place.for_each(dh.size(), [view = copy.view(), winners = winners.data(), offsets = offsets.data(),
                             indices = indices.data(), from = dy.data(), to = dh.data()] PINSAGE_KERNEL(size_t item) {
    const size_t row = item / view.width, column = item % view.width;
    float sum = 0;
    for (uint32_t i = offsets[row]; i < offsets[row + 1]; ++i) {
      const uint32_t entry = indices[i];
      const size_t element = entry / static_cast<uint32_t>(view.slots) * view.width + column;
      if (winners[element] == entry) sum += from[element];
    }
    to[item] = sum;
  });
}

}  // namespace pinsage::tensor
