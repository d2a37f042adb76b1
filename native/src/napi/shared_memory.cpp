#include "napi/shared_memory.hpp"

#include <mutex>
#include <unordered_map>

namespace pinsage::binding {

namespace {

/// The owner of each buffer, by its address. All JavaScript threads of the process share the addon.
std::mutex mutex;
std::unordered_map<const void*, std::weak_ptr<void>> owner_at;

thread_local ArgumentOwners* current = nullptr;

}  // namespace

Napi::ArrayBuffer share(Napi::Env env, std::shared_ptr<void> owner, void* data, size_t bytes) {
  if (bytes == 0) return Napi::ArrayBuffer::New(env, 0);
  {
    const std::lock_guard lock(mutex);
    owner_at.insert_or_assign(data, owner);
  }
  auto* hold = new std::shared_ptr<void>(std::move(owner));
  const auto let_go = [](Napi::Env, void* data, std::shared_ptr<void>* hold) {
    {
      const std::lock_guard lock(mutex);
      owner_at.erase(data);
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
  const auto found = owner_at.find(buffer);
  if (found != owner_at.end()) current->owners_.push_back(found->second.lock());
}

Owners ArgumentOwners::get() {
  return current == nullptr ? Owners() : current->owners_;
}

}  // namespace pinsage::binding
