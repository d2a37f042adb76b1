#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "cuda/cublas.hpp"
#include "pinsage/error.hpp"
#include "pinsage/execution.hpp"

/// Marks a lambda that is a kernel.
#define PINSAGE_KERNEL __device__

/// CUDA's runtime behind the interface that runtime.hpp builds on: what fails is thrown.
namespace pinsage::cuda {

inline void check(cudaError_t error) {
  if (error == cudaSuccess) return;
  // Forgets it, so that the next call does not report it again. What has broken the device stays.
  cudaGetLastError();
  if (error == cudaErrorMemoryAllocation) {
    throw Error("OUT_OF_MEMORY", "There is not enough memory on the GPU for this call.");
  }
  throw Error("INTERNAL", std::string("CUDA failed: ") + cudaGetErrorName(error) + ", " + cudaGetErrorString(error));
}

/// The block of threads that runs a kernel. The host compiles kernels too, and never runs them.
class Block {
 public:
#ifdef __CUDA_ARCH__
  __device__ uint32_t threads() const {
    return blockDim.x;
  }

  template <class Body>
  __device__ void for_each_thread(Body&& body) {
    body(threadIdx.x);
    __syncthreads();
  }
#else
  uint32_t threads() const {
    return 0;
  }

  template <class Body>
  void for_each_thread(Body&&) {}
#endif
};

namespace detail {

inline constexpr unsigned item_threads = 256;

template <class Item>
__global__ void __launch_bounds__(item_threads) item_kernel(size_t count, Item item) {
  const size_t step = size_t{gridDim.x} * blockDim.x;
  for (size_t i = size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += step) item(i);
}

/// Registers for 1,024 threads of a processor: with more of them at once, the compiler spills.
template <unsigned threads, class Kernel>
__global__ void __launch_bounds__(threads, 1024 / threads)
    block_kernel(size_t count, const __grid_constant__ Kernel kernel) {
  extern __shared__ uint64_t shared[];
  Block block;
  for (size_t i = blockIdx.x; i < count; i += gridDim.x) kernel(block, i, static_cast<void*>(shared));
}

}  // namespace detail

/// The device's properties that launches depend on.
struct Limits {
  int processors = 0;
  int shared = 0;  ///< bytes of shared memory that a block may have

  Limits() {
    int device = 0;
    check(cudaGetDevice(&device));
    check(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device));
    check(cudaDeviceGetAttribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  }
};

/// Uploads through two halves of pinned memory: while the GPU takes one, the host fills the other.
class Staging {
 public:
  Staging() {
    for (Half& half : halves_) {
      check(cudaHostAlloc(&half.memory, size, cudaHostAllocDefault));
      check(cudaEventCreateWithFlags(&half.taken, cudaEventDisableTiming));
    }
  }
  Staging(const Staging&) = delete;
  ~Staging() {
    for (Half& half : halves_) {
      cudaEventDestroy(half.taken);
      cudaFreeHost(half.memory);
    }
  }

  /// `from` may change after the call.
  void upload(const char* from, char* to, size_t bytes, cudaStream_t stream) {
    for (size_t begin = 0; begin < bytes; begin += size) {
      Half& half = halves_[next_++ % 2];
      const size_t count = std::min(size, bytes - begin);
      check(cudaEventSynchronize(half.taken));
      parallel_for({}, count, grain, [&](size_t first, size_t last, int) {
        std::memcpy(static_cast<char*>(half.memory) + first, from + begin + first, last - first);
      });
      check(cudaMemcpyAsync(to + begin, half.memory, count, cudaMemcpyHostToDevice, stream));
      check(cudaEventRecord(half.taken, stream));
    }
  }

  /// Bytes from which it is used. Not measured: what is smaller the driver copies before it returns.
  static constexpr size_t worthwhile = 256 << 10;

 private:
  static constexpr size_t size = 8 << 20, grain = 1 << 20;

  struct Half {
    void* memory = nullptr;
    cudaEvent_t taken = nullptr;
  };
  Half halves_[2];
  size_t next_ = 0;
};

class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  Stream(const Stream&) = delete;
  ~Stream() {
    cublas_.reset();
    if (staging_ != nullptr) cudaStreamSynchronize(stream_);
    staging_.reset();
    cudaStreamDestroy(stream_);
  }

  const Limits& limits() const { return limits_; }
  void* handle() const { return stream_; }
  void wait() const { check(cudaStreamSynchronize(stream_)); }
  /// Whether all that was asked for is done.
  bool done() const {
    const cudaError_t state = cudaStreamQuery(stream_);
    if (state != cudaErrorNotReady) check(state);
    return state == cudaSuccess;
  }

  /// From the device's pool, which keeps what is freed for the next call.
  void* allocate(size_t bytes) const {
    void* memory = nullptr;
    check(cudaMallocAsync(&memory, bytes, stream_));
    return memory;
  }
  void free(void* memory) const noexcept { cudaFreeAsync(memory, stream_); }
  void fill(void* memory, int byte, size_t bytes) const { check(cudaMemsetAsync(memory, byte, bytes, stream_)); }
  /// From pageable memory, which may change after the call.
  void upload(const void* from, void* to, size_t bytes) const {
    if (bytes < Staging::worthwhile) return check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_));
    if (staging_ == nullptr) staging_ = std::make_unique<Staging>();
    staging_->upload(static_cast<const char*>(from), static_cast<char*>(to), bytes, stream_);
  }
  /// Is there once the stream was waited for.
  void download(const void* from, void* to, size_t bytes) const {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_));
  }

  /// c = op(a) op(b), none of them empty.
  void multiply(const tensor::Product& product, const float* a, const float* b, float* c) const {
    if (cublas_ == nullptr) cublas_ = std::make_unique<Cublas>(stream_);
    cublas_->multiply(product, a, b, c);
  }

  template <class Item>
  void launch_items(size_t count, const Item& item) const {
    const size_t blocks = std::min((count + detail::item_threads - 1) / detail::item_threads,
                                   32 * static_cast<size_t>(limits_.processors));
    detail::item_kernel<<<static_cast<unsigned>(blocks), detail::item_threads, 0, stream_>>>(count, item);
    check(cudaGetLastError());
  }
  template <unsigned threads, class Kernel>
  void launch_blocks(size_t count, size_t shared, const Kernel& kernel, size_t most_blocks) const {
    constexpr size_t without_asking = 48 << 10;
    if (shared > without_asking) {
      check(cudaFuncSetAttribute(detail::block_kernel<threads, Kernel>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 limits_.shared));
    }
    const auto blocks = static_cast<unsigned>(std::min(count, most_blocks));
    detail::block_kernel<threads><<<blocks, threads, shared, stream_>>>(count, kernel);
    check(cudaGetLastError());
  }

 private:
  const Limits limits_;
  cudaStream_t stream_ = nullptr;
  mutable std::unique_ptr<Cublas> cublas_;
  mutable std::unique_ptr<Staging> staging_;
};

/// Memory that kernels read for as long as it lives: the device's, or, where that is full, the host's.
class ResidentMemory {
 public:
  ResidentMemory(const void* values, size_t bytes) {
    if (bytes == 0) return;
    const cudaError_t error = cudaMalloc(&data_, bytes);
    if (error == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      on_host_ = true;
      check(cudaHostAlloc(&data_, bytes, cudaHostAllocMapped));
    } else {
      check(error);
    }
    const cudaError_t copied = cudaMemcpy(data_, values, bytes, cudaMemcpyDefault);
    if (copied != cudaSuccess) {
      free();
      check(copied);
    }
  }
  ResidentMemory(const ResidentMemory&) = delete;
  ~ResidentMemory() { free(); }

  const void* data() const { return data_; }

 private:
  void free() {
    if (data_ != nullptr) on_host_ ? cudaFreeHost(data_) : cudaFree(data_);
  }

  void* data_ = nullptr;
  bool on_host_ = false;
};

}  // namespace pinsage::cuda
