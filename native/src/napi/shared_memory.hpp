#pragma once

#include <napi.h>

#include <memory>
#include <vector>

namespace pinsage::binding {

/// Owners of memory that JavaScript sees as ArrayBuffers.
using Owners = std::vector<std::shared_ptr<void>>;

/// Memory as an ArrayBuffer, without a copy. It goes when the buffer has been collected or detached, and the last call
/// that was given the buffer is done.
Napi::ArrayBuffer share(Napi::Env env, std::shared_ptr<void> owner, void* data, size_t bytes);

/// Collects, while it exists, the owners of what array() reads out of a call's arguments on this thread.
class ArgumentOwners {
 public:
  ArgumentOwners();
  ~ArgumentOwners();
  ArgumentOwners(const ArgumentOwners&) = delete;
  ArgumentOwners& operator=(const ArgumentOwners&) = delete;

  /// Takes note that the call reads the ArrayBuffer at this address.
  static void add(const void* buffer);
  /// Those noted so far, for a call that goes on when its arguments are out of sight.
  static Owners get();

 private:
  Owners owners_;
  ArgumentOwners* outer_;
};

}  // namespace pinsage::binding
