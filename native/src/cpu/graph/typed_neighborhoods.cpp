#include "pinsage/typed_neighborhoods.hpp"

#include <algorithm>
#include <bit>
#include <vector>

namespace pinsage {

namespace {

constexpr size_t rows_per_chunk = 256;

/// The neighbourhoods over the boards of one type.
struct TypeLists {
  uint32_t quota;
  Array<PinId> ids;
  Array<float> weights;
  std::vector<uint32_t> counts;

  TypeLists(uint32_t quota, size_t seeds) : quota(quota), ids(seeds * quota), weights(seeds * quota), counts(seeds) {}
  Neighborhoods view() { return {ids.span(), weights.span(), counts, quota}; }
};

/// New pins with their boards of one type.
class NewPinsOfType {
 public:
  NewPinsOfType(const NewPins& all, std::span<const BoardType> types, BoardType type) {
    if (all.count() == 0) return;
    offsets_.push_back(0);
    for (uint32_t i = 0; i < all.count(); ++i) {
      for (const BoardId board : all.boards.subspan(all.offsets[i], all.offsets[i + 1] - all.offsets[i])) {
        if (types[board] == type) boards_.push_back(board);
      }
      offsets_.push_back(static_cast<uint32_t>(boards_.size()));
    }
  }
  NewPins view() const { return {offsets_, boards_}; }

 private:
  std::vector<uint32_t> offsets_;
  std::vector<BoardId> boards_;
};

/// Where each pin of a row stands: a hash table with linear probing.
class Places {
 public:
  explicit Places(size_t width) : slots_(std::bit_ceil(2 * width)), shift_(64 - std::countr_zero(slots_.size())) {}

  void clear() { std::fill(slots_.begin(), slots_.end(), Slot{}); }

  /// The place of a pin; `next` for one that is new here.
  uint32_t of(PinId pin, uint32_t next) {
    for (size_t i = pin * uint64_t{0x9E3779B97F4A7C15} >> shift_;; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i].pin == pin) return slots_[i].place;
      if (slots_[i].pin != nothing) continue;
      slots_[i] = {pin, next};
      return next;
    }
  }

 private:
  struct Slot {
    PinId pin = nothing;
    uint32_t place = 0;
  };

  std::vector<Slot> slots_;
  int shift_;
};

/// Row i of all the lists as one.
void join(const std::vector<TypeLists>& lists, size_t i, PinId seed, Places& places, const Neighborhoods& out) {
  uint32_t quotas = 0;
  for (const TypeLists& list : lists) quotas += list.counts[i] > 0 ? list.quota : 0;
  PinId* ids = out.ids.data() + i * out.neighbors;
  float* weights = out.weights.data() + i * out.neighbors;
  std::fill_n(ids, out.neighbors, seed);
  std::fill_n(weights, out.neighbors, 0.0f);
  places.clear();
  uint32_t count = 0;
  for (const TypeLists& list : lists) {
    const float share = static_cast<float>(list.quota) / static_cast<float>(quotas);
    for (size_t t = i * list.quota; t < i * list.quota + list.counts[i]; ++t) {
      const uint32_t place = places.of(list.ids[t], count);
      count += place == count;
      ids[place] = list.ids[t];
      weights[place] += list.weights[t] * share;
    }
  }
  out.counts[i] = count;
}

}  // namespace

uint32_t walked_types(std::span<const uint32_t> quotas) {
  return static_cast<uint32_t>(std::count_if(quotas.begin(), quotas.end(), [](uint32_t quota) { return quota > 0; }));
}

void typed_neighborhoods(const Graph& graph, std::span<const PinId> seeds, std::span<const uint32_t> quotas,
                         const NewPins& new_pins, const Neighborhoods& out, const Execution& execution,
                         const SampleGraph& sample) {
  if (graph.board_types().size() != graph.boards()) invalid_argument("quotas", "need a graph whose boards have types");
  if (quotas.size() > 256) invalid_argument("quotas", "must be of at most 256 types");
  uint64_t width = 0;
  for (const uint32_t quota : quotas) width += quota;
  if (width != out.neighbors) invalid_argument("quotas", "must sum to the number of neighbours");
  std::vector<TypeLists> lists;
  for (size_t type = 0; type < quotas.size(); ++type) {
    if (quotas[type] == 0) continue;
    lists.emplace_back(quotas[type], seeds.size());
    const auto board_type = static_cast<BoardType>(type);
    const NewPinsOfType own(new_pins, graph.board_types(), board_type);
    sample(graph.of_type(board_type, execution), own.view(), lists.back().view());
  }
  parallel_for(execution, seeds.size(), rows_per_chunk, [&](size_t begin, size_t end, int) {
    Places places(out.neighbors);
    for (size_t i = begin; i < end; ++i) join(lists, i, seeds[i], places, out);
  });
}

}  // namespace pinsage
