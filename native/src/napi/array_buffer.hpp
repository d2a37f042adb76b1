#pragma once

#include <napi.h>

#include "pinsage/array.hpp"

namespace pinsage::binding {

/// An array's memory as an ArrayBuffer, without a copy.
template <class T>
Napi::ArrayBuffer to_array_buffer(Napi::Env env, Array<T>&& values) {
  if (values.empty()) return Napi::ArrayBuffer::New(env, 0);
  auto* owner = new Array<T>(std::move(values));
  return Napi::ArrayBuffer::New(
      env, owner->data(), owner->size() * sizeof(T), [](Napi::Env, void*, Array<T>* array) { delete array; }, owner);
}

}  // namespace pinsage::binding
