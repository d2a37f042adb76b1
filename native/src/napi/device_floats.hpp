#pragma once

#include <napi.h>

#include <memory>

#include "napi/arguments.hpp"
#include "pinsage/cuda/memory.hpp"

namespace pinsage::binding {

/// float32 numbers in a GPU's memory, as an object of JavaScript's. Its work happens on the one queue of the JavaScript
/// thread that it belongs to.
class DeviceFloats : public Napi::ObjectWrap<DeviceFloats> {
 public:
  /// The functions that make, move and free them.
  static void init(Napi::Env env, Napi::Object exports);

  /// The queue of a JavaScript thread, from its first use on.
  static cuda::Queue& queue(Napi::Env env);

  /// As array().
  static cuda::DeviceSpan<float> span(const Napi::Value& value, const char* name) {
    return unwrap(value, name).span_of(name);
  }
  static cuda::DeviceSpan<float> span(const Napi::Value& value, const char* name, size_t length) {
    const auto span = DeviceFloats::span(value, name);
    if (span.size() != length) {
      invalid_argument(name, "has " + std::to_string(span.size()) + " elements, not " + std::to_string(length));
    }
    return span;
  }

  explicit DeviceFloats(const Napi::CallbackInfo& info);

 private:
  struct Memory;
  struct State;

  static State& state(Napi::Env env);
  static DeviceFloats& unwrap(const Napi::Value& value, const char* name);
  static Napi::Object wrap(Napi::Env env, std::shared_ptr<Memory> memory, size_t offset, size_t length);
  static Napi::Object make(Napi::Env env, size_t length);
  cuda::DeviceSpan<float> span_of(const char* name) const;

  std::shared_ptr<Memory> memory_;
  size_t offset_ = 0;
  size_t length_ = 0;
};

}  // namespace pinsage::binding
