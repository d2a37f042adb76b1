#pragma once

#include <cmath>

#include "cuda/block.hpp"
#include "cuda/runtime.hpp"
#include "pinsage/cuda/memory.hpp"

/// Kernels that give each row of a matrix a block of threads.
namespace pinsage::tensor {

using cuda::Block;
using cuda::DeviceSpan;
using cuda::Queue;

inline constexpr unsigned row_threads = 128;

/// row(block, i, partial) for i < rows; partial [row_threads] is the block's own.
template <class Row>
void for_each_row(Queue& queue, size_t rows, const Row& row) {
  queue.place().for_each_block<row_threads>(
      rows, row_threads * sizeof(double),
      [row] PINSAGE_KERNEL(Block & block, size_t i, void* shared) { row(block, i, static_cast<double*>(shared)); });
}

inline size_t rows_of(size_t size, size_t width) {
  return width == 0 ? 0 : size / width;
}

/// body(j) for j < width, by the threads of a block.
template <class Body>
PINSAGE_SHARED void for_each_column(Block& block, size_t width, const Body& body) {
  block.for_each_thread([&](uint32_t thread) {
    for (size_t j = thread; j < width; j += block.threads()) body(j);
  });
}

/// The largest of value(j), or NaN if one is.
template <class Value>
PINSAGE_SHARED double largest(Block& block, double* partial, size_t width, const Value& value) {
  return cuda::reduce(
      block, partial, width, static_cast<double>(-INFINITY), [&](size_t j) { return double{value(j)}; },
      [](double a, double b) { return a > b || a != a ? a : b; });
}

}  // namespace pinsage::tensor
