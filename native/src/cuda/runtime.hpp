#pragma once

#include <cuda_runtime.h>

#include <new>
#include <span>
#include <string>
#include <utility>

#include "pinsage/error.hpp"

/// CUDA's runtime as objects: what is made is freed, and what fails is thrown.
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

/// Why there is no device; empty where there is one.
std::string device_problem();

/// For the start of a call: throws MISSING_DEPENDENCY where there is no device, and says why.
void need_device();

/// The current device's.
struct Limits {
  int processors = 0;
  int shared = 0;  ///< bytes of shared memory that a block may have
};

inline Limits limits() {
  Limits limits;
  int device = 0;
  check(cudaGetDevice(&device));
  check(cudaDeviceGetAttribute(&limits.processors, cudaDevAttrMultiProcessorCount, device));
  check(cudaDeviceGetAttribute(&limits.shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  return limits;
}

class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  Stream(const Stream&) = delete;
  ~Stream() { cudaStreamDestroy(stream_); }

  operator cudaStream_t() const { return stream_; }
  void wait() const { check(cudaStreamSynchronize(stream_)); }

 private:
  cudaStream_t stream_ = nullptr;
};

/// Memory of the device's pool, which keeps what is freed for the next call; uninitialised.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  DeviceArray(size_t size, cudaStream_t stream) : size_(size), stream_(stream) {
    if (size != 0) check(cudaMallocAsync(reinterpret_cast<void**>(&data_), size * sizeof(T), stream));
  }
  DeviceArray(std::span<const T> values, cudaStream_t stream) : DeviceArray(values.size(), stream) {
    if (!values.empty()) check(cudaMemcpyAsync(data_, values.data(), bytes(), cudaMemcpyHostToDevice, stream));
  }
  DeviceArray(DeviceArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(other.size_), stream_(other.stream_) {}
  DeviceArray& operator=(DeviceArray&&) = delete;
  ~DeviceArray() {
    if (data_ != nullptr) cudaFreeAsync(data_, stream_);
  }

  T* data() const { return data_; }
  size_t bytes() const { return size_ * sizeof(T); }
  /// Copies the first `count` elements.
  void copy_to(T* host, size_t count) const {
    check(cudaMemcpyAsync(host, data_, count * sizeof(T), cudaMemcpyDeviceToHost, stream_));
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
  cudaStream_t stream_ = nullptr;
};

/// An array that kernels read for as long as it lives: in device memory, or, where that is full, in the host's.
template <class T>
class ResidentArray {
 public:
  explicit ResidentArray(std::span<const T> values) {
    if (values.empty()) return;
    const size_t bytes = values.size() * sizeof(T);
    const cudaError_t error = cudaMalloc(reinterpret_cast<void**>(&data_), bytes);
    if (error == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      on_host_ = true;
      check(cudaHostAlloc(reinterpret_cast<void**>(&data_), bytes, cudaHostAllocMapped));
    } else {
      check(error);
    }
    const cudaError_t copied = cudaMemcpy(data_, values.data(), bytes, cudaMemcpyDefault);
    if (copied != cudaSuccess) {
      free();
      check(copied);
    }
  }
  ResidentArray(const ResidentArray&) = delete;
  ~ResidentArray() { free(); }

  const T* data() const { return data_; }

 private:
  void free() {
    if (data_ != nullptr) on_host_ ? cudaFreeHost(data_) : cudaFree(data_);
    data_ = nullptr;
  }

  T* data_ = nullptr;
  bool on_host_ = false;
};

}  // namespace pinsage::cuda
