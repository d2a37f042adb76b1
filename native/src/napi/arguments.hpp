#pragma once

#include <napi.h>

#include <cmath>
#include <span>
#include <string>
#include <type_traits>

#include "napi/shared_memory.hpp"
#include "pinsage/error.hpp"
#include "pinsage/execution.hpp"

/// From JavaScript values to checked C++ ones. The typed bindings in lib/ check what a person may get wrong and say it
/// well; what is checked here again is what keeps the process alive whatever is passed.
namespace pinsage::binding {

template <class T>
constexpr napi_typedarray_type typed_array_type() {
  if constexpr (std::is_same_v<T, float>) return napi_float32_array;
  if constexpr (std::is_same_v<T, double>) return napi_float64_array;
  if constexpr (std::is_same_v<T, int8_t>) return napi_int8_array;
  if constexpr (std::is_same_v<T, uint8_t>) return napi_uint8_array;
  if constexpr (std::is_same_v<T, uint16_t>) return napi_uint16_array;
  if constexpr (std::is_same_v<T, int32_t>) return napi_int32_array;
  if constexpr (std::is_same_v<T, uint32_t>) return napi_uint32_array;
  if constexpr (std::is_same_v<T, int64_t>) return napi_bigint64_array;
  if constexpr (std::is_same_v<T, uint64_t>) return napi_biguint64_array;
}

/// The memory of a typed array of exactly this element type.
template <class T>
std::span<T> array(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray()) invalid_argument(name, "must be a typed array");
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  napi_value buffer;
  size_t offset = 0;
  if (napi_get_typedarray_info(value.Env(), value, &type, &length, &data, &buffer, &offset) != napi_ok) {
    invalid_argument(name, "must be a typed array");
  }
  if (type != typed_array_type<std::remove_const_t<T>>())
    invalid_argument(name, "is a typed array of another element type");
  ArgumentOwners::add(static_cast<char*>(data) - offset);
  return {static_cast<T*>(data), length};
}

template <class T>
std::span<T> array(const Napi::Value& value, const char* name, size_t length) {
  const auto span = array<T>(value, name);
  if (span.size() != length) {
    invalid_argument(name, "has " + std::to_string(span.size()) + " elements, not " + std::to_string(length));
  }
  return span;
}

/// As array(), or an empty span for undefined and null.
template <class T>
std::span<T> optional_array(const Napi::Value& value, const char* name) {
  if (value.IsUndefined() || value.IsNull()) return {};
  return array<T>(value, name);
}

inline double number(const Napi::Value& value, const char* name, double low, double high) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= low && number <= high)) invalid_argument(name, "is out of range");
  return number;
}

inline uint64_t integer(const Napi::Value& value, const char* name, uint64_t low, uint64_t high) {
  const double number = binding::number(value, name, static_cast<double>(low), static_cast<double>(high));
  const auto integer = static_cast<uint64_t>(number);
  if (static_cast<double>(integer) != number) invalid_argument(name, "must be an integer");
  return integer;
}

/// A 64-bit word, as a BigInt.
inline uint64_t word64(const Napi::Value& value, const char* name) {
  bool lossless = false;
  if (!value.IsBigInt()) invalid_argument(name, "must be a BigInt");
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

inline bool boolean(const Napi::Value& value, const char* name) {
  if (!value.IsBoolean()) invalid_argument(name, "must be true or false");
  return value.As<Napi::Boolean>();
}

/// An Error of ours as the JavaScript error that lib/errors.ts turns into a PinSageError.
inline Napi::Error to_javascript(Napi::Env env, const Error& error) {
  auto result = Napi::Error::New(env, error.what());
  result.Value().Set("code", Napi::String::New(env, error.code()));
  if (!error.argument().empty()) result.Value().Set("argument", Napi::String::New(env, error.argument()));
  return result;
}

/// Runs a synchronous binding; what it throws becomes a JavaScript exception.
template <class Body>
Napi::Value guarded(Napi::Env env, Body&& body) {
  const ArgumentOwners owners;
  try {
    return body();
  } catch (const Error& error) {
    throw to_javascript(env, error);
  } catch (const std::bad_alloc&) {
    throw to_javascript(env, Error("OUT_OF_MEMORY", "There is not enough memory for this call."));
  }
}

/// A function of the addon whose exceptions become JavaScript's.
template <class Function>
void export_guarded(Napi::Env env, Napi::Object exports, const char* name, Function function) {
  exports.Set(name, Napi::Function::New(
                        env,
                        [function](const Napi::CallbackInfo& info) {
                          return guarded(info.Env(), [&] { return function(info); });
                        },
                        name));
}

}  // namespace pinsage::binding
