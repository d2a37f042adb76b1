// Products stay right, and the heap whole, while signal handlers run on the threads that compute: see
// docs/decisions/signals-wait-for-onednn.md.
#include <signal.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "check.hpp"
#include "pinsage/tensor/gemm.hpp"

using namespace pinsage;

namespace {

volatile sig_atomic_t ticks = 0;

/// Uses the stack as any handler may.
void tick(int) {
  volatile char frame[2048];
  std::memset(const_cast<char*>(frame), 7, sizeof frame);
  ticks = ticks + 1;
}

TEST("a profiler's signals during products") {
  struct sigaction action = {}, before = {};
  action.sa_handler = tick;
  sigaction(SIGPROF, &action, &before);
  const itimerval every = {{0, 500}, {0, 500}}, never = {};
  setitimer(ITIMER_PROF, &every, nullptr);
  for (int round = 0; round < 100; ++round) {
    for (const auto& [m, n, k] : {std::array<size_t, 3>{1024, 500, 128}, {1024, 1024, 128}, {8708, 64, 128}}) {
      const std::vector<float> a(m * k, 1), b(k * n, 1);
      std::vector<float> c(m * n);
      tensor::gemm({.m = m, .n = n, .k = k, .transpose_b = true}, a.data(), b.data(), c.data(), {.threads = 2});
      CHECK(std::ranges::all_of(c, [k = static_cast<float>(k)](float value) { return value == k; }));
    }
  }
  setitimer(ITIMER_PROF, &never, nullptr);
  sigaction(SIGPROF, &before, nullptr);
  CHECK(ticks > 0);
}

}  // namespace

TEST_MAIN()
