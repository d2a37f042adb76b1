#pragma once

#include <napi.h>

#include <memory>
#include <utility>

#include "napi/shared_memory.hpp"
#include "pinsage/array.hpp"

namespace pinsage::binding {

/// An array's memory as an ArrayBuffer, without a copy.
template <class T>
Napi::ArrayBuffer to_array_buffer(Napi::Env env, Array<T>&& values) {
  const auto owner = std::make_shared<Array<T>>(std::move(values));
  return share(env, owner, owner->data(), owner->size() * sizeof(T));
}

}  // namespace pinsage::binding
