#pragma once

#include <napi.h>

#include <atomic>
#include <memory>

#include "napi/workers.hpp"

namespace pinsage::binding {

/// What the asynchronous calls of one JavaScript thread share: the way back to it.
class Environment {
 public:
  /// A call that is under way.
  class Call : public Workers::Job {
   public:
    virtual ~Call() = default;
    /// On the JavaScript thread, when the work is done.
    virtual void settle(Napi::Env env) = 0;
    /// Instead, where that thread ends before: nothing may touch JavaScript any more.
    virtual void abandon() = 0;

   private:
    friend Environment;
    void report() final { environment_->report(*this); }

    Environment* environment_ = nullptr;
  };

  /// What another part of the addon has on each JavaScript thread.
  struct Extension {
    virtual ~Extension() = default;
  };
  std::unique_ptr<Extension> device;

  /// For the addon's start on a JavaScript thread.
  static void open(Napi::Env env);

  /// Lets a worker thread do the call's work, and settles it then. Until then Node does not end by itself, and if it is
  /// made to, or a worker_thread is, the end waits for the work, which uses JavaScript's memory.
  static void run(Napi::Env env, std::unique_ptr<Call> call, Workers::Priority priority);

 private:
  explicit Environment(Napi::Env env);
  void report(Call& call);
  void settle(Napi::Env env, std::unique_ptr<Call> call);
  void close();

  napi_threadsafe_function settle_ = nullptr;
  size_t unsettled_ = 0;             ///< used on the JavaScript thread only
  std::atomic<size_t> at_work_ = 0;  ///< calls that will still use settle_
};

}  // namespace pinsage::binding
