#include <napi.h>

#include <algorithm>

#include "napi/array_buffer.hpp"
#include "napi/environment.hpp"
#include "napi/modules.hpp"
#include "pinsage/cuda.hpp"
#include "pinsage/execution.hpp"
#include "pinsage/info.hpp"
#include "pinsage/process_group.hpp"

namespace pinsage::binding {

static Napi::Value cuda_status(Napi::Env env) {
  const cuda::Status status = cuda::status();
  auto devices = Napi::Array::New(env, status.devices.size());
  for (uint32_t i = 0; i < status.devices.size(); ++i) {
    auto device = Napi::Object::New(env);
    device.Set("name", status.devices[i].name);
    device.Set("computeCapability", status.devices[i].compute_capability);
    device.Set("memory", Napi::Number::New(env, static_cast<double>(status.devices[i].memory)));
    devices.Set(i, device);
  }
  auto libraries = Napi::Array::New(env, status.libraries.size());
  for (uint32_t i = 0; i < status.libraries.size(); ++i) {
    auto library = Napi::Object::New(env);
    library.Set("name", status.libraries[i].name);
    library.Set("version", status.libraries[i].version);
    library.Set("path", status.libraries[i].path);
    library.Set("problem", status.libraries[i].problem);
    libraries.Set(i, library);
  }
  auto result = Napi::Object::New(env);
  result.Set("libraries", libraries);
  result.Set("built", Napi::Boolean::New(env, cuda::built));
  result.Set("problem", status.problem);
  result.Set("devices", devices);
  return result;
}

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  Environment::open(env);
  exports.Set("blas", Napi::String::New(env, blas_name()));
  exports.Set("simd", Napi::String::New(env, simd_name()));
  exports.Set("collectives", Napi::String::New(env, collectives_name()));
  exports.Set("cudaBuilt", Napi::Boolean::New(env, cuda::built));
  exports.Set("cudaStatus", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return guarded(info.Env(), [&] { return cuda_status(info.Env()); });
              }));
  exports.Set("getThreads", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return Napi::Number::New(info.Env(), default_threads());
              }));
  exports.Set("setThreads", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  set_default_threads(static_cast<int>(integer(info[0], "threads", 0, 1024)));
                  return info.Env().Undefined();
                });
              }));
  exports.Set("setUsableMemory", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  set_usable_memory(integer(info[0], "bytes", 0, 1ull << 53));
                  return info.Env().Undefined();
                });
              }));
  exports.Set("allocate", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  Array<char> bytes(integer(info[0], "bytes", 0, 1ull << 46));
                  std::fill(bytes.begin(), bytes.end(), 0);
                  return to_array_buffer(info.Env(), std::move(bytes));
                });
              }));
  // The memory of a result goes back at once; its typed arrays are empty from then on.
  exports.Set("release", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  if (!info[0].IsArrayBuffer()) invalid_argument("buffer", "must be an ArrayBuffer");
                  info[0].As<Napi::ArrayBuffer>().Detach();
                  return info.Env().Undefined();
                });
              }));
  init_files(env, exports);
  init_graph(env, exports);
  init_linear(env, exports);
  init_process_group(env, exports);
  init_search(env, exports);
  init_tensor(env, exports);
  init_vector_index(env, exports);
  return exports;
}

NODE_API_MODULE(pinsage, init)

}  // namespace pinsage::binding
