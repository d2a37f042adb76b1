#include "pinsage/board_bags.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/graph/row_numbers.hpp"

namespace pinsage {

namespace {

constexpr size_t pins_per_chunk = 1024;

/// Calls visit(board) for every board of the pin that is not held out or too late.
template <class Visit>
void for_each_board(const Graph& graph, const NewPins& new_pins, const BoardBagOptions& options, PinId pin,
                    Visit visit) {
  const auto offer = [&](BoardId board) {
    if (options.folds == 0 || edge_fold(pin, board, options.folds) != options.fold) visit(board);
  };
  const Rows& rows = graph.pin_rows();
  const auto in_time = [&](uint64_t edge) { return !options.before || rows.csr().times[edge] < *options.before; };
  if (pin < graph.pins()) {
    const uint64_t begin = rows.offset(pin), end = begin + rows.degree(pin);
    for (uint64_t edge = begin; edge < end; ++edge) {
      if (in_time(edge)) offer(rows.id(edge));
    }
  } else {
    const uint32_t row = pin - graph.pins();
    for (uint32_t i = new_pins.offsets[row]; i < new_pins.offsets[row + 1]; ++i) offer(new_pins.boards[i]);
  }
}

void scale_to_length_1(std::span<float> weights) {
  double squares = 0;
  for (const float weight : weights) squares += double{weight} * weight;
  if (squares == 0) return;
  const auto scale = static_cast<float>(1 / std::sqrt(squares));
  for (float& weight : weights) weight *= scale;
}

}  // namespace

BoardBags make_board_bags(const Graph& graph, std::span<const PinId> pins, const BoardBagOptions& options,
                          const NewPins& new_pins, std::span<const FeatureSource> sources, const Execution& execution) {
  new_pins.check(graph);
  check_pins(pins, uint64_t{graph.pins()} + new_pins.count(), "pins");
  if (options.weights.size() != graph.boards()) invalid_argument("weights", "must have one for each board");
  if (options.before && !graph.timed()) invalid_argument("before", "needs a graph whose edges have times");
  BoardBags bags;
  std::vector<uint64_t> ends(pins.size() + 1);
  parallel_for(execution, pins.size(), pins_per_chunk, [&](size_t begin, size_t end, int) {
    for (size_t i = begin; i < end; ++i) {
      for_each_board(graph, new_pins, options, pins[i], [&](BoardId) { ++ends[i + 1]; });
    }
  });
  for (size_t i = 0; i < pins.size(); ++i) ends[i + 1] += ends[i];
  if (ends.back() > INT32_MAX) invalid_argument("pins", "have more than 2^31 - 1 boards in all");

  bags.offsets = Array<int32_t>(ends.size());
  std::copy(ends.begin(), ends.end(), bags.offsets.begin());
  bags.rows = Array<int32_t>(ends.back());
  bags.weights = Array<float>(ends.back());
  // The boards' ids are written where their rows will be. A graph's ids lie in memory that JavaScript can write to:
  // what is read now need not be what was counted, so that a pin gets no more room than it had then.
  const std::span ids(reinterpret_cast<uint32_t*>(bags.rows.data()), bags.rows.size());
  parallel_for(execution, pins.size(), pins_per_chunk, [&](size_t begin, size_t end, int) {
    for (size_t i = begin; i < end; ++i) {
      uint64_t to = ends[i];
      for_each_board(graph, new_pins, options, pins[i], [&](BoardId board) {
        if (to == ends[i + 1]) return;
        ids[to] = board;
        bags.weights[to++] = options.weights[board];
      });
      for (; to < ends[i + 1]; ++to) ids[to] = 0, bags.weights[to] = 0;
      scale_to_length_1(bags.weights.span().subspan(ends[i], ends[i + 1] - ends[i]));
    }
  });

  RowNumbers numbers;
  numbers.number(ids);
  bags.boards = Array<BoardId>(numbers.pins().size());
  std::copy(numbers.pins().begin(), numbers.pins().end(), bags.boards.begin());
  for (const FeatureSource& source : sources) {
    bags.features.push_back(gather_feature(source, bags.boards.span(), graph.boards(), execution));
  }
  return bags;
}

}  // namespace pinsage
