#pragma once

#include <napi.h>

#include "napi/arguments.hpp"
#include "pinsage/gather.hpp"

namespace pinsage::binding {

inline DenseValues dense_values(const Napi::Value& value) {
  const auto type = value.IsTypedArray() ? value.As<Napi::TypedArray>().TypedArrayType() : napi_float32_array;
  if (type == napi_uint16_array) return array<const uint16_t>(value, "values");
  if (type == napi_int8_array) return array<const int8_t>(value, "values");
  return array<const float>(value, "values");
}

/// { values, width, scales? }
inline DenseSource dense_source(const Napi::Object& source) {
  return {dense_values(source.Get("values")), static_cast<uint32_t>(integer(source.Get("width"), "width", 1, 1 << 24)),
          optional_array<const float>(source.Get("scales"), "scales")};
}

}  // namespace pinsage::binding
