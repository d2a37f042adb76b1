#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "pinsage/error.hpp"
#include "pinsage/tensor/gemm.hpp"

#define PINSAGE_KERNEL

/// The same as gpu.hpp with loops in the host's memory: tests run the kernels' very source where there is no GPU, under
/// the sanitizers.
namespace pinsage::cuda {

/// The order in which the host runs items, blocks and threads, which no result may depend on.
enum class Order { forwards, backwards };
inline Order emulated_order = Order::forwards;

inline size_t in_order(size_t i, size_t count) {
  return emulated_order == Order::forwards ? i : count - 1 - i;
}

class Block {
 public:
  explicit Block(uint32_t threads) : threads_(threads) {}

  uint32_t threads() const { return threads_; }

  template <class Body>
  void for_each_thread(Body&& body) {
    for (uint32_t i = 0; i < threads_; ++i) body(static_cast<uint32_t>(in_order(i, threads_)));
  }

 private:
  uint32_t threads_;
};

struct Limits {
  int processors = 2;
  int shared = 227 << 10;
};

class Stream {
 public:
  const Limits& limits() const { return limits_; }
  void* handle() const { return nullptr; }
  void wait() const {}
  bool done() const { return true; }

  void* allocate(size_t bytes) const {
    void* const memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (memory == nullptr) throw Error("OUT_OF_MEMORY", "There is not enough memory on the GPU for this call.");
    // What nobody wrote must not pass for zeros.
    std::memset(memory, 0x5a, bytes);
    return memory;
  }
  void free(void* memory) const noexcept { std::free(memory); }
  void fill(void* memory, int byte, size_t bytes) const { std::memset(memory, byte, bytes); }
  void upload(const void* from, void* to, size_t bytes) const { std::memcpy(to, from, bytes); }
  void download(const void* from, void* to, size_t bytes) const { std::memcpy(to, from, bytes); }

  /// The host has no TF32: it multiplies what would be rounded.
  void multiply(tensor::Product product, const float* a, const float* b, float* c) const {
    if (product.precision == tensor::Precision::tf32) product.precision = tensor::Precision::float32;
    tensor::gemm(product, a, b, c, {});
  }

  template <class Item>
  void launch_items(size_t count, const Item& item) const {
    for (size_t i = 0; i < count; ++i) item(in_order(i, count));
  }
  template <unsigned threads, class Kernel>
  void launch_blocks(size_t count, size_t shared, const Kernel& kernel, size_t) const {
    if (shared > static_cast<size_t>(limits_.shared)) throw Error("INTERNAL", "A block asks for too much memory.");
    std::vector<uint64_t> memory((shared + 7) / 8);
    Block block(threads);
    for (size_t i = 0; i < count; ++i) {
      // Nor must what the block before left.
      std::fill(memory.begin(), memory.end(), 0x5a5a5a5a5a5a5a5a);
      kernel(block, in_order(i, count), static_cast<void*>(memory.data()));
    }
  }

 private:
  Limits limits_;
};

class ResidentMemory {
 public:
  ResidentMemory(const void* values, size_t bytes)
      : bytes_(static_cast<const char*>(values), static_cast<const char*>(values) + bytes) {}

  const void* data() const { return bytes_.data(); }

 private:
  std::vector<char> bytes_;
};

}  // namespace pinsage::cuda
