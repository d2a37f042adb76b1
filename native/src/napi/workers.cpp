#include "napi/workers.hpp"

#ifdef __linux__
#include <sys/resource.h>
#endif

#include <thread>
#include <utility>

namespace pinsage::binding {

Workers& Workers::of(Priority priority) {
  // Never destroyed: their threads sleep on when the process ends.
  static auto* const normal = new Workers(Priority::normal);
  static auto* const background = new Workers(Priority::background);
  return priority == Priority::background ? *background : *normal;
}

void Workers::run(Job& job) {
  std::unique_lock lock(mutex_);
  if (!idle_.empty()) {
    Thread* const thread = idle_.back();
    idle_.pop_back();
    thread->job = &job;
    lock.unlock();
    thread->wake.notify_one();
    return;
  }
  waiting_.push_back(&job);
  if (threads_ == most_threads) return;
  try {
    std::thread([this] {
      Thread self;
#ifdef __linux__
      // There a thread has a priority of its own, and those of its OpenMP team inherit it.
      if (priority_ == Priority::background) setpriority(PRIO_PROCESS, 0, 19);
#endif
      live(self);
    }).detach();
    ++threads_;
  } catch (...) {
    // No more threads are to be had: those that there are will come to it.
    if (threads_ > 0) return;
    waiting_.pop_back();
    throw;
  }
}

void Workers::live(Thread& self) {
  Job* done = nullptr;
  while (true) {
    std::unique_lock lock(mutex_);
    if (waiting_.empty()) {
      idle_.push_back(&self);
    } else {
      self.job = waiting_.front();
      waiting_.pop_front();
    }
    if (done != nullptr) {
      lock.unlock();
      done->report();
      lock.lock();
    }
    self.wake.wait(lock, [&] { return self.job != nullptr; });
    done = std::exchange(self.job, nullptr);
    lock.unlock();
    done->work();
  }
}

}  // namespace pinsage::binding
