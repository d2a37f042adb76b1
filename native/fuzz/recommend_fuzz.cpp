// Any query is refused with an error, or gives recommendations that make sense.

#include <algorithm>
#include <cmath>

#include "../test/random_graph.hpp"
#include "input.hpp"
#include "pinsage/recommend.hpp"

using namespace pinsage;

static void require(bool holds) {
  if (!holds) __builtin_trap();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const test::RandomGraph graphs[] = {{1, 50, 10, 200, false}, {2, 50, 10, 200, true}, {3, 4, 2, 0, false}};
  fuzz::Input input(data, size);
  const Graph& graph = graphs[input.take<uint8_t>() % std::size(graphs)].graph;
  const auto rarely = [&] { return input.take<uint8_t>() % 8 == 0; };
  RecommendOptions options;
  options.steps = rarely() ? input.take<uint32_t>() % 100'000 : input.take<uint16_t>() % 2000;
  options.hops = rarely() ? input.take<uint32_t>() : input.take<uint8_t>() % 12;
  options.restart = rarely() ? input.take<double>() : input.take<uint8_t>() / 255.0;
  options.top = input.take<uint8_t>() % 60;
  options.multi_hit = input.take<uint8_t>() % 2;
  options.seed = input.take<uint64_t>();
  if (input.take<uint8_t>() % 2) options.early_stop = {input.take<uint8_t>(), input.take<uint8_t>()};
  const auto boosts = input.take_some<float>(50);
  if (input.take<uint8_t>() % 4 == 0) options.boosts = boosts;
  const auto ids = [&](size_t most) {
    const auto some = input.take_some<uint8_t>(most);
    std::vector<PinId> pins(some.begin(), some.end());
    if (!rarely()) {
      for (PinId& pin : pins) pin %= graph.pins();
    }
    return pins;
  };
  const std::vector<PinId> pins = ids(6), exclude = ids(6);
  options.exclude = exclude;
  auto weights = input.take_some<float>(6);
  if (!rarely()) {
    weights.resize(pins.size());
    for (float& weight : weights) weight = std::min(1e3f, std::abs(weight) >= 0 ? std::abs(weight) : 0);
  }
  try {
    const Recommendations found = recommend(graph, {pins, weights}, options, {.threads = 1});
    require(found.ids.size() <= options.top && found.scores.size() == found.ids.size());
    for (size_t i = 0; i < found.ids.size(); ++i) {
      require(found.ids[i] < graph.pins() && found.counts[i] > 0 && found.scores[i] >= 0);
      require(i == 0 || found.scores[i] <= found.scores[i - 1]);
      require(std::find(pins.begin(), pins.end(), found.ids[i]) == pins.end());
      require(std::find(exclude.begin(), exclude.end(), found.ids[i]) == exclude.end());
    }
  } catch (const Error&) {
  }
  return 0;
}
