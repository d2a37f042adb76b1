#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "napi/arguments.hpp"
#include "napi/environment.hpp"

namespace pinsage::binding {

/// One native call on a worker thread, as a promise. `work` runs there and may touch no JavaScript value; `resolve`
/// turns its result into one, back on the JavaScript thread. The arguments are kept, and so is the memory of ours that
/// they lie in, even if JavaScript gives it back meanwhile.
template <class Result>
class Task final : public Environment::Call {
 public:
  using Work = std::function<Result()>;
  using Resolve = std::function<Napi::Value(Napi::Env, Result&)>;

  static Napi::Value start(const Napi::CallbackInfo& info, Workers::Priority priority, Work work, Resolve resolve) {
    std::unique_ptr<Task> task(new Task(info.Env(), std::move(work), std::move(resolve)));
    for (size_t i = 0; i < info.Length(); ++i) {
      if (info[i].IsObject()) task->kept_.push_back(Napi::Persistent(info[i].As<Napi::Object>()));
    }
    if (info.This().IsObject()) task->kept_.push_back(Napi::Persistent(info.This().As<Napi::Object>()));
    const auto promise = task->deferred_.Promise();
    Environment::run(info.Env(), std::move(task), priority);
    return promise;
  }

 private:
  Task(Napi::Env env, Work work, Resolve resolve)
      : work_(std::move(work)), resolve_(std::move(resolve)), deferred_(Napi::Promise::Deferred::New(env)) {}

  void work() override {
    try {
      result_.emplace(work_());
    } catch (const Error& error) {
      failure_.emplace(error);
    } catch (const std::bad_alloc&) {
      failure_.emplace("OUT_OF_MEMORY", "There is not enough memory for this call.");
    } catch (const std::exception& error) {
      failure_.emplace("INTERNAL", error.what());
    }
  }

  void settle(Napi::Env env) override {
    if (failure_) {
      deferred_.Reject(to_javascript(env, *failure_).Value());
      return;
    }
    try {
      deferred_.Resolve(resolve_(env, *result_));
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    }
  }

  void abandon() override {
    for (Napi::ObjectReference& reference : kept_) reference.SuppressDestruct();
  }

  Owners owners_ = ArgumentOwners::get();
  Work work_;
  Resolve resolve_;
  Napi::Promise::Deferred deferred_;
  std::vector<Napi::ObjectReference> kept_;
  std::optional<Result> result_;
  std::optional<Error> failure_;
};

inline Workers::Priority priority(const Execution& execution) {
  return execution.background() ? Workers::Priority::background : Workers::Priority::normal;
}

/// The execution of an asynchronous call: its threads (0: the default) and its control block, a BigInt64Array of 4.
inline Execution execution(const Napi::Value& threads, const Napi::Value& control) {
  Execution result;
  result.threads = static_cast<int>(integer(threads, "threads", 0, 1024));
  result.control = reinterpret_cast<Control*>(array<int64_t>(control, "control", 4).data());
  return result;
}

/// A call that fills arrays of its caller's and has no other result.
inline Napi::Value start_filling(const Napi::CallbackInfo& info, const Execution& how, std::function<void()> work) {
  struct Done {};
  return Task<Done>::start(
      info, priority(how), [work = std::move(work)] { return work(), Done{}; },
      [](Napi::Env env, Done&) { return env.Undefined(); });
}

}  // namespace pinsage::binding
