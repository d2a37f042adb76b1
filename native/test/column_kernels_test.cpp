#include "cpu/graph/column_kernels.hpp"

#include <random>
#include <vector>

#include "check.hpp"
#include "cpu/graph/column_kernels_plain.hpp"
#include "cpu/graph/simd.hpp"
#include "each_target.hpp"
#include "pinsage/pagerank.hpp"
#include "random_graph.hpp"

using namespace pinsage;
using test::on_each_target;

static std::vector<Columns> random_columns(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<Columns> lines(count);
  for (Columns& line : lines) {
    for (float& value : line) value = uniform(random) * (random() % 2 ? 1 : 1e-7f);
  }
  return lines;
}

static Sums random_sums(uint32_t seed) {
  Sums sums;
  for (int c = 0; c < columns; ++c) sums[c] = random_columns(1, seed)[0][c];
  return sums;
}

static void test_sum_rows(bool weighted) {
  // A hundred boards for five thousand pins: rows of one pin, and rows of hundreds.
  const test::RandomGraph random(1, 5000, 100, 20'000, weighted);
  for (const Rows* rows : {&random.graph.pin_rows(), &random.graph.board_rows()}) {
    const std::vector<Columns> x = random_columns(rows->last_id() + 1, 2);
    const Array<double> scales = row_totals(*rows, {});
    for (const double* scale : {static_cast<const double*>(nullptr), scales.data()}) {
      std::vector<Columns> expected(rows->size() - 1);
      simd::plain::sum_rows(*rows, scale, 0.7, 1, rows->size(), x.data(), expected.data());
      for (uint32_t node = 1; node < rows->size(); ++node) {
        double sum = 0, size = 0;
        for (uint64_t edge = rows->offset(node), end = edge + rows->degree(node); edge < end; ++edge) {
          const double value = (weighted ? rows->csr().weights[edge] : 1.0) * x[rows->id(edge)][3];
          sum += value;
          size += std::abs(value);
        }
        const double factor = 0.7 * (scale == nullptr ? 1 : scale[node]);
        CHECK(std::abs(expected[node - 1][3] - factor * sum) <= 4e-7 * factor * size);
      }
      on_each_target([&] {
        std::vector<Columns> actual(expected.size());
        simd::sum_rows(*rows, scale, 0.7, 1, rows->size(), x.data(), actual.data());
        CHECK(actual == expected);
      });
    }
  }
}

TEST("sum_rows adds rows up, with the same bits everywhere") {
  test_sum_rows(false);
  test_sum_rows(true);
}

TEST("steps of conjugate gradients have the same bits everywhere") {
  const size_t count = 77;
  const std::vector<Columns> x = random_columns(count, 1), y = random_columns(count, 2), z = random_columns(count, 3);
  const Sums step = random_sums(4), ratio = random_sums(5);
  std::vector<double> measure(count);
  for (size_t i = 0; i < count; ++i) measure[i] = 0.3 + static_cast<double>(i);

  std::vector<Columns> image = y, residual = x, solution = x, direction = y;
  Sums products = step, squares = step, sizes = ratio;
  simd::plain::apply(x.data(), image.data(), 0.85, measure.data(), count, products);
  simd::plain::descend(residual.data(), y.data(), step, measure.data(), count, squares, sizes);
  simd::plain::advance(solution.data(), direction.data(), z.data(), step, ratio, count);
  on_each_target([&] {
    std::vector<Columns> own_image = y, own_residual = x, own_solution = x, own_direction = y;
    Sums own_products = step, own_squares = step, own_sizes = ratio;
    simd::apply(x.data(), own_image.data(), 0.85, measure.data(), count, own_products);
    simd::descend(own_residual.data(), y.data(), step, measure.data(), count, own_squares, own_sizes);
    simd::advance(own_solution.data(), own_direction.data(), z.data(), step, ratio, count);
    CHECK(own_image == image && own_products == products);
    CHECK(own_residual == residual && own_squares == squares && own_sizes == sizes);
    CHECK(own_solution == solution && own_direction == direction);
  });
}

TEST("PageRank has the same bits everywhere") {
  for (const bool weighted : {false, true}) {
    const test::RandomGraph random(3, 3000, 1500, 12'000, weighted);
    const std::vector<PinId> queries = {0, 1, 17, 400, 2999};
    std::vector<float> expected;
    on_each_target([&] {
      for (const int threads : {1, 3}) {
        std::vector<float> scores(queries.size() * random.graph.pins());
        page_rank(random.graph, queries, {}, scores, {.threads = threads});
        if (expected.empty()) expected = scores;
        CHECK(scores == expected);
      }
    });
  }
}

TEST_MAIN()
