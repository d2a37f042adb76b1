#pragma once

#include <cstddef>
#include <cstdint>

namespace pinsage {

/// Whether mapped files of so many bytes are more than stays in memory beside everything else.
bool beyond_memory(size_t bytes);

/// Parts of mapped files that will be read soon. The system is asked for all of them, and waited for by whoever reads:
/// a disk answers dozens of reads at once several times faster than one after the other. Parts that touch are asked for
/// together.
class ReadAhead {
 public:
  ReadAhead() = default;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead() { ask(); }

  void add(const void* part, size_t bytes);

 private:
  void ask();

  uintptr_t begin_ = 0, end_ = 0;  ///< whole pages, not asked for yet
};

}  // namespace pinsage
