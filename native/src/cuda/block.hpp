#pragma once

#include <cstdint>

#include "pinsage/shared.hpp"

/// A kernel here is written as what a block of threads does step by step: block.for_each_thread(body) lets each thread
/// run the body, and all wait until all have. So the same source is a kernel on a GPU and a loop on the host, which
/// tests run against the CPU's results where there is no GPU.
namespace pinsage::cuda {

#ifdef __CUDACC__

class DeviceBlock {
 public:
  __device__ uint32_t threads() const { return blockDim.x; }

  template <class Body>
  __device__ void for_each_thread(Body&& body) {
    body(threadIdx.x);
    __syncthreads();
  }
};

#endif

/// Sorts `size` values, a power of two, in ascending order (bitonic sort, Batcher 1968).
template <class Block, class T>
PINSAGE_SHARED void sort(Block& block, T* values, uint32_t size) {
  for (uint32_t run = 2; run <= size; run *= 2) {
    for (uint32_t apart = run / 2; apart > 0; apart /= 2) {
      block.for_each_thread([&](uint32_t thread) {
        for (uint32_t pair = thread; pair < size / 2; pair += block.threads()) {
          const uint32_t low = 2 * pair - (pair & (apart - 1)), high = low + apart;
          const bool descending = (low & run) != 0;
          const T a = values[low], b = values[high];
          if ((b < a) != descending) {
            values[low] = b;
            values[high] = a;
          }
        }
      });
    }
  }
}

/// The sum of one number for each thread; partial[0 … threads - 1], a power of two, is overwritten.
template <class Block>
PINSAGE_SHARED uint64_t sum(Block& block, uint64_t* partial) {
  for (uint32_t half = block.threads() / 2; half > 0; half /= 2) {
    block.for_each_thread([&](uint32_t thread) {
      if (thread < half) partial[thread] += partial[thread + half];
    });
  }
  return partial[0];
}

}  // namespace pinsage::cuda
