// Any arrays are refused with an error, or make a graph that can be walked.

#include "input.hpp"
#include "pinsage/graph.hpp"
#include "pinsage/neighborhoods.hpp"
#include "pinsage/pagerank.hpp"

using namespace pinsage;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const bool weighted = input.take<uint8_t>() % 4 == 0;
  const bool repair = input.take<uint8_t>() % 2 == 0;
  auto pin_boards = input.take_some<uint8_t>(12);
  auto pin_offsets = input.take_some<uint8_t>(9);
  auto board_pins = input.take_some<uint8_t>(12);
  auto board_offsets = input.take_some<uint8_t>(9);
  if (repair) {
    // Few random arrays would be graphs: take a matrix of bits instead, and break at most one number of it.
    const uint32_t pins = 1 + input.take<uint8_t>() % 6, boards = 1 + input.take<uint8_t>() % 6;
    const auto bits = input.take<uint64_t>();
    pin_boards.clear(), board_pins.clear();
    pin_offsets = board_offsets = {0};
    const auto has = [&](uint32_t pin, uint32_t board) { return bits >> (pin * boards + board) & 1; };
    for (uint32_t pin = 0; pin < pins; ++pin) {
      for (uint32_t board = 0; board < boards; ++board) {
        if (has(pin, board)) pin_boards.push_back(static_cast<uint8_t>(board));
      }
      pin_offsets.push_back(static_cast<uint8_t>(pin_boards.size()));
    }
    for (uint32_t board = 0; board < boards; ++board) {
      for (uint32_t pin = 0; pin < pins; ++pin) {
        if (has(pin, board)) board_pins.push_back(static_cast<uint8_t>(pin));
      }
      board_offsets.push_back(static_cast<uint8_t>(board_pins.size()));
    }
    std::vector<uint8_t>* arrays[] = {&pin_boards, &pin_offsets, &board_pins, &board_offsets, nullptr};
    std::vector<uint8_t>* broken = arrays[input.take<uint8_t>() % 5];
    if (broken != nullptr && !broken->empty())
      (*broken)[input.take<uint8_t>() % broken->size()] = input.take<uint8_t>();
  }
  const std::vector<uint64_t> offsets_1(pin_offsets.begin(), pin_offsets.end()),
      offsets_2(board_offsets.begin(), board_offsets.end());
  const std::vector<uint32_t> ids_1(pin_boards.begin(), pin_boards.end()), ids_2(board_pins.begin(), board_pins.end());
  const float weight = weighted ? input.take<float>() : 1;
  const std::vector<float> weights_1(ids_1.size(), weight), weights_2(ids_2.size(), weight);
  CsrView pins{offsets_1, ids_1, {}}, boards{offsets_2, ids_2, {}};
  if (weighted) pins.weights = weights_1, boards.weights = weights_2;
  try {
    const auto use = static_cast<HopTablesUse>(input.take<uint8_t>() % 3);
    const Graph graph(pins, boards, {.threads = 1}, use);
    std::vector<PinId> seeds(graph.pins());
    for (PinId pin = 0; pin < graph.pins(); ++pin) seeds[pin] = pin;
    std::vector<PinId> ids(seeds.size() * 3);
    std::vector<float> shares(ids.size()), scores(seeds.size() * seeds.size());
    std::vector<uint32_t> counts(seeds.size());
    importance_neighborhoods(graph, seeds, {.walks = 5}, {}, {}, {ids, shares, counts, 3}, {.threads = 1});
    for (const PinId id : ids) {
      if (id >= graph.pins()) __builtin_trap();
    }
    page_rank(graph, seeds, {}, scores, {.threads = 1});
  } catch (const Error&) {
  }
  return 0;
}
