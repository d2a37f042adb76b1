#pragma once

#include <memory>
#include <span>

#include "pinsage/cuda/memory.hpp"
#include "pinsage/gather.hpp"

namespace pinsage::cuda {

/// A dense feature of all pins where a GPU reads it: in its memory, or, where that is full, in pinned memory of the
/// host's.
class FeatureTable {
 public:
  /// A copy. Throws INVALID_ARGUMENT for another number of scales than one, or one a row.
  explicit FeatureTable(const DenseSource& source);
  ~FeatureTable();

  /// As pinsage::gather_rows, to the bit: out [pins, width] on the GPU.
  void gather_rows(std::span<const PinId> pins, uint32_t known, DeviceSpan<float> out, Queue& queue) const;

 private:
  struct Rows;
  std::unique_ptr<const Rows> rows_;
};

}  // namespace pinsage::cuda
