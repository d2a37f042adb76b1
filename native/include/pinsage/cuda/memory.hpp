#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

#include "pinsage/error.hpp"

/// Memory of an NVIDIA GPU, and the order in which work on it happens.
namespace pinsage::cuda {

/// As std::span, of memory that only the GPU may read. What takes one runs there.
template <class T>
class DeviceSpan {
 public:
  DeviceSpan() = default;
  DeviceSpan(T* data, size_t size) : data_(data), size_(size) {}
  /// Of what may be written, one that is only read.
  template <class U>
  requires(std::is_same_v<const U, T>) DeviceSpan(const DeviceSpan<U>& other)
      : data_(other.data()), size_(other.size()) {}

  T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  DeviceSpan subspan(size_t offset, size_t size) const { return {data_ + offset, size}; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

class Place;

/// Work on the GPU: launches and copies happen one after the other, in the order in which they were asked for, while
/// the host goes on. A queue belongs to one thread.
class Queue {
 public:
  /// Throws MISSING_DEPENDENCY where there is no device.
  Queue();
  Queue(const Queue&) = delete;
  ~Queue();

  /// Uninitialised memory from the device's pool. Throws OUT_OF_MEMORY.
  void* allocate(size_t bytes);
  /// Once everything asked for so far is done.
  void free(void* memory) noexcept;
  /// The host may change `from` after the call.
  void upload(const void* from, void* to, size_t bytes);
  /// Waits for it, and so for everything before it.
  void download(const void* from, void* to, size_t bytes);
  void wait();

  Place& place() { return *place_; }

 private:
  std::unique_ptr<Place> place_;
};

}  // namespace pinsage::cuda
