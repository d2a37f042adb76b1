#include "pinsage/array.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace pinsage {

namespace {

constexpr size_t cache_line = 64;
constexpr size_t huge_page = size_t{1} << 21;

void* allocate_aligned(size_t alignment, size_t bytes) {
  void* memory = std::aligned_alloc(alignment, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

/// Large blocks that were freed, for the next that asks. Batch follows batch with arrays of nearly the same sizes, and
/// fresh memory costs more time (the kernel clears its pages) than filling it. Blocks are sized in eighths of a power
/// of two, so that nearly the same sizes are the same.
class Pool {
 public:
  static size_t block_size(size_t bytes) {
    const size_t step = std::max(huge_page, std::bit_floor(bytes) / 8);
    return (bytes + step - 1) / step * step;
  }

  void* allocate(size_t bytes) {
    const size_t size = block_size(bytes);
    if (void* memory = take(size)) return memory;
    void* memory = allocate_aligned(huge_page, size);
#ifdef __linux__
    madvise(memory, size, MADV_HUGEPAGE);
#endif
    return memory;
  }

  void free(void* memory, size_t bytes) noexcept {
    const size_t size = block_size(bytes);
    if (!keep(memory, size)) std::free(memory);
  }

 private:
  struct Block {
    void* memory;
    size_t size;
  };

  void* take(size_t size) {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(blocks_.rbegin(), blocks_.rend(), [&](const Block& block) { return block.size == size; });
    if (found == blocks_.rend()) return nullptr;
    void* memory = found->memory;
    blocks_.erase(std::next(found).base());
    kept_bytes_ -= size;
    return memory;
  }

  /// Keeps a block, at the cost of those that nobody has asked for the longest.
  bool keep(void* memory, size_t size) noexcept try {
    if (size > most_kept_bytes) return false;
    const std::lock_guard lock(mutex_);
    blocks_.push_back({memory, size});
    kept_bytes_ += size;
    for (; kept_bytes_ > most_kept_bytes; blocks_.erase(blocks_.begin())) {
      std::free(blocks_.front().memory);
      kept_bytes_ -= blocks_.front().size;
    }
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }

  // Under AddressSanitizer nothing is kept, so that it sees every use after free.
#ifdef __SANITIZE_ADDRESS__
  static constexpr size_t most_kept_bytes = 0;
#else
  static constexpr size_t most_kept_bytes = size_t{1} << 30;
#endif
  std::mutex mutex_;
  std::vector<Block> blocks_;  ///< in the order in which they were freed
  size_t kept_bytes_ = 0;
};

Pool& pool() {
  static Pool* pool = new Pool;  // never destroyed: arrays may outlive static objects
  return *pool;
}

constexpr size_t pooled_from = 2 * huge_page;

}  // namespace

void* allocate_bytes(size_t bytes) {
  if (bytes == 0) return nullptr;
  if (bytes < pooled_from) return allocate_aligned(cache_line, (bytes + cache_line - 1) / cache_line * cache_line);
  return pool().allocate(bytes);
}

void free_bytes(void* memory, size_t bytes) noexcept {
  if (bytes < pooled_from) {
    std::free(memory);
  } else {
    pool().free(memory, bytes);
  }
}

}  // namespace pinsage
