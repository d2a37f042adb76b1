#include "pinsage/tensor/max_pool.hpp"

#include "cuda/runtime.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {
namespace {

/// The neighbours of all nodes, on the GPU.
struct PoolView {
  const float* h;
  size_t width;
  const int32_t* neighbors;
  const float* weights;
  size_t slots;

  /// The element of h that is the maximum of a node and column: of the first slot that reaches it; none: false.
  PINSAGE_SHARED bool winner(size_t node, size_t column, size_t& element) const {
    bool any = false;
    for (size_t e = node * slots; e < (node + 1) * slots; ++e) {
      if (!(weights[e] > 0.0f)) continue;
      const size_t candidate = static_cast<size_t>(neighbors[e]) * width + column;
      if (any && !(h[candidate] > h[element])) continue;
      element = candidate;
      any = true;
    }
    return any;
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
  size_t nodes() const { return pool_.neighbors_per_node == 0 ? 0 : pool_.neighbors.size() / pool_.neighbors_per_node; }

 private:
  const DeviceMaxPool& pool_;
  cuda::DeviceArray<int32_t> neighbors_;
  cuda::DeviceArray<float> weights_;
};

}  // namespace

void max_pool(const DeviceMaxPool& pool, DeviceSpan<float> y, Queue& queue) {
  const PoolCopy copy(pool, queue);
  queue.place().for_each(y.size(), [view = copy.view(), to = y.data()] PINSAGE_KERNEL(size_t item) {
    size_t element = 0;
    to[item] = view.winner(item / view.width, item % view.width, element) ? view.h[element] : 0.0f;
  });
}

void max_pool_gradient(const DeviceMaxPool& pool, DeviceSpan<const float> dy, DeviceSpan<float> dh, Queue& queue) {
  const PoolCopy copy(pool, queue);
  fill(dh, 0, queue);
  // A thread for each column, over all nodes: no two write one element, and each is summed in the order of nodes.
  queue.place().for_each(pool.width, [view = copy.view(), nodes = copy.nodes(), from = dy.data(),
                                      to = dh.data()] PINSAGE_KERNEL(size_t column) {
    for (size_t node = 0; node < nodes; ++node) {
      size_t element = 0;
      if (view.winner(node, column, element)) to[element] += from[node * view.width + column];
    }
  });
}

}  // namespace pinsage::tensor
