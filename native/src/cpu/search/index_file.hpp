#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "pinsage/vector_index.hpp"

namespace pinsage {

/// Where what is in a file of usearch.
struct IndexFile {
  VectorIndex::Options options;
  size_t rows;               ///< of vectors, removed ones too
  size_t removed;            ///< vectors that may be written over
  const std::byte* vectors;  ///< [rows], encoded
  size_t graph;              ///< offset of usearch's graph
};

/// A vector that was removed and may be written over has this key.
inline constexpr uint64_t kRemovedKey = ~uint64_t{0};

/// Whether the bytes are an index that usearch can be given: it follows the links in them without looking. A file that
/// is short or damaged is a FILE_CORRUPT error, one of another version of usearch FILE_VERSION.
IndexFile check_index_file(std::span<const std::byte> file, const std::string& path);

/// Bytes of the head, which lies between the vectors and the graph.
inline constexpr size_t kIndexHead = 64;

std::array<std::byte, kIndexHead> index_head(const VectorIndex::Options& options, size_t rows, size_t removed);

size_t bytes_of(VectorIndex::Store store);

}  // namespace pinsage
