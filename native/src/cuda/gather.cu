#include <algorithm>

#include "cpu/graph/half.hpp"
#include "cuda/runtime.hpp"
#include "pinsage/cuda/gather.hpp"

namespace pinsage::cuda {
namespace {

PINSAGE_SHARED float number(float value, float) {
  return value;
}
PINSAGE_SHARED float number(uint16_t half, float) {
  return half_to_float(half);
}
PINSAGE_SHARED float number(int8_t value, float scale) {
  return static_cast<float>(value) * scale;
}

/// out_ij = the number j of pin i, and 0 where it has none: item i · width + j.
template <class T>
struct GatherNumbers {
  const T* table;
  const float* scales;
  size_t scale_stride;  ///< 0: one for all
  size_t width;
  const PinId* pins;
  uint32_t known;
  float* out;

  PINSAGE_SHARED void operator()(size_t item) const {
    const PinId pin = pins[item / width];
    const float scale = scales == nullptr || pin >= known ? 1 : scales[pin * scale_stride];
    out[item] = pin < known ? number(table[size_t{pin} * width + item % width], scale) : 0.0f;
  }
};

}  // namespace

struct FeatureTable::Rows {
  template <class T>
  using Values = ResidentArray<T>;

  explicit Rows(const DenseSource& source)
      : width(source.width), count(rows_of(source)), one_scale(source.scales.size() == 1), scales(source.scales) {
    std::visit([&]<class T>(std::span<const T> own) { values.emplace<Values<T>>(own); }, source.values);
  }

  size_t width;
  uint64_t count;
  bool one_scale;
  ResidentArray<float> scales;
  std::variant<std::monostate, Values<float>, Values<uint16_t>, Values<int8_t>> values;
};

FeatureTable::FeatureTable(const DenseSource& source) {
  check_scales(source);
  need_device();
  rows_ = std::make_unique<const Rows>(source);
}

FeatureTable::~FeatureTable() = default;

void FeatureTable::gather_rows(std::span<const PinId> pins, uint32_t known, DeviceSpan<float> out, Queue& queue) const {
  const Rows& rows = *rows_;
  check_rows(rows.count, pins, known);
  if (out.size() != pins.size() * rows.width) invalid_argument("out", "must have a row for each pin");
  const auto on_device = queue.place().copy(pins);
  // Were a pin changed since it was checked, it would get zeros.
  known = static_cast<uint32_t>(std::min<uint64_t>(known, rows.count));
  const auto run = [&]<class T>(const ResidentArray<T>& table) {
    queue.place().for_each(out.size(), GatherNumbers<T>{table.data(), rows.scales.data(), rows.one_scale ? 0u : 1u,
                                                        rows.width, on_device.data(), known, out.data()});
  };
  if (const auto* f32 = std::get_if<ResidentArray<float>>(&rows.values)) run(*f32);
  if (const auto* f16 = std::get_if<ResidentArray<uint16_t>>(&rows.values)) run(*f16);
  if (const auto* i8 = std::get_if<ResidentArray<int8_t>>(&rows.values)) run(*i8);
}

}  // namespace pinsage::cuda
