// What this machine can do, as plainly as it can be asked: random reads with many in flight, copies, multiply-adds.
#include <omp.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <immintrin.h>

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static uint64_t next(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static char* allocate(size_t bytes) {
  auto* memory = static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  madvise(memory, bytes, MADV_HUGEPAGE);
  std::memset(memory, 1, bytes);
  return memory;
}

/// Reads a second: blocks of addresses are prefetched, then read, so that up to `in_flight` misses overlap.
static double random_reads(const uint32_t* memory, size_t words, size_t in_flight) {
  constexpr size_t reads = 1 << 24;
  double total = 0;
  uint64_t sum = 0;
  const double start = now();
#pragma omp parallel reduction(+ : sum)
  {
    uint64_t state = 88172645463325252ull + 7919 * omp_get_thread_num();
    uint64_t at[1024];
    for (size_t done = 0; done < reads; done += in_flight) {
      for (size_t i = 0; i < in_flight; ++i) {
        at[i] = static_cast<uint64_t>((static_cast<unsigned __int128>(next(state)) * words) >> 64);
        _mm_prefetch(reinterpret_cast<const char*>(memory + at[i]), _MM_HINT_T0);
      }
      for (size_t i = 0; i < in_flight; ++i) sum += memory[at[i]];
    }
#pragma omp single
    total = static_cast<double>(reads) * omp_get_num_threads();
  }
  const double elapsed = now() - start;
  if (sum == 42) std::puts("");
  return total / elapsed;
}

static double copy(const char* from, char* to, size_t bytes) {
  const double start = now();
#pragma omp parallel
  {
    const size_t share = bytes / omp_get_num_threads() / 64 * 64;
    const size_t begin = share * omp_get_thread_num();
    for (size_t i = begin; i < begin + share; i += 64) {
      for (size_t lane = 0; lane < 64; lane += 32) {
        _mm256_stream_si256(reinterpret_cast<__m256i*>(to + i + lane),
                            _mm256_load_si256(reinterpret_cast<const __m256i*>(from + i + lane)));
      }
    }
    _mm_sfence();
  }
  return bytes / (now() - start);
}

#ifdef __AVX512F__
constexpr size_t register_bytes = 64;
#else
constexpr size_t register_bytes = 32;
#endif
typedef float Register __attribute__((vector_size(register_bytes)));

/// Floating-point operations a second: multiply-adds in registers, enough chains of them to hide their latency.
static double multiply_adds() {
  constexpr size_t rounds = 1 << 24, chains = 12;
  size_t threads = 1;
  const double start = now();
#pragma omp parallel
  {
    Register chain[chains] = {}, scale = Register{} + 0.5f, shift = Register{} + 1.0f;
    // The compiler must not know that all chains are alike.
#pragma GCC unroll 12
    for (size_t i = 0; i < chains; ++i) asm volatile("" : "+v"(chain[i]));
    for (size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
      for (size_t i = 0; i < chains; ++i) chain[i] = chain[i] * scale + shift;
    }
#pragma GCC unroll 12
    for (size_t i = 0; i < chains; ++i) asm volatile("" : : "v"(chain[i]));
#pragma omp single
    threads = omp_get_num_threads();
  }
  return 2.0 * threads * rounds * chains * (register_bytes / sizeof(float)) / (now() - start);
}

int main(int, char** arguments) {
  const size_t bytes = std::strtoull(arguments[2], nullptr, 10);
  omp_set_num_threads(std::atoi(arguments[3]));
  double best = 0;
  if (std::string(arguments[1]) == "flops") {
    for (int round = 0; round < 40; ++round) best = std::max(best, multiply_adds());
    std::printf("%.0f\n", best);
    return 0;
  }
  char* memory = allocate(bytes);
  if (std::string(arguments[1]) == "random") {
    for (int round = 0; round < 3; ++round) {
      for (const size_t in_flight : {64, 256, 1024}) {
        best = std::max(best, random_reads(reinterpret_cast<uint32_t*>(memory), bytes / 4, in_flight));
      }
    }
  } else {
    // A figure for every line of standard input.
    for (char* to = allocate(bytes); std::getchar() != EOF; best = 0) {
      for (int round = 0; round < 8; ++round) best = std::max(best, copy(memory, to, bytes));
      std::printf("%.0f\n", best);
      std::fflush(stdout);
    }
    return 0;
  }
  std::printf("%.0f\n", best);
}
