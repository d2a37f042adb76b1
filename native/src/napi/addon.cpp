#include <napi.h>

#include "napi/environment.hpp"
#include "napi/modules.hpp"
#include "pinsage/execution.hpp"
#include "pinsage/info.hpp"

namespace pinsage::binding {

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  Environment::open(env);
  exports.Set("blas", Napi::String::New(env, blas_name()));
  exports.Set("simd", Napi::String::New(env, simd_name()));
  exports.Set("getThreads", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return Napi::Number::New(info.Env(), default_threads());
              }));
  exports.Set("setThreads", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  set_default_threads(static_cast<int>(integer(info[0], "threads", 0, 1024)));
                  return info.Env().Undefined();
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
  init_search(env, exports);
  init_tensor(env, exports);
  return exports;
}

NODE_API_MODULE(pinsage, init)

}  // namespace pinsage::binding
