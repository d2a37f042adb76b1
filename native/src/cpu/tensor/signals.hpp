#pragma once

#include <signal.h>

namespace pinsage::tensor {

/// While one of these lives, signals wait, on this thread and on the threads of its team. A signal
/// handler that runs inside oneDNN's generated kernels (a profiler's tick, Ctrl-C) damages the heap. See
/// docs/decisions/signals-wait-for-onednn.md.
class SignalsBlocked {
 public:
  explicit SignalsBlocked(int threads) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
    // OpenMP's own threads have no use for signals and stay without.
#pragma omp parallel num_threads(threads)
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
  }
  ~SignalsBlocked() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace pinsage::tensor
