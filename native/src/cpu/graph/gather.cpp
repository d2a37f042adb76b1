#include "pinsage/gather.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "cpu/graph/simd.hpp"
#include "cpu/read_ahead.hpp"

namespace pinsage {

namespace {

constexpr size_t pins_per_chunk = 1024;
constexpr size_t cached_bytes = size_t{1} << 23;

void gather(std::span<const float> values, const DenseSource&, const simd::RowGather& gather) {
  simd::gather_f32(values.data(), gather);
}
void gather(std::span<const uint16_t> values, const DenseSource&, const simd::RowGather& gather) {
  simd::gather_f16(values.data(), gather);
}
void gather(std::span<const int8_t> values, const DenseSource& source, const simd::RowGather& gather) {
  simd::gather_i8(values.data(), source.scales.data(), source.scales.size() == 1 ? 0 : 1, gather);
}

uint64_t rows_of(const BagSource& source) {
  return source.offsets.empty() ? 0 : source.offsets.size() - 1;
}

/// The number of pins that have rows. There is one for every pin below `known`, or it is an error; were a pin changed
/// from now on, it would get zeros.
template <class Source>
uint32_t check_pins(const Source& source, std::span<const PinId> pins, uint32_t known) {
  check_rows(rows_of(source), pins, known);
  return static_cast<uint32_t>(std::min<uint64_t>(known, rows_of(source)));
}

/// Asks for the rows of some pins where they may lie on the disk.
void read_ahead(const DenseSource& source, std::span<const PinId> pins, uint32_t known) {
  std::visit(
      [&](const auto& values) {
        if (!beyond_memory(values.size_bytes())) return;
        ReadAhead rows;
        for (const PinId pin : pins) {
          if (pin < known) rows.add(values.data() + size_t{pin} * source.width, source.width * sizeof(values[0]));
        }
      },
      source.values);
}

GatheredFeature gather(const DenseSource& source, std::span<const PinId> pins, uint32_t known,
                       const Execution& execution) {
  DenseFeature out{Array<float>(pins.size() * source.width), source.width};
  gather_rows(source, pins, known, out.values.span(), execution);
  return out;
}

GatheredFeature gather(const BagSource& source, std::span<const PinId> pins, uint32_t known,
                       const Execution& execution) {
  known = check_pins(source, pins, known);
  const bool from_disk =
      beyond_memory(source.offsets.size_bytes() + source.rows.size_bytes() + source.weights.size_bytes());
  if (from_disk) {
    ReadAhead offsets;
    for (const PinId pin : pins) {
      if (pin < known) offsets.add(source.offsets.data() + pin, 2 * sizeof(uint64_t));
    }
  }
  // The offsets are memory that JavaScript can write to: each is read once, and what was read is checked.
  Array<uint64_t> begins(pins.size());
  BagFeature out{Array<int32_t>(pins.size() + 1), {}, {}};
  uint64_t total = 0;
  for (size_t i = 0; i < pins.size(); ++i) {
    out.offsets[i] = static_cast<int32_t>(total);
    begins[i] = 0;
    if (pins[i] >= known) continue;
    const uint64_t begin = source.offsets[pins[i]], end = source.offsets[size_t{pins[i]} + 1];
    if (begin > end || end > source.rows.size()) {
      invalid_argument("features", "the offsets of pin " + std::to_string(pins[i]) + "'s bag are not in order");
    }
    begins[i] = begin;
    total += end - begin;
    if (total > INT32_MAX) invalid_argument("features", "the bags of these pins have more than 2^31 - 1 rows in all");
  }
  out.offsets[pins.size()] = static_cast<int32_t>(total);
  out.rows = Array<int32_t>(total);
  out.weights = Array<float>(total);
  const auto count_of = [&](size_t i) { return static_cast<size_t>(out.offsets[i + 1] - out.offsets[i]); };
  parallel_for(execution, pins.size(), pins_per_chunk, [&](size_t begin, size_t end, int) {
    if (from_disk) {
      ReadAhead rows, weights;
      for (size_t i = begin; i < end; ++i) {
        rows.add(source.rows.data() + begins[i], count_of(i) * sizeof(int32_t));
        weights.add(source.weights.data() + begins[i], count_of(i) * sizeof(float));
      }
    }
    for (size_t i = begin; i < end; ++i) {
      const auto to = static_cast<size_t>(out.offsets[i]);
      const size_t count = count_of(i);
      if (count == 0) continue;
      std::memcpy(out.rows.data() + to, source.rows.data() + begins[i], count * sizeof(int32_t));
      std::memcpy(out.weights.data() + to, source.weights.data() + begins[i], count * sizeof(float));
    }
  });
  return out;
}

}  // namespace

GatheredFeature gather_feature(const FeatureSource& source, std::span<const PinId> pins, uint32_t known,
                               const Execution& execution) {
  return std::visit([&](const auto& source) { return gather(source, pins, known, execution); }, source);
}

uint64_t rows_of(const DenseSource& source) {
  if (source.width == 0) return 0;
  return std::visit([](const auto& values) { return values.size(); }, source.values) / source.width;
}

void check_rows(uint64_t rows, std::span<const PinId> pins, uint32_t known) {
  const auto missing = [&](PinId pin) { return pin >= rows && pin < known; };
  bool any = false;
  for (const PinId pin : pins) any |= missing(pin);  // no early end: the compiler makes vectors of it
  if (!any) return;
  const auto pin = std::find_if(pins.begin(), pins.end(), missing);
  if (pin != pins.end()) invalid_argument("features", "there is no row for pin " + std::to_string(*pin));
}

void check_scales(const DenseSource& source) {
  if (std::holds_alternative<std::span<const int8_t>>(source.values) && source.scales.size() != 1 &&
      source.scales.size() != rows_of(source)) {
    invalid_argument("features", "there must be one scale, or one for each row");
  }
}

void gather_rows(const DenseSource& source, std::span<const PinId> pins, uint32_t known, std::span<float> out,
                 const Execution& execution) {
  if (out.size() != pins.size() * source.width) invalid_argument("out", "must have a row for each pin");
  check_scales(source);
  known = check_pins(source, pins, known);
  const bool streaming = out.size_bytes() > cached_bytes;
  parallel_for(execution, pins.size(), pins_per_chunk, [&](size_t begin, size_t end, int) {
    const simd::RowGather rows{.width = source.width,
                               .rows = pins.data() + begin,
                               .count = end - begin,
                               .known = known,
                               .out = out.data() + begin * source.width,
                               .streaming = streaming};
    read_ahead(source, pins.subspan(begin, end - begin), known);
    std::visit([&](const auto& values) { gather(values, source, rows); }, source.values);
  });
}

}  // namespace pinsage
