#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "pinsage/array.hpp"
#include "pinsage/execution.hpp"
#include "pinsage/types.hpp"

namespace pinsage {

/// [pins, width] f32, IEEE halves, or 8-bit integers.
using DenseValues = std::variant<std::span<const float>, std::span<const uint16_t>, std::span<const int8_t>>;

/// A feature of all pins: one row of `width` numbers each, gathered as f32.
struct DenseSource {
  DenseValues values;
  uint32_t width = 0;
  std::span<const float> scales;  ///< of integers, which are multiplied by it: [pins], or [1] for all
};

/// A feature of all pins: a bag of weighted rows of an embedding table each.
struct BagSource {
  std::span<const uint64_t> offsets;  ///< [pins + 1]
  std::span<const uint32_t> rows;
  std::span<const float> weights;
};

using FeatureSource = std::variant<DenseSource, BagSource>;

struct DenseFeature {
  Array<float> values;  ///< [n, width]
  uint32_t width = 0;
};

struct BagFeature {
  Array<int32_t> offsets;  ///< [n + 1]
  Array<int32_t> rows;
  Array<float> weights;
};

using GatheredFeature = std::variant<DenseFeature, BagFeature>;

/// The rows of `pins`, in their order. A pin at or beyond `known` has zeros, or an empty bag; the others must be rows
/// of the source.
GatheredFeature gather_feature(const FeatureSource& source, std::span<const PinId> pins, uint32_t known,
                               const Execution& execution);
/// Rows that a dense source has.
uint64_t rows_of(const DenseSource& source);
/// INVALID_ARGUMENT where there is a pin below `known` beyond so many rows.
void check_rows(uint64_t rows, std::span<const PinId> pins, uint32_t known);
/// INVALID_ARGUMENT where integers have another number of scales than one, or one a row.
void check_scales(const DenseSource& source);

/// The same into memory that there is already: out [n, width].
void gather_rows(const DenseSource& source, std::span<const PinId> pins, uint32_t known, std::span<float> out,
                 const Execution& execution);

}  // namespace pinsage
