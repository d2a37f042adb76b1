// Two hops, implicit ALS and least squares on shapes that leave every kind of remainder; meant to run under sanitizers.
#include <algorithm>
#include <cmath>
#include <random>

#include "check.hpp"
#include "pinsage/gram.hpp"
#include "pinsage/implicit_als.hpp"
#include "pinsage/two_hop.hpp"
#include "random_graph.hpp"

using namespace pinsage;
using test::RandomGraph;

namespace {

std::vector<float> random_numbers(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> numbers(count);
  for (float& number : numbers) number = uniform(random);
  return numbers;
}

bool near(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance;
}

/// Rows of a few entries each, of which some share a column.
struct RandomRows {
  RandomRows(size_t rows, size_t width, uint32_t seed) : width(width) {
    std::mt19937 random(seed);
    offsets.push_back(0);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = random() % 4; i > 0; --i) columns.push_back(static_cast<int32_t>(random() % width));
      offsets.push_back(static_cast<int32_t>(columns.size()));
    }
    values = random_numbers(columns.size(), seed + 1);
  }

  SparseRows view() const { return {offsets, columns, values, width}; }

  /// Xᵀ X w + ridge w
  std::vector<double> times(const float* w, double ridge) const {
    std::vector<double> result(width);
    for (size_t column = 0; column < width; ++column) result[column] = ridge * w[column];
    for (size_t row = 0; row + 1 < offsets.size(); ++row) {
      double product = 0;
      for (int32_t i = offsets[row]; i < offsets[row + 1]; ++i) product += double{values[i]} * w[columns[i]];
      for (int32_t i = offsets[row]; i < offsets[row + 1]; ++i) result[columns[i]] += values[i] * product;
    }
    return result;
  }

  std::vector<int32_t> offsets, columns;
  std::vector<float> values;
  size_t width;
};

}  // namespace

TEST("two hops add up over boards, whatever the threads") {
  const RandomGraph example(1, 90, 17, 400, false);
  const Graph& graph = example.graph;
  const auto u = random_numbers(graph.pins(), 2), w = random_numbers(graph.boards(), 3),
             v = random_numbers(graph.pins(), 4);
  const std::vector<uint32_t> offsets{0, 2, 2, 6}, ids{1, 5, 80, 2, 2, 89};
  std::vector<float> scores(3 * graph.pins());
  two_hop_scores(graph, {offsets, ids}, {u, w, v}, scores, {1});
  std::vector<float> expected(scores.size());
  for (size_t query = 0; query < 3; ++query) {
    for (uint32_t i = offsets[query]; i < offsets[query + 1]; ++i) {
      const Row boards = graph.pin_rows().row(ids[i]);
      for (uint32_t b = 0; b < boards.degree; ++b) {
        const Row pins = graph.board_rows().row(boards.ids[b]);
        for (uint32_t p = 0; p < pins.degree; ++p) {
          expected[query * graph.pins() + pins.ids[p]] += v[pins.ids[p]] * w[boards.ids[b]] * u[ids[i]];
        }
      }
    }
  }
  for (size_t i = 0; i < scores.size(); ++i) CHECK(near(scores[i], expected[i], 1e-5));
  std::vector<float> again(scores.size());
  two_hop_scores(graph, {offsets, ids}, {u, w, v}, again, {3});
  CHECK(again == scores);
}

TEST("implicit ALS comes to rest where its equations hold, whatever the threads") {
  const RandomGraph example(5, 300, 40, 1500, false);
  const Graph& graph = example.graph;
  const AlsOptions options{7, 30, 8, 4, 0.5f, 9};
  std::vector<float> pins(graph.pins() * 7), again(pins.size());
  implicit_als(graph, options, pins, {1});
  implicit_als(graph, options, again, {3});
  CHECK(again == pins);
  // A board folded in has (Yᵀ Y + λ I + c Σ y yᵀ) x = (1 + c) Σ y.
  const Row members = graph.board_rows().row(3);
  const std::vector<uint32_t> offsets{0, members.degree}, ids(members.ids, members.ids + members.degree);
  std::vector<float> x(7);
  als_fold_in(pins, {offsets, ids}, {7, 1, 40, 4, 0.5f, 0}, x, {2});
  std::vector<double> left(7), right(7);
  for (size_t i = 0; i < 7; ++i) left[i] = 0.5 * x[i];
  for (PinId pin = 0; pin < graph.pins(); ++pin) {
    const bool held = std::find(ids.begin(), ids.end(), pin) != ids.end();
    double product = 0;
    for (size_t i = 0; i < 7; ++i) product += double{pins[pin * 7 + i]} * x[i];
    for (size_t i = 0; i < 7; ++i) {
      left[i] += (held ? 5 : 1) * product * pins[pin * 7 + i];
      if (held) right[i] += 5.0 * pins[pin * 7 + i];
    }
  }
  for (size_t i = 0; i < 7; ++i) CHECK(near(left[i], right[i], 1e-3));
  CHECK(test::error_code([&] { implicit_als(graph, {0}, pins, {}); }) == "INVALID_ARGUMENT");
}

TEST("a Gram matrix is solved over any number of columns, whatever the threads") {
  for (const size_t width : {1ul, 5ul, 256ul, 257ul, 530ul}) {
    const RandomRows x(width + 20, width, static_cast<uint32_t>(width));
    const Array<float> factor = gram_factor(x.view(), 0.5f, {2});
    const auto rows = random_numbers(70 * width, 6);
    std::vector<float> solved = rows, again = rows;
    gram_solve(factor.span(), width, solved, {1});
    gram_solve(gram_factor(x.view(), 0.5f, {3}).span(), width, again, {3});
    CHECK(again == solved);
    for (const size_t row : {0ul, 33ul, 69ul}) {
      const std::vector<double> back = x.times(solved.data() + row * width, 0.5);
      for (size_t i = 0; i < width; ++i) CHECK(near(back[i], rows[row * width + i], 1e-3));
    }
    std::vector<float> diagonal(width), unit(width);
    gram_inverse_diagonal(factor.span(), width, diagonal, {2});
    unit[width / 2] = 1;
    gram_solve(factor.span(), width, unit, {1});
    CHECK(near(diagonal[width / 2], unit[width / 2], 1e-4));
  }
}

TEST("a Gram matrix that is no number is refused") {
  RandomRows x(30, 10, 1);
  x.values[3] = NAN;
  CHECK(test::error_code([&] { gram_factor(x.view(), 1, {}); }) == "NOT_FINITE");
}

TEST_MAIN()
