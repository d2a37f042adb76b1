// CSR from edges against std::sort, on lists large enough for many buckets.

#include "pinsage/csr.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "check.hpp"

using namespace pinsage;

struct Lists {
  std::vector<PinId> pins;
  std::vector<BoardId> boards;
  std::vector<float> weights;
  std::vector<int64_t> times;
};

static Lists random_lists(uint32_t seed, uint32_t pins, uint32_t boards, size_t count) {
  std::mt19937 random(seed);
  Lists lists;
  for (size_t i = 0; i < count; ++i) {
    // Half of the edges meet in a tenth of the pins, so that buckets are uneven and edges repeat.
    lists.pins.push_back(random() % (random() % 2 ? pins : pins / 10 + 1));
    lists.boards.push_back(random() % boards);
    lists.weights.push_back(static_cast<float>(random() % 100));
    lists.times.push_back(static_cast<int64_t>(random()) - 1'000'000);
  }
  return lists;
}

template <class T>
static bool equal(const Array<T>& actual, const std::vector<T>& expected) {
  return std::equal(actual.data(), actual.data() + actual.size(), expected.begin(), expected.end());
}

static void compare(uint32_t pins, uint32_t boards, size_t count, bool weighted, bool timed, Duplicates duplicates) {
  const Lists lists = random_lists(pins, pins, boards, count);
  struct Merged {
    double weight;
    int64_t time;
  };
  std::map<std::pair<PinId, BoardId>, Merged> merged;
  for (size_t i = 0; i < count; ++i) {
    const double weight = weighted ? lists.weights[i] : 1;
    const auto [entry, is_new] = merged.try_emplace({lists.pins[i], lists.boards[i]}, Merged{weight, lists.times[i]});
    if (is_new) continue;
    if (duplicates == Duplicates::sum) entry->second.weight += weight;
    entry->second.time = std::min(entry->second.time, lists.times[i]);
  }
  std::vector<uint64_t> pin_offsets(pins + 1, 0), board_offsets(boards + 1, 0);
  std::vector<uint32_t> pin_boards, board_pins;
  std::vector<float> pin_weights, board_weights;
  std::vector<int64_t> times;
  std::vector<std::pair<std::pair<BoardId, PinId>, float>> by_board;
  for (const auto& [edge, value] : merged) {
    ++pin_offsets[edge.first + 1], ++board_offsets[edge.second + 1];
    pin_boards.push_back(edge.second);
    pin_weights.push_back(static_cast<float>(value.weight));
    times.push_back(value.time);
    by_board.push_back({{edge.second, edge.first}, static_cast<float>(value.weight)});
  }
  std::sort(by_board.begin(), by_board.end());
  for (const auto& [edge, weight] : by_board) board_pins.push_back(edge.second), board_weights.push_back(weight);
  std::partial_sum(pin_offsets.begin(), pin_offsets.end(), pin_offsets.begin());
  std::partial_sum(board_offsets.begin(), board_offsets.end(), board_offsets.begin());
  const bool has_weights = weighted || duplicates == Duplicates::sum;
  if (!has_weights) pin_weights.clear(), board_weights.clear();
  if (!timed) times.clear();

  EdgeList edges{lists.pins, lists.boards, lists.weights, lists.times, weighted, timed};
  if (!weighted) edges.weights = {};
  for (const int threads : {1, 2, 5}) {
    const CsrArrays csr = build_csr(edges, pins, boards, duplicates, {.threads = threads});
    CHECK(equal(csr.pin_offsets, pin_offsets));
    CHECK(equal(csr.board_offsets, board_offsets));
    CHECK(equal(csr.pin_boards, pin_boards));
    CHECK(equal(csr.board_pins, board_pins));
    CHECK(equal(csr.pin_weights, pin_weights));
    CHECK(equal(csr.board_weights, board_weights));
    CHECK(equal(csr.times, times));
  }
}

TEST("CSR equals sorting") {
  for (const auto& [pins, boards, count] : {std::tuple{20'000u, 3'000u, size_t{150'000}},
                                            {3u, 40'000u, size_t{100'000}},
                                            {100'000u, 1u, size_t{70'000}},
                                            {1u, 1u, size_t{40'000}},
                                            {65'536u, 65'536u, size_t{66'000}},
                                            {5u, 5u, size_t{0}}}) {
    compare(pins, boards, count, false, false, Duplicates::merge);
    compare(pins, boards, count, true, true, Duplicates::merge);
    compare(pins, boards, count, false, true, Duplicates::sum);
    compare(pins, boards, count, true, false, Duplicates::sum);
  }
}

TEST("the first bad id is named") {
  std::vector<uint32_t> ids(3'000'000, 0);
  ids[2'500'000] = 7;
  ids[2'900'000] = 9;
  try {
    build_csr({ids, ids, {}, {}, false, false}, 7, 10, Duplicates::merge, {.threads = 2});
    CHECK(false);
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "edges.pins: element 2500000 is 7; allowed: below 7");
  }
}

TEST_MAIN()
