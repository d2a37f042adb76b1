#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

namespace pinsage::binding {

/// The threads that asynchronous calls run on: one set for the process, and one that only gets time which nobody else
/// wants.
///
/// Whoever worked last works next. libuv's pool takes its threads in turn, and with each comes an OpenMP team of its
/// own, cold and placed anew: the same calls ran at 650 instead of 1,100 thousand pins a second for the first tenths
/// of a second after every pause.
class Workers {
 public:
  class Job {
   public:
    /// On a worker thread. Neither may throw.
    virtual void work() = 0;
    /// When that thread is free again: a caller who then has another job at once finds it idle.
    virtual void report() = 0;

   protected:
    ~Job() = default;
  };

  enum class Priority { normal, background };

  static Workers& of(Priority priority);

  /// Runs the job on a thread that is idle, or new, or comes free.
  void run(Job& job);

 private:
  /// As many calls at once as libuv's pool has threads by default.
  static constexpr size_t most_threads = 4;

  struct Thread {
    std::condition_variable wake;
    Job* job = nullptr;
  };

  explicit Workers(Priority priority) : priority_(priority) {}
  void live(Thread& self);

  const Priority priority_;
  std::mutex mutex_;
  std::vector<Thread*> idle_;
  std::deque<Job*> waiting_;
  size_t threads_ = 0;
};

}  // namespace pinsage::binding
