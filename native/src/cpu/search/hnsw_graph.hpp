#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <usearch/index.hpp>
#include <usearch/index_plugins.hpp>

#include "cpu/search/stored_vectors.hpp"
#include "cpu/search/vector_distance.hpp"
#include "pinsage/error.hpp"

namespace pinsage {

namespace us = unum::usearch;

/// Nodes are vectors; keys and slots are of the types of usearch's files.
using HnswGraph = us::index_gt<float, uint64_t, uint32_t, us::aligned_allocator_gt<us::byte_t, 64>,
                               us::memory_mapping_allocator_gt<64>>;

/// Throws what a call of usearch says.
template <class Result>
void check_usearch(Result&& result) {
  if (!result.error) return;
  const std::string message = result.error.release();
  if (message.find("emory") != std::string::npos) throw Error("OUT_OF_MEMORY", "The index: " + message + ".");
  throw Error("INTERNAL", "The index: " + message + ".");
}

/// What usearch asks: the distance of an encoded vector, or of a member, to a member.
struct Distance {
  const StoredVectors& vectors;
  VectorDistance between;
  size_t width;

  template <class Member>
  float operator()(const std::byte* query, const Member& member) const {
    return between(query, vectors.row(get_slot(member)), width);
  }
  template <class Member>
  float operator()(const Member& a, const Member& b) const {
    return between(vectors.row(get_slot(a)), vectors.row(get_slot(b)), width);
  }
};

/// What usearch tells: whose distances it will ask for. To fetch a vector from memory takes longer than its distance
/// does.
struct Prefetch {
  const StoredVectors& vectors;

  template <class Begin, class End>
  void operator()(Begin member, End end) const {
    for (; member != end; ++member) {
      const std::byte* const row = vectors.row(get_slot(member));
      for (size_t offset = 0; offset < vectors.row_bytes(); offset += 64) __builtin_prefetch(row + offset);
    }
  }
};

}  // namespace pinsage
