#include "pinsage/tensor/memory.hpp"

#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace pinsage::tensor {

void* allocate(size_t bytes) {
  constexpr size_t cache_line = 64, huge_page = 2 << 20;
  const size_t alignment = bytes >= 2 * huge_page ? huge_page : cache_line;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
#ifdef __linux__
  if (alignment == huge_page) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

void deallocate(void* memory) {
  std::free(memory);
}

}  // namespace pinsage::tensor
