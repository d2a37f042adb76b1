#include "napi/environment.hpp"

#include <utility>

namespace pinsage::binding {

void Environment::open(Napi::Env env) {
  env.SetInstanceData(new Environment(env));
}

Environment::Environment(Napi::Env env) {
  const auto settle = [](napi_env env, napi_value, void* self, void* data) {
    std::unique_ptr<Call> call(static_cast<Call*>(data));
    if (env == nullptr) {
      call->abandon();
    } else {
      static_cast<Environment*>(self)->settle(env, std::move(call));
    }
  };
  const auto name = Napi::String::New(env, "pinsage");
  NAPI_THROW_IF_FAILED_VOID(env, napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr,
                                                                 this, settle, &settle_));
  napi_unref_threadsafe_function(env, settle_);
  // Behind the function's own hook, so that it runs before that one.
  napi_add_env_cleanup_hook(
      env, [](void* self) { static_cast<Environment*>(self)->close(); }, this);
}

void Environment::run(Napi::Env env, std::unique_ptr<Call> call, Workers::Priority priority) {
  auto* const self = env.GetInstanceData<Environment>();
  call->environment_ = self;
  ++self->at_work_;
  try {
    Workers::of(priority).run(*call);
  } catch (...) {
    --self->at_work_;
    throw;
  }
  call.release();
  if (self->unsettled_++ == 0) napi_ref_threadsafe_function(env, self->settle_);
}

void Environment::report(Call& call) {
  napi_call_threadsafe_function(settle_, &call, napi_tsfn_nonblocking);
  if (--at_work_ == 0) at_work_.notify_all();
}

void Environment::settle(Napi::Env env, std::unique_ptr<Call> call) {
  if (--unsettled_ == 0) napi_unref_threadsafe_function(env, settle_);
  const Napi::HandleScope scope(env);
  call->settle(env);
}

void Environment::close() {
  for (size_t calls; (calls = at_work_.load()) != 0;) at_work_.wait(calls);
}

}  // namespace pinsage::binding
