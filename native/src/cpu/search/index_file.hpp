#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "pinsage/vector_index.hpp"

namespace pinsage {

/// Whether the bytes are an index that usearch can be given: it follows the links in them without looking. Says what
/// the index is. A file that is short or damaged is a FILE_CORRUPT error, one of another version of usearch
/// FILE_VERSION.
VectorIndex::Options check_index_file(std::span<const std::byte> file, const std::string& path);

}  // namespace pinsage
