#include "cpu/graph/pool_shares.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "pinsage/error.hpp"

namespace pinsage {

tensor::SparseMatrix pool_shares(const PooledPins& pins, size_t begin, size_t end, Aggregator aggregator, size_t rows) {
  tensor::SparseMatrix matrix{.columns = rows, .offsets = {0}, .indices = {}, .values = {}};
  matrix.indices.reserve((end - begin) * pins.neighbors);
  matrix.values.reserve((end - begin) * pins.neighbors);
  // The id above, the bits of the weight below: one comparison of a number sorts both.
  std::vector<uint64_t> neighbors;
  for (size_t pin = begin; pin < end; ++pin) {
    neighbors.clear();
    float total = 0;
    for (size_t t = pin * pins.neighbors; t < (pin + 1) * pins.neighbors; ++t) {
      const uint64_t id = pins.ids[t];
      const float given = pins.weights[t];
      const float weight = aggregator == Aggregator::importance ? given : static_cast<float>(given > 0);
      if (weight == 0) continue;
      if (id >= rows) invalid_argument("ids", "there is no row for pin " + std::to_string(id));
      total += weight;
      neighbors.push_back(id << 32 | std::bit_cast<uint32_t>(weight));
    }
    if (total == 0) neighbors.clear();
    std::sort(neighbors.begin(), neighbors.end());
    for (const uint64_t each : neighbors) {
      matrix.indices.push_back(static_cast<uint32_t>(each >> 32));
      matrix.values.push_back(std::bit_cast<float>(static_cast<uint32_t>(each)) / total);
    }
    matrix.offsets.push_back(static_cast<uint32_t>(matrix.indices.size()));
  }
  return matrix;
}

}  // namespace pinsage
