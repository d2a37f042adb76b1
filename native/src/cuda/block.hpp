#pragma once

#include <cstdint>

#include "pinsage/shared.hpp"

/// What blocks of threads do together. Kernels are written step by step: block.for_each_thread(body) lets each thread
/// run the body, and all wait until all have. So the same source is a kernel on a GPU and a loop on the host
/// (runtime.hpp).
namespace pinsage::cuda {

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

/// combine(… combine(combine(start, value(0)), value(1)) …) over i < count, in an order that depends on nothing but the
/// count and the threads, which are a power of two. partial [threads] is overwritten, and free again afterwards.
template <class Block, class T, class Value, class Combine>
PINSAGE_SHARED T reduce(Block& block, T* partial, size_t count, T start, const Value& value, const Combine& combine) {
  block.for_each_thread([&](uint32_t thread) {
    T own = start;
    for (size_t i = thread; i < count; i += block.threads()) own = combine(own, value(i));
    partial[thread] = own;
  });
  for (uint32_t half = block.threads() / 2; half > 0; half /= 2) {
    block.for_each_thread([&](uint32_t thread) {
      if (thread < half) partial[thread] = combine(partial[thread], partial[thread + half]);
    });
  }
  const T all = partial[0];
  block.for_each_thread([](uint32_t) {});
  return all;
}

/// Σ value(i) over i < count.
template <class Block, class T, class Value>
PINSAGE_SHARED T sum(Block& block, T* partial, size_t count, const Value& value) {
  return reduce(block, partial, count, T{0}, value, [](T a, T b) { return a + b; });
}

}  // namespace pinsage::cuda
