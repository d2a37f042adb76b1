// The tensor kernels against plain float64 loops, on sizes that leave every kind of remainder; meant to run under
// sanitizers too.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "check.hpp"
#include "pinsage/tensor/gemm.hpp"
#include "pinsage/tensor/layout.hpp"
#include "pinsage/tensor/losses.hpp"
#include "pinsage/tensor/reduce.hpp"
#include "pinsage/tensor/sparse.hpp"
#include "pinsage/tensor/top_k.hpp"
#include "random_numbers.hpp"

using namespace pinsage;
using namespace pinsage::tensor;
using test::generator;
using test::numbers;
using test::rows;

static bool near(double actual, double expected) {
  return std::abs(actual - expected) <= 1e-5 * std::max(1.0, std::abs(expected));
}

static void test_gemm(size_t m, size_t n, size_t k, bool transpose_a, bool transpose_b, int threads = 2) {
  const auto a = numbers(m * k), b = numbers(k * n);
  std::vector<float> c(m * n, NAN);
  Product product{.m = m, .n = n, .k = k, .transpose_a = transpose_a, .transpose_b = transpose_b};
  gemm(product, a.data(), b.data(), c.data(), {.threads = threads});
  // Half of each sum is there already.
  product.accumulate = true;
  for (float& value : c) value /= 2;
  std::vector<float> half(a);
  for (float& value : half) value /= 2;
  gemm(product, half.data(), b.data(), c.data(), {.threads = threads});
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (size_t l = 0; l < k; ++l) {
        sum += static_cast<double>(a[transpose_a ? l * m + i : i * k + l]) *
               static_cast<double>(b[transpose_b ? j * k + l : l * n + j]);
      }
      CHECK(std::abs(c[i * n + j] - sum) <= 1e-5 * std::max<double>(1, static_cast<double>(k) / 10));
    }
  }
}

/// The rounded operands' product, to what sums in float32 lose. Where there are no bf16 products this is an error.
static void test_bf16(size_t m, size_t n, size_t k, bool transpose_a, bool transpose_b, int threads) {
  const auto round = [](std::vector<float> values) {
    for (float& value : values) value = std::bit_cast<float>(std::bit_cast<uint32_t>(value) & 0xffff0000);
    return values;
  };
  const auto a = round(numbers(m * k)), b = round(numbers(k * n));
  std::vector<float> exact(m * n), actual(m * n, 1);
  Product product{.m = m, .n = n, .k = k, .transpose_a = transpose_a, .transpose_b = transpose_b};
  gemm(product, a.data(), b.data(), exact.data(), {.threads = 1});
  product.precision = Precision::bf16;
  for (const bool accumulate : {false, true}) {
    product.accumulate = accumulate;
    const std::string code =
        test::error_code([&] { gemm(product, a.data(), b.data(), actual.data(), {.threads = threads}); });
    if (!code.empty()) {
      CHECK(code == "MISSING_DEPENDENCY");
      return;
    }
    const float times = accumulate ? 2 : 1;
    for (size_t i = 0; i < actual.size(); ++i) {
      CHECK(std::abs(actual[i] - times * exact[i]) <= 1e-5 * std::max<double>(1, static_cast<double>(k) / 10));
    }
  }
}

static void test_sparse(size_t nodes, size_t slots, size_t width, size_t source_rows, int threads) {
  const auto x = numbers(source_rows * width), dy = numbers(nodes * width);
  const auto neighbors = rows(nodes * slots, source_rows);
  auto weights = numbers(nodes * slots);
  for (float& weight : weights) weight = std::max(weight, 0.0f);
  std::vector<double> forward(nodes * width), backward(source_rows * width);
  for (size_t u = 0; u < nodes; ++u) {
    double total = 0;
    for (size_t t = 0; t < slots; ++t) total += static_cast<double>(weights[u * slots + t]);
    for (size_t t = 0; t < slots && total > 0; ++t) {
      const double share = static_cast<double>(weights[u * slots + t]) / total;
      const auto v = static_cast<size_t>(neighbors[u * slots + t]);
      for (size_t j = 0; j < width; ++j) {
        forward[u * width + j] += share * static_cast<double>(x[v * width + j]);
        backward[v * width + j] += share * static_cast<double>(dy[u * width + j]);
      }
    }
  }
  const SparseMatrix matrix = shares(neighbors, weights, slots, source_rows);
  std::vector<float> y(forward.size(), NAN), dx(backward.size(), NAN);
  multiply(matrix, x, width, y, {.threads = threads});
  multiply(transpose(matrix), dy, width, dx, {.threads = threads});
  for (size_t i = 0; i < y.size(); ++i) CHECK(near(y[i], forward[i]));
  for (size_t i = 0; i < dx.size(); ++i) CHECK(near(dx[i], backward[i]));
}

static void test_reductions(size_t row_count, size_t columns) {
  const auto x = numbers(row_count * columns);
  std::vector<float> by_row(row_count), by_column(columns), most(row_count);
  sum_rows(x, columns, 2.0f, by_row, {.threads = 3});
  sum_columns(x, columns, 2.0f, by_column, {.threads = 3});
  reduce_rows(Reduction::max, x, columns, most, {.threads = 3});
  for (size_t i = 0; i < row_count; ++i) {
    double sum = 0, largest = -2;
    for (size_t j = 0; j < columns; ++j) {
      sum += 2 * static_cast<double>(x[i * columns + j]);
      largest = std::max(largest, static_cast<double>(x[i * columns + j]));
    }
    CHECK(near(by_row[i], sum));
    CHECK(static_cast<double>(most[i]) == largest);
  }
  for (size_t j = 0; j < columns; ++j) {
    double sum = 0, size = 0;
    for (size_t i = 0; i < row_count; ++i) {
      sum += 2 * static_cast<double>(x[i * columns + j]);
      size += 2 * std::abs(static_cast<double>(x[i * columns + j]));
    }
    CHECK(std::abs(static_cast<double>(by_column[j]) - sum) <= 2e-7 * size + 1e-7);
  }
}

/// direction.
static void test_losses(size_t row_count, size_t columns) {
  const auto scores = numbers(row_count * columns), positive = numbers(row_count);
  const auto labels = rows(row_count, columns);
  const std::vector<int32_t> pairs = {0, 0, 0, static_cast<int32_t>(columns - 1), 0, 0};
  const ScoreMask mask(pairs, row_count, columns);
  const Scores all = {.values = scores, .rows = row_count, .columns = columns};
  double cross_entropy = 0, hinge = 0;
  for (size_t i = 0; i < row_count; ++i) {
    double sum = 0;
    for (size_t j = 0; j < columns; ++j) {
      const bool masked = i == 0 && (j == 0 || j == columns - 1);
      const double score = static_cast<double>(scores[i * columns + j]);
      if (!masked || j == static_cast<size_t>(labels[i])) sum += std::exp(score);
      if (!masked) hinge += std::max(0.0, score - static_cast<double>(positive[i]) + 0.25);
    }
    cross_entropy += std::log(sum) - static_cast<double>(scores[i * columns + static_cast<size_t>(labels[i])]);
  }
  const size_t kept = row_count * columns - (columns > 1 ? 2 : 1);
  std::array<float, 1> loss;
  softmax_cross_entropy(all, labels, mask, loss, {.threads = 2});
  CHECK(near(loss[0], cross_entropy / static_cast<double>(row_count)));
  hinge_loss(all, positive, 0.25f, mask, loss, {.threads = 2});
  CHECK(near(loss[0], kept == 0 ? 0 : hinge / static_cast<double>(kept)));
}

/// A box of a tensor of this shape, its axes in this order, against one copy for each element.
static void test_copy_box(const std::vector<size_t>& shape, const std::vector<size_t>& order, int threads) {
  std::vector<size_t> strides(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  const auto from = numbers(shape[0] * strides[0]);
  std::vector<float> to(from.size(), NAN);
  std::vector<Axis> axes;
  size_t stride = 1;
  for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
    axes.push_back({shape[*axis], strides[*axis], stride});
    stride *= shape[*axis];
  }
  copy_box(from.data(), to.data(), axes, {.threads = threads});
  for (size_t i = 0; i < to.size(); ++i) {
    size_t rest = i, place = 0;
    for (const Axis& axis : axes) {
      place += rest % axis.size * axis.from;
      rest /= axis.size;
    }
    CHECK(to[i] == from[place]);
  }
}

static void test_top_k(size_t row_count, size_t columns, size_t k) {
  auto x = numbers(row_count * columns);
  for (size_t i = 0; i < x.size(); i += 3) x[i] = 0.5f;
  std::vector<float> values(row_count * k);
  std::vector<int32_t> indices(row_count * k);
  top_k(x, columns, k, values, indices, {.threads = 2});
  for (size_t row = 0; row < row_count; ++row) {
    const float* const from = x.data() + row * columns;
    std::vector<int32_t> expected(columns);
    for (size_t j = 0; j < columns; ++j) expected[j] = static_cast<int32_t>(j);
    std::stable_sort(expected.begin(), expected.end(), [&](int32_t a, int32_t b) { return from[a] > from[b]; });
    for (size_t i = 0; i < k; ++i) {
      CHECK(indices[row * k + i] == expected[i]);
      CHECK(values[row * k + i] == from[expected[i]]);
    }
  }
}

TEST("matrix products, all transposes") {
  for (const size_t size : {1u, 3u, 17u, 64u, 130u}) {
    for (const bool a : {false, true}) {
      for (const bool b : {false, true}) test_gemm(size, size + 5, size * 2 + 1, a, b);
    }
  }
  test_gemm(4, 3, 0, false, false);
  for (const int threads : {1, 2, 3, 7}) {
    test_gemm(40, 33, 3001, true, false, threads);                                // long sums, in parts
    for (const bool a : {false, true}) test_gemm(900, 50, 37, a, true, threads);  // a small bᵀ, turned first
  }
}

TEST("bf16 products: whole, by rows, by parts of the sums") {
  for (const int threads : {1, 2, 3}) {
    for (const bool a : {false, true}) {
      for (const bool b : {false, true}) test_bf16(33, 20, 50, a, b, threads);
    }
    for (const bool b : {false, true}) test_bf16(1300, 24, 40, false, b, threads);
    test_bf16(24, 40, 1300, true, false, threads);
    // Large enough that oneDNN copies operands, each thread to memory of its own.
    for (const bool b : {false, true}) test_bf16(3000, 512, 256, false, b, threads);
    test_bf16(256, 512, 8200, true, false, threads);
  }
}

TEST("shares and their transpose, at any number of threads") {
  for (const int threads : {1, 2, 5}) {
    test_sparse(40, 1, 1, 3, threads);
    test_sparse(300, 11, 67, 50, threads);
    test_sparse(5, 6, 64, 2000, threads);
  }
}

TEST("sums and maxima") {
  test_reductions(1, 100'003);
  test_reductions(301, 1);
  test_reductions(517, 130);
}

TEST("losses with a mask that repeats itself") {
  test_losses(1, 1);
  test_losses(9, 130);
}

TEST("boxes in any order of axes, at any number of threads") {
  for (const int threads : {1, 2, 5}) {
    test_copy_box({70'001}, {0}, threads);
    test_copy_box({1, 1}, {1, 0}, threads);
    test_copy_box({130, 77}, {1, 0}, threads);
    test_copy_box({13, 44, 35}, {0, 2, 1}, threads);
    test_copy_box({13, 44, 35}, {2, 0, 1}, threads);
    test_copy_box({44, 13, 350}, {1, 0, 2}, threads);
    test_copy_box({3, 4, 5, 6, 7}, {4, 2, 0, 3, 1}, threads);
  }
}

TEST("the largest of each row, the first of equal ones first") {
  test_top_k(1, 1, 1);
  test_top_k(40, 333, 7);
  test_top_k(3, 20'000, 20'000);
}

TEST("what is out of range is refused") {
  const std::vector<int32_t> far = {2};
  CHECK(pinsage::test::error_code([&] { selection(far, 2); }) == "INVALID_ARGUMENT");
  CHECK(pinsage::test::error_code([&] { ScoreMask(std::vector<int32_t>{0, 5}, 1, 5); }) == "INVALID_ARGUMENT");
  CHECK(pinsage::test::error_code([&] { bags(std::vector<int32_t>{0, 2}, far, numbers(1), 3); }) == "INVALID_ARGUMENT");
  CHECK(lenient_selection(far, 2).indices.empty());
}

TEST_MAIN()
