#pragma once

#include <cstddef>

namespace pinsage::tensor {

/// Memory for a tensor's elements: aligned for every SIMD width, in huge pages when large, not cleared. Throws
/// std::bad_alloc.
void* allocate(size_t bytes);
void deallocate(void* memory);

}  // namespace pinsage::tensor
