#pragma once

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>

#include "pinsage/error.hpp"

namespace pinsage {

/// Threads that a call uses when it does not say: set once for the process, the number of processors otherwise.
int default_threads();
void set_default_threads(int threads);

/// The wire between a running call and its caller. The memory may be shared with JavaScript (a BigInt64Array of 4).
struct Control {
  int64_t cancel = 0;
  int64_t done = 0;
  int64_t total = 0;
  int64_t background = 0;  ///< whether the call was started for time that nobody else wants
};

/// How a call runs: on how many threads, and how its caller stops and follows it.
struct Execution {
  int threads = 0;             ///< 0: default_threads()
  Control* control = nullptr;  ///< null: neither cancelled nor followed

  int thread_count() const { return threads > 0 ? threads : default_threads(); }
  bool background() const { return control != nullptr && control->background != 0; }
  bool cancelled() const {
    return control != nullptr && std::atomic_ref(control->cancel).load(std::memory_order_relaxed) != 0;
  }
  void throw_if_cancelled() const {
    if (cancelled()) throw Error("ABORTED", "The call was aborted.");
  }
  void expect(int64_t total) const {
    if (control != nullptr) std::atomic_ref(control->total).store(total, std::memory_order_relaxed);
  }
  void advance(int64_t done) const {
    if (control != nullptr) std::atomic_ref(control->done).fetch_add(done, std::memory_order_relaxed);
  }
};

/// Runs body(begin, end, thread) over [0, count) in chunks of `grain`, which threads take as they come free. An
/// exception of any body, and cancellation (looked at before each chunk), end the loop and are thrown to the caller.
template <class Body>
void parallel_for(const Execution& execution, size_t count, size_t grain, Body&& body) {
  const size_t chunks = (count + grain - 1) / grain;
  const int threads = static_cast<int>(std::min<size_t>(execution.thread_count(), chunks));
  if (threads <= 1) {
    for (size_t begin = 0; begin < count; begin += grain) {
      execution.throw_if_cancelled();
      body(begin, std::min(begin + grain, count), 0);
    }
    return;
  }
  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
#pragma omp parallel num_threads(threads)
  {
    const int thread = omp_get_thread_num();
    try {
      for (size_t chunk; (chunk = next.fetch_add(1, std::memory_order_relaxed)) < chunks;) {
        execution.throw_if_cancelled();
        body(chunk * grain, std::min((chunk + 1) * grain, count), thread);
      }
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      next.store(chunks, std::memory_order_relaxed);
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace pinsage
