#pragma once

#include <cstddef>
#include <mutex>
#include <semaphore>
#include <vector>

namespace pinsage {

/// Searches and additions at once, of all callers: each has memory of its own inside usearch.
inline constexpr size_t kContexts = 64;

/// The contexts that are free.
class Contexts {
 public:
  Contexts() {
    for (size_t context = 0; context < kContexts; ++context) free_.push_back(context);
  }
  size_t take() {
    count_.acquire();
    const std::lock_guard lock(mutex_);
    const size_t context = free_.back();
    free_.pop_back();
    return context;
  }
  void give_back(size_t context) {
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(context);
    }
    count_.release();
  }

 private:
  std::counting_semaphore<> count_{kContexts};
  std::mutex mutex_;
  std::vector<size_t> free_;
};

/// One of the contexts, while it is in use.
class Context {
 public:
  explicit Context(Contexts& contexts) : contexts_(contexts), number_(contexts.take()) {}
  ~Context() { contexts_.give_back(number_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  operator size_t() const { return number_; }

 private:
  Contexts& contexts_;
  const size_t number_;
};

}  // namespace pinsage
