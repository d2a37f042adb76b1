#include "pinsage/array.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pinsage/error.hpp"
#include "pinsage/files.hpp"
#include "pinsage/info.hpp"

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

/// Blocks that memory would be too small for: files without a name, which the system writes out as it needs the room.
class Files {
 public:
  void* allocate(size_t bytes) {
    const char* folder = std::getenv("TMPDIR");
    static std::atomic<unsigned> number = 0;
    const std::string path = std::string(folder == nullptr || *folder == 0 ? "/tmp" : folder) + "/pinsage-array-" +
                             std::to_string(::getpid()) + "-" + std::to_string(number++);
    std::shared_ptr<MappedFile> file;
    try {
      file = MappedFile::create(path, bytes);
    } catch (const Error&) {
      throw std::bad_alloc();  // neither memory nor disk
    }
    ::unlink(path.c_str());
    const std::lock_guard lock(mutex_);
    void* memory = file->data();
    files_.emplace(memory, std::move(file));
    return memory;
  }

  /// False for a block that is none of these.
  bool free(void* memory) noexcept {
    const std::lock_guard lock(mutex_);
    return files_.erase(memory) > 0;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<void*, std::shared_ptr<MappedFile>> files_;
};

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
    if (taken_bytes_.fetch_add(size) + size > usable_memory() / 2 && size >= least_file_bytes) {
      taken_bytes_ -= size;
      return files_.allocate(size);
    }
    void* memory = std::aligned_alloc(huge_page, size);
    if (memory == nullptr) {
      taken_bytes_ -= size;
      throw std::bad_alloc();
    }
#ifdef __linux__
    madvise(memory, size, MADV_HUGEPAGE);
#endif
    return memory;
  }

  void free(void* memory, size_t bytes) noexcept {
    if (files_.free(memory)) return;
    const size_t size = block_size(bytes);
    if (!keep(memory, size)) give_back(memory, size);
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
    const size_t most = std::min<size_t>(most_kept_bytes, usable_memory() / 16);
    if (size > most) return false;
    const std::lock_guard lock(mutex_);
    blocks_.push_back({memory, size});
    kept_bytes_ += size;
    for (; kept_bytes_ > most; blocks_.erase(blocks_.begin())) {
      give_back(blocks_.front().memory, blocks_.front().size);
      kept_bytes_ -= blocks_.front().size;
    }
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }

  void give_back(void* memory, size_t size) noexcept {
    std::free(memory);
    taken_bytes_ -= size;
  }

  // Under AddressSanitizer nothing is kept, so that it sees every use after free.
#ifdef __SANITIZE_ADDRESS__
  static constexpr size_t most_kept_bytes = 0;
#else
  static constexpr size_t most_kept_bytes = size_t{1} << 30;
#endif
  /// What is smaller is not worth a file.
  static constexpr size_t least_file_bytes = size_t{1} << 26;
  Files files_;
  std::atomic<size_t> taken_bytes_ = 0;  ///< of memory, kept blocks included
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
