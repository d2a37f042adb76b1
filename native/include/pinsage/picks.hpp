#pragma once

#include <algorithm>
#include <cstdint>

#include "pinsage/shared.hpp"
#include "pinsage/types.hpp"

/// The arithmetic by which random words become edges. Every implementation (the kernels, the slow reference in the
/// tests, other devices) shares it to the bit.
namespace pinsage {

/// One of `degree` edges, each equally likely (the bias of at most degree / 2^32 is accepted for a pick without a
/// branch).
PINSAGE_SHARED inline uint32_t pick_uniform(uint32_t word, uint32_t degree) {
  return static_cast<uint32_t>((uint64_t{word} * degree) >> 32);
}

/// An edge of a weighted row: `prefix` is the sum of the row's weights up to this edge, accumulated in f64 and rounded
/// to f32.
struct WeightedEdge {
  float prefix;
  uint32_t id;
};

/// Where a word lies in a row of this total weight.
PINSAGE_SHARED inline double weighted_point(uint32_t word, float total) {
  return word * 0x1p-32 * total;
}

/// One of `degree` edges by weight: the first whose prefix lies above the word's point. The total is not 0.
PINSAGE_SHARED inline uint32_t pick_weighted(uint32_t word, const WeightedEdge* edges, uint32_t degree) {
  const double point = weighted_point(word, edges[degree - 1].prefix);
  return static_cast<uint32_t>(
      std::upper_bound(edges, edges + degree, point,
                       [](double point, const WeightedEdge& edge) { return point < edge.prefix; }) -
      edges);
}

/// Murmur3's finaliser: a bijection of 32 bits in which each input bit changes half of the output bits.
PINSAGE_SHARED inline uint32_t mix32(uint32_t h) {
  h ^= h >> 16;
  h *= 0x85EBCA6B;
  h ^= h >> 13;
  h *= 0xC2B2AE35;
  return h ^ (h >> 16);
}

/// The fold of an edge: which of `folds` parts of the edges it belongs to.
PINSAGE_SHARED inline uint32_t edge_fold(PinId pin, BoardId board, uint32_t folds) {
  return mix32(mix32(pin) ^ (board * 0x9E3779B1u + 0x7F4A7C15u)) % folds;
}

}  // namespace pinsage
