#include "pinsage/execution.hpp"

namespace pinsage {

static std::atomic<int> process_threads{0};

int default_threads() {
  const int threads = process_threads.load(std::memory_order_relaxed);
  return threads > 0 ? threads : omp_get_num_procs();
}

void set_default_threads(int threads) {
  process_threads.store(threads, std::memory_order_relaxed);
}

}  // namespace pinsage
