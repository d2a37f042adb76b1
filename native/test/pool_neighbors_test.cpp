#include "pinsage/pool_neighbors.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "check.hpp"
#include "random_numbers.hpp"

using namespace pinsage;

namespace {

/// Rows of several chunks, pins of several strips.
constexpr size_t width = 4096, row_count = 5000, pin_count = 300, neighbors = 7;

struct Input {
  std::vector<float> rows = test::numbers(row_count * width);
  std::vector<PinId> ids;
  std::vector<float> weights = test::numbers(pin_count * neighbors);

  Input() {
    for (const int32_t row : test::rows(weights.size(), row_count)) ids.push_back(static_cast<PinId>(row));
    for (size_t i = 0; i < weights.size(); ++i) {
      // Pin 5 has no neighbours, and others have fewer than there is room for.
      const bool padding = i / neighbors == 5 || i % 11 == 0;
      weights[i] = padding ? 0 : 0.1f + std::abs(weights[i]);
    }
  }

  std::vector<float> pool(Aggregator aggregator, RowAccess access, int threads) const {
    std::vector<float> out(pin_count * width, NAN);
    pool_neighbors(rows, width, {ids, weights, neighbors}, aggregator, access, out, {.threads = threads});
    return out;
  }
};

double expected(const Input& input, Aggregator aggregator, size_t pin, size_t column) {
  double sum = 0, total = 0, most = 0;
  for (size_t t = pin * neighbors; t < (pin + 1) * neighbors; ++t) {
    if (input.weights[t] == 0) continue;
    const double x = input.rows[input.ids[t] * width + column];
    const double weight = aggregator == Aggregator::importance ? input.weights[t] : 1;
    most = total == 0 ? x : std::max(most, x);
    sum += weight * x;
    total += weight;
  }
  return total == 0 ? 0 : aggregator == Aggregator::max ? most : sum / total;
}

}  // namespace

TEST("neighbours are pooled as the definition says, the same with either access and any number of threads") {
  const Input input;
  for (const Aggregator aggregator : {Aggregator::importance, Aggregator::mean, Aggregator::max}) {
    const std::vector<float> pooled = input.pool(aggregator, RowAccess::look_up, 1);
    double worst = 0;
    for (size_t pin = 0; pin < pin_count; ++pin) {
      for (size_t column = 0; column < width; column += 97) {
        const double difference = pooled[pin * width + column] - expected(input, aggregator, pin, column);
        worst = std::fmax(worst, std::isnan(difference) ? INFINITY : std::abs(difference));
      }
    }
    CHECK(worst < 1e-6);
    CHECK(pooled == input.pool(aggregator, RowAccess::look_up, 3));
    CHECK(pooled == input.pool(aggregator, RowAccess::stream, 1));
    CHECK(pooled == input.pool(aggregator, RowAccess::stream, 3));
  }
}

TEST("a neighbour without a row is refused") {
  Input input;
  input.ids[20] = row_count;
  CHECK(test::error_code([&] { input.pool(Aggregator::mean, RowAccess::look_up, 2); }) == "INVALID_ARGUMENT");
}

TEST_MAIN()
