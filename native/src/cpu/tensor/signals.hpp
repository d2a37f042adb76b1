#pragma once

#include <pthread.h>

#include <csignal>

namespace pinsage::tensor {

/// Holds all signals back while it lives: on this thread, and for good on its OpenMP threads, which nobody sends
/// signals to.
///
/// oneDNN's generated matrix products (2.6, `dnnl_sgemm`) use the stack pointer as a general register. A signal that
/// arrives inside writes its frame wherever that points: into the heap. Ctrl-C or a profiler's tick in a training loop
/// then crashed the process ("corrupted size vs. prev_size"). The signal comes as soon as the product is done.
class SignalsHeld {
 public:
  explicit SignalsHeld(int threads) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
    if (threads > 1) {
#pragma omp parallel num_threads(threads)
      pthread_sigmask(SIG_SETMASK, &all, nullptr);
    }
  }
  ~SignalsHeld() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_;
};

}  // namespace pinsage::tensor
