#pragma once

#include <mutex>
#include <shared_mutex>

namespace pinsage {

/// Many readers or one writer, in the order in which they came: neither waits for ever.
class FairMutex {
 public:
  std::shared_lock<std::shared_mutex> shared() {
    const std::lock_guard turn(turn_);
    return std::shared_lock(mutex_);
  }
  std::unique_lock<std::shared_mutex> exclusive() {
    const std::lock_guard turn(turn_);
    return std::unique_lock(mutex_);
  }

 private:
  std::mutex turn_;
  std::shared_mutex mutex_;
};

}  // namespace pinsage
