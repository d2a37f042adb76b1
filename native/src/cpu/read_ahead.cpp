#include "cpu/read_ahead.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "pinsage/info.hpp"

namespace pinsage {

bool beyond_memory(size_t bytes) {
  return bytes > usable_memory() / 2;
}

void ReadAhead::add(const void* part, size_t bytes) {
  static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  if (bytes == 0) return;
  const auto address = reinterpret_cast<uintptr_t>(part);
  const uintptr_t begin = address / page * page, end = (address + bytes + page - 1) / page * page;
  if (begin < begin_ || begin > end_) {
    ask();
    begin_ = begin;
    end_ = end;
  } else if (end > end_) {
    end_ = end;
  }
}

void ReadAhead::ask() {
  // Advice: what does not help does no harm.
  if (begin_ < end_) madvise(reinterpret_cast<void*>(begin_), end_ - begin_, MADV_WILLNEED);
}

}  // namespace pinsage
