#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace pinsage {

/// Memory aligned to cache lines, uninitialised, and on huge pages where it is large (random reads of ordinary ones
/// spend a fifth of their time on address translation). Large blocks are kept for reuse when they are freed; those with
/// which more than half of usable_memory() would be taken lie in unnamed files in TMPDIR, and may be larger than
/// memory.
void* allocate_bytes(size_t bytes);
void free_bytes(void* memory, size_t bytes) noexcept;

/// Asks for a cache line that will be read soon. Into the second-level cache: the first has too few fill buffers for
/// the hundreds of lines that our kernels wait for at once, and waiting for a free one made walks 1.5 times slower on
/// Zen 4. Always inlined: GCC takes a function that only prefetches for one without effect and drops calls of it.
[[gnu::always_inline]] inline void prefetch(const void* address) {
  __builtin_prefetch(address, 0, 2);
}

/// A fixed number of elements that whoever asked for them fills.
template <class T>
class Array {
 public:
  Array() = default;
  explicit Array(size_t size) : data_(static_cast<T*>(allocate_bytes(size * sizeof(T)))), size_(size) {}
  Array(Array&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Array& operator=(Array&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Array() { free_bytes(data_, size_ * sizeof(T)); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace pinsage
