// The plain sampler and ours in turn, on one thread and a small random graph: plain_neighborhoods PINS BOARDS EDGES
// CALLS PER_CALL prints the seconds of each, a pair of numbers a round.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "../test/plain/neighborhoods.hpp"
#include "../test/random_graph.hpp"

using namespace pinsage;

template <class Sample>
static double seconds(int calls, Sample&& sample) {
  const auto start = std::chrono::steady_clock::now();
  for (int call = 0; call < calls; ++call) sample();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int main(int, char** arguments) {
  const auto number = [&](int i) { return std::atoi(arguments[i]); };
  const test::RandomGraph random(1, number(1), number(2), number(3), false);
  std::vector<PinId> seeds = test::all_pins(random.graph);
  seeds.resize(number(5));
  const WalkOptions options;
  test::NeighborhoodArrays out(seeds.size(), 50);
  for (int round = 0; round < 9; ++round) {
    const double plain = seconds(
        number(4), [&] { plain_neighborhoods(random.graph, seeds, options, {}, {}, out.view(), {.threads = 1}); });
    const double ours = seconds(
        number(4), [&] { importance_neighborhoods(random.graph, seeds, options, {}, {}, out.view(), {.threads = 1}); });
    std::printf("%.9f %.9f\n", plain, ours);
  }
}
