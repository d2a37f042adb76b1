#include "napi/shared_memory.hpp"

#include <mutex>
#include <string>
#include <unordered_map>

#include "napi/arguments.hpp"

namespace pinsage::binding {

namespace {

struct Shared {
  std::weak_ptr<void> owner;
  size_t buffers = 0;
};

/// What is shared at each address. All JavaScript threads of the process share the addon.
std::mutex mutex;
std::unordered_map<const void*, Shared> shared_at;

/// Node.js before 22 makes no larger ones of our memory, and frees what it was to hold twice when it is asked to.
void check_size(Napi::Env env, size_t bytes) {
  constexpr size_t most = size_t{1} << 32;
  if (bytes <= most) return;
  const napi_node_version* version = Napi::VersionManagement::GetNodeVersion(env);
  if (version->major >= 22) return;
  throw to_javascript(env, Error("OUT_OF_MEMORY", "An array of " + std::to_string(bytes) + " bytes needs Node.js 22; " +
                                                      std::to_string(version->major) + " has room for 4 GiB."));
}

thread_local ArgumentOwners* current = nullptr;

}  // namespace

Napi::ArrayBuffer share(Napi::Env env, std::shared_ptr<void> owner, void* data, size_t bytes) {
  if (bytes == 0) return Napi::ArrayBuffer::New(env, 0);
  check_size(env, bytes);
  {
    const std::lock_guard lock(mutex);
    Shared& shared = shared_at[data];
    shared.owner = owner;
    ++shared.buffers;
  }
  auto* hold = new std::shared_ptr<void>(std::move(owner));
  const auto let_go = [](Napi::Env, void* data, std::shared_ptr<void>* hold) {
    {
      const std::lock_guard lock(mutex);
      const auto found = shared_at.find(data);
      if (found != shared_at.end() && --found->second.buffers == 0) shared_at.erase(found);
    }
    delete hold;
  };
  return Napi::ArrayBuffer::New(env, data, bytes, let_go, hold);
}

ArgumentOwners::ArgumentOwners() : outer_(current) {
  current = this;
}

ArgumentOwners::~ArgumentOwners() {
  current = outer_;
}

void ArgumentOwners::add(const void* buffer) {
  if (current == nullptr) return;
  const std::lock_guard lock(mutex);
  const auto found = shared_at.find(buffer);
  if (found != shared_at.end()) current->owners_.push_back(found->second.owner.lock());
}

Owners ArgumentOwners::get() {
  return current == nullptr ? Owners() : current->owners_;
}

}  // namespace pinsage::binding
