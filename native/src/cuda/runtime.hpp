#pragma once

#include <span>
#include <type_traits>
#include <utility>

#include "pinsage/shared.hpp"

/// What kernels run on: an NVIDIA GPU, or, in the hands of a C++ compiler, loops on the host that take its place in
/// tests.
#ifdef __CUDACC__
#include "cuda/gpu.hpp"
#else
#include "cuda/emulation.hpp"
#endif

namespace pinsage::cuda {

/// Why there is no device; empty where there is one.
std::string device_problem();

/// For the start of a call: throws MISSING_DEPENDENCY where there is no device, and says why.
void need_device();

/// Uninitialised memory for a stream's work, freed once that is done.
template <class T>
class DeviceArray {
 public:
  DeviceArray(size_t size, const Stream& stream) : size_(size), stream_(&stream) {
    if (size != 0) data_ = static_cast<T*>(stream.allocate(bytes()));
  }
  /// A copy of the host's values.
  DeviceArray(std::span<const T> values, const Stream& stream) : DeviceArray(values.size(), stream) {
    if (!values.empty()) stream.upload(values.data(), data_, bytes());
  }
  DeviceArray(DeviceArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(other.size_), stream_(other.stream_) {}
  DeviceArray& operator=(DeviceArray&&) = delete;
  ~DeviceArray() {
    if (data_ != nullptr) stream_->free(data_);
  }

  T* data() const { return data_; }
  size_t size() const { return size_; }
  size_t bytes() const { return size_ * sizeof(T); }
  /// Copies the first `count` elements. They are there once the stream was waited for.
  void copy_to(T* host, size_t count) const {
    if (count != 0) stream_->download(data_, host, count * sizeof(T));
  }

 private:
  T* data_ = nullptr;
  size_t size_;
  const Stream* stream_;
};

/// An array that kernels read for as long as it lives.
template <class T>
class ResidentArray {
 public:
  explicit ResidentArray(std::span<const T> values) : memory_(values.data(), values.size_bytes()) {}

  const T* data() const { return static_cast<const T*>(memory_.data()); }

 private:
  ResidentMemory memory_;
};

/// Where kernels run, and their memory: all in the order in which it was asked for. Belongs to one thread.
class Place {
 public:
  const Stream& stream() const { return stream_; }
  size_t processors() const { return static_cast<size_t>(stream_.limits().processors); }
  /// Bytes of shared memory that a block may have.
  size_t most_shared() const { return static_cast<size_t>(stream_.limits().shared); }

  template <class T>
  DeviceArray<T> array(size_t size) {
    return DeviceArray<T>(size, stream_);
  }
  /// Of the host's values, which may change after the call.
  template <class T>
  DeviceArray<std::remove_const_t<T>> copy(std::span<T> values) {
    return DeviceArray<std::remove_const_t<T>>(values, stream_);
  }
  template <class T>
  void fill(const DeviceArray<T>& memory, int byte) {
    if (memory.size() != 0) stream_.fill(memory.data(), byte, memory.bytes());
  }
  /// item(0) … item(count - 1), in any order.
  template <class Item>
  void for_each(size_t count, const Item& item) {
    if (count != 0) stream_.launch_items(count, item);
  }
  /// kernel(block, i, shared) for i < count, in any order: each by a block of `threads` with so many bytes of shared
  /// memory, aligned to 8. At most `most_blocks` run at once.
  template <unsigned threads, class Kernel>
  void for_each_block(size_t count, size_t shared, const Kernel& kernel, size_t most_blocks = size_t{1} << 30) {
    if (count != 0) stream_.template launch_blocks<threads>(count, shared, kernel, most_blocks);
  }
  /// Waits for it.
  template <class T>
  void copy_to_host(const DeviceArray<T>& memory, T* to, size_t count) {
    memory.copy_to(to, count);
    stream_.wait();
  }

 private:
  Stream stream_;
};

}  // namespace pinsage::cuda
