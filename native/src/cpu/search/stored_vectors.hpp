#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pinsage/vector_index.hpp"

namespace pinsage {

/// A vector as an index keeps it: scaled to length 1 for the cosine (zeros stay zeros), each number in the store's
/// type. A number of a vector of length 1 in 8 bits is 127 times itself, rounded.
void encode(std::span<const float> vector, VectorIndex::Metric metric, VectorIndex::Store store,
            std::vector<std::byte>& to);

/// Rows of encoded vectors: in memory, or those of a mapped file.
class StoredVectors {
 public:
  /// Of one type and width. Rows that are in memory begin at whole cache lines where their length allows it.
  explicit StoredVectors(size_t row_bytes) : row_bytes_(row_bytes) {}

  size_t row_bytes() const { return row_bytes_; }
  const std::byte* row(size_t row) const { return rows_ + row * row_bytes_; }

  /// Shows the rows of a file. None can be set.
  void view(const std::byte* rows) { rows_ = rows; }
  /// Room for so many rows; what is there may move.
  void reserve(size_t rows);
  /// A row that there is room for.
  void set(size_t row, const std::byte* vector);

 private:
  struct alignas(64) CacheLine {
    std::byte bytes[64];
  };

  size_t row_bytes_;
  std::vector<CacheLine> memory_;
  const std::byte* rows_ = nullptr;
};

}  // namespace pinsage
