// The tensor kernels on a GPU, or on the host that emulates one, against the CPU's, on sizes that leave every kind of
// remainder.
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "check.hpp"
#include "cuda_each_order.hpp"
#include "pinsage/cuda/gather.hpp"
#include "pinsage/cuda/tensor.hpp"
#include "pinsage/tensor/linear.hpp"
#include "pinsage/tensor/max_pool.hpp"
#include "pinsage/tensor/normalize.hpp"
#include "pinsage/tensor/softmax.hpp"
#include "random_numbers.hpp"

using namespace pinsage;
using namespace pinsage::tensor;
using test::generator;
using test::numbers;
using test::rows;
using Numbers = std::vector<float>;

/// Numbers on the device, one for each array of a case.
class OnDevice {
 public:
  OnDevice(Queue& queue, const Numbers& values)
      : queue_(queue), size_(values.size()), data_(static_cast<float*>(queue.allocate(size_ * sizeof(float) + 4))) {
    queue.upload(values.data(), data_, size_ * sizeof(float));
  }
  OnDevice(const OnDevice&) = delete;
  ~OnDevice() { queue_.free(data_); }

  operator DeviceSpan<float>() const { return {data_, size_}; }
  operator DeviceSpan<const float>() const { return {data_, size_}; }
  Numbers read() const {
    Numbers values(size_);
    queue_.download(data_, values.data(), size_ * sizeof(float));
    return values;
  }

 private:
  Queue& queue_;
  size_t size_;
  float* data_;
};

/// Equal but for the rounding of sums: NaN to NaN, infinity to infinity.
static bool equal(const Numbers& actual, const Numbers& expected, double tolerance) {
  for (size_t i = 0; i < expected.size(); ++i) {
    const double a = static_cast<double>(actual[i]), b = static_cast<double>(expected[i]);
    if (std::isnan(b) ? !std::isnan(a) : !(a == b || std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b)))) {
      std::printf("element %zu is %g, not %g\n", i, a, b);
      return false;
    }
  }
  return actual.size() == expected.size();
}

/// Runs cpu(y) on numbers, and device(y, queue) on numbers there, which then are the same.
template <class Cpu, class Device>
static void same(size_t size, Cpu&& cpu, Device&& device, double tolerance = 1e-5) {
  const Numbers start = numbers(size);
  Numbers expected = start;
  cpu(std::span(expected));
  test::in_each_order([&] {
    Queue queue;
    const OnDevice y(queue, start);
    device(DeviceSpan<float>(y), queue);
    CHECK(equal(y.read(), expected, tolerance));
  });
}

constexpr std::array<std::pair<size_t, size_t>, 9> shapes = {
    {{0, 3}, {1, 1}, {5, 1}, {7, 3}, {130, 32}, {33, 250}, {2, 512}, {3, 1000}, {200, 129}}};

/// Integers from -8 to 8, whose sums are exact in any order.
static Numbers integers(size_t count) {
  Numbers values(count);
  for (float& value : values) value = static_cast<float>(generator() % 17) - 8;
  return values;
}

/// Values at which functions are special, among others.
static Numbers special_numbers(size_t count) {
  Numbers values = numbers(count);
  const std::array<float, 7> special = {
      0, -0.0f, 1, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), NAN, 90};
  for (size_t i = 0; i < count; i += 3) values[i] = special[i / 3 % special.size()];
  return values;
}

TEST("functions of elements, whatever the layout of the second operand") {
  for (const auto& [row_count, width] : shapes) {
    const size_t size = row_count * width;
    const Numbers x = special_numbers(size);
    for (size_t i = 0; i < unary_operations; ++i) {
      const auto operation = static_cast<Unary>(i);
      same(
          size, [&](auto y) { unary(operation, x, y, {}); },
          [&](auto y, Queue& queue) { unary(operation, OnDevice(queue, x), y, queue); });
    }
    const std::array<size_t, 4> lengths = {size, 1, width, row_count};
    for (size_t i = 0; i < 8 * binary_operations; ++i) {
      const auto operation = static_cast<Binary>(i / 8);
      const auto broadcast = static_cast<Broadcast>(i / 2 % 4);
      const bool swapped = i % 2 == 1;
      const Numbers other = special_numbers(lengths[i / 2 % 4]);
      same(
          size, [&](auto y) { binary(operation, x, other, broadcast, width, swapped, y, {}); },
          [&](auto y, Queue& queue) {
            binary(operation, OnDevice(queue, x), OnDevice(queue, other), broadcast, width, swapped, y, queue);
          });
    }
    same(
        size, [](auto y) { fill(y, 2.5f, {}); }, [](auto y, Queue& queue) { fill(y, 2.5f, queue); });
    const Numbers second = numbers(size);
    same(
        size,
        [&](auto y) {
          const std::array<std::span<const float>, 3> terms = {x, second, x};
          add_all(terms, y, {});
        },
        [&](auto y, Queue& queue) {
          const OnDevice a(queue, x), b(queue, second);
          const std::array<DeviceSpan<const float>, 3> terms = {a, b, a};
          add_all(terms, y, queue);
        });
  }
}

TEST("products and what follows them") {
  for (const auto& [m, n, k] : {std::array<size_t, 3>{0, 3, 2}, {1, 1, 1}, {5, 7, 3}, {64, 33, 129}, {3, 4, 0}}) {
    for (int i = 0; i < 8; ++i) {
      const Product product{
          .m = m, .n = n, .k = k, .transpose_a = (i & 1) != 0, .transpose_b = (i & 2) != 0, .accumulate = (i & 4) != 0};
      const Numbers a = numbers(m * k), b = numbers(k * n);
      same(
          m * n, [&, &p = product](auto c) { gemm(p, a.data(), b.data(), c.data(), {}); },
          [&, &p = product](auto c, Queue& queue) { gemm(p, OnDevice(queue, a), OnDevice(queue, b), c, queue); });
    }
  }
  for (const auto& [row_count, width] : shapes) {
    const size_t size = row_count * width, columns = width;
    const Numbers bias = special_numbers(width), dy = special_numbers(size), out = special_numbers(size);
    for (const bool relu : {false, true}) {
      same(
          size, [&](auto y) { add_bias(y, columns, bias, relu, {}); },
          [&](auto y, Queue& queue) { add_bias(y, columns, OnDevice(queue, bias), relu, queue); });
      same(
          size, [&](auto y) { add_bias(y, columns, {}, relu, {}); },
          [&](auto y, Queue& queue) { add_bias(y, columns, {}, relu, queue); });
    }
    same(
        size, [&](auto dz) { relu_gradient(dy, out, columns, dz, {}, {}); },
        [&](auto dz, Queue& queue) {
          relu_gradient(OnDevice(queue, dy), OnDevice(queue, out), columns, dz, {}, queue);
        });
    same(
        width,
        [&](auto db) {
          Numbers dz(size);
          relu_gradient(dy, out, columns, dz, db, {});
        },
        [&](auto db, Queue& queue) {
          const OnDevice dz(queue, dy);
          relu_gradient(dz, OnDevice(queue, out), columns, dz, db, queue);
        });
  }
}

TEST("reductions") {
  for (const auto& [row_count, width] : shapes) {
    const size_t size = row_count * width, columns = width;
    for (const Numbers& x : {numbers(size), special_numbers(size)}) {
      for (size_t i = 0; i < reductions; ++i) {
        const auto reduction = static_cast<Reduction>(i);
        same(
            row_count, [&](auto y) { reduce_rows(reduction, x, columns, y, {}); },
            [&](auto y, Queue& queue) { reduce_rows(reduction, OnDevice(queue, x), columns, y, queue); });
      }
      same(
          row_count, [&](auto y) { sum_rows(x, columns, 0.5f, y, {}); },
          [&](auto y, Queue& queue) { sum_rows(OnDevice(queue, x), columns, 0.5f, y, queue); });
      same(
          width, [&](auto y) { sum_columns(x, columns, 0.5f, y, {}); },
          [&](auto y, Queue& queue) { sum_columns(OnDevice(queue, x), columns, 0.5f, y, queue); });
    }
  }
  // Sums of parts of parts.
  const Numbers tall = numbers(5000 * 3), large = numbers(200'001);
  same(
      1, [&](auto y) { sum_rows(large, large.size(), 0.5f, y, {}); },
      [&](auto y, Queue& queue) { sum_rows(OnDevice(queue, large), large.size(), 0.5f, y, queue); });
  // A mean that is a number though the sum is none.
  const Numbers huge(6, 3e38f);
  same(
      2, [&](auto y) { sum_rows(huge, 3, 0.25f, y, {}); },
      [&](auto y, Queue& queue) { sum_rows(OnDevice(queue, huge), 3, 0.25f, y, queue); });
  same(
      3, [&](auto y) { sum_columns(tall, 3, 1, y, {}); },
      [&](auto y, Queue& queue) { sum_columns(OnDevice(queue, tall), 3, 1, y, queue); });
  const std::array<std::span<const float>, 3> arrays = {tall, std::span<const float>(), large};
  const double expected = sum_of_squares(arrays, {});
  test::in_each_order([&] {
    Queue queue;
    const OnDevice a(queue, tall), b(queue, {}), c(queue, large);
    const std::array<DeviceSpan<const float>, 3> on_device = {a, b, c};
    CHECK(std::abs(sum_of_squares(on_device, queue) - expected) < 1e-6 * expected);
  });
}

TEST("boxes of elements") {
  const Numbers from = numbers(3000);
  const auto test = [&](const std::vector<Axis>& axes, size_t size) {
    same(
        size, [&](auto to) { copy_box(from.data() + 7, to.data() + 2, axes, {}); },
        [&](auto to, Queue& queue) {
          const OnDevice x(queue, from);
          copy_box(DeviceSpan<const float>(x).subspan(7, from.size() - 7), to.subspan(2, size - 2), axes, queue);
        },
        0);
  };
  test({{100, 1, 1}}, 200);
  test({{10, 20, 1}, {20, 1, 10}}, 300);
  test({{4, 100, 1}, {5, 20, 4}, {6, 2, 20}}, 200);
  test({{3, 60, 7}, {7, 1, 1}}, 50);
  test({{50, 1, 59}, {59, 50, 1}}, 3000);
  test({}, 3);
  test({{5, 1, 1}, {0, 5, 5}}, 10);
  test({{1, 999, 999}, {2, 64, 64}, {2, 32, 32}, {2, 16, 16}, {2, 8, 8}, {2, 4, 1}, {4, 1, 2}}, 200);
  std::vector<Axis> reversed;
  for (size_t i = 0; i < 9; ++i) reversed.push_back({2, size_t{1} << i, size_t{256} >> i});
  Queue queue;
  const OnDevice x(queue, from), to(queue, from);
  CHECK(test::error_code([&] { copy_box(x, to, reversed, queue); }) == "UNSUPPORTED");
}

TEST("rows: softmax and directions") {
  for (const auto& [row_count, width] : shapes) {
    const size_t size = row_count * width, columns = width;
    Numbers plain = numbers(size);
    std::fill_n(plain.begin(), std::min(size, width), 0.0f);
    const Numbers dy = numbers(size);
    for (const Numbers& x : {plain, special_numbers(size)}) {
      same(
          size, [&](auto y) { softmax(x, columns, y, {}); },
          [&](auto y, Queue& queue) { softmax(OnDevice(queue, x), columns, y, queue); });
      same(
          size, [&](auto y) { l2_normalize(x, columns, y, {}); },
          [&](auto y, Queue& queue) { l2_normalize(OnDevice(queue, x), columns, y, queue); });
      same(
          size, [&](auto dx) { l2_normalize_gradient(x, dy, columns, dx, {}); },
          [&](auto dx, Queue& queue) {
            l2_normalize_gradient(OnDevice(queue, x), OnDevice(queue, dy), columns, dx, queue);
          });
    }
  }
}

TEST("sparse products, also with rows that have thousands of entries") {
  for (const size_t width : {1, 3, 4, 32, 250}) {
    // Every third entry is in column 0: a row of 2,000 entries of the transpose.
    std::vector<int32_t> neighbors = rows(6000, 500);
    for (size_t i = 0; i < neighbors.size(); i += 3) neighbors[i] = 0;
    Numbers weights = numbers(6000);
    for (float& weight : weights) weight = std::max(weight, 0.0f);
    const SparseMatrix pool = shares(neighbors, weights, 20, 500), lookup = selection(neighbors, 500);
    for (const SparseMatrix& matrix : {pool, transpose(pool), lookup, transpose(lookup)}) {
      const Numbers x = numbers(matrix.columns * width), t = numbers(matrix.rows() * width);
      same(
          matrix.rows() * width, [&](auto y) { multiply(matrix, x, width, y, {}); },
          [&](auto y, Queue& queue) { multiply(matrix, OnDevice(queue, x), width, y, queue); }, 1e-4);
      same(
          width,
          [&](auto db) {
            Numbers dz(t.size());
            multiply_before_relu(matrix, x, width, t, dz, db, {});
          },
          [&](auto db, Queue& queue) {
            const OnDevice dz(queue, t);
            multiply_before_relu(matrix, OnDevice(queue, x), width, OnDevice(queue, t), dz, db, queue);
          },
          1e-4);
    }
  }
}

TEST("sparse products: rows at the limit of what one thread sums, 10,000 entries, none") {
  const std::vector<int32_t> offsets = {0, 0, 256, 513, 1025, 1026, 11026, 11026}, entries = rows(11026, 40);
  const SparseMatrix bag = bags(offsets, entries, integers(entries.size()), 40);
  for (const SparseMatrix& matrix : {bag, transpose(bag), selection({}, 40), transpose(selection({}, 40))}) {
    for (const size_t width : {1, 3, 32, 512, 1000}) {
      const Numbers x = integers(matrix.columns * width);
      same(
          matrix.rows() * width, [&](auto y) { multiply(matrix, x, width, y, {}); },
          [&](auto y, Queue& queue) { multiply(matrix, OnDevice(queue, x), width, y, queue); }, 0);
    }
  }
}

TEST("sparse products of what does not lie at a multiple of 16 bytes") {
  const SparseMatrix matrix = selection(rows(30, 20), 20);
  const Numbers x = numbers(20 * 4 + 1);
  for (const size_t from : {0, 1}) {
    for (const size_t to : {0, 1}) {
      same(
          30 * 4 + 1, [&](auto y) { multiply(matrix, std::span(x).subspan(from), 4, y.subspan(to, 120), {}); },
          [&](auto y, Queue& queue) {
            const OnDevice own(queue, x);
            multiply(matrix, DeviceSpan<const float>(own).subspan(from, 80), 4, y.subspan(to, 120), queue);
          },
          0);
    }
  }
}

TEST("features are the CPU's, bit for bit") {
  constexpr size_t pins = 50;
  const Numbers f32 = special_numbers(pins * 5), scales = numbers(pins);
  std::vector<uint16_t> f16(pins * 5);
  std::vector<int8_t> i8(pins * 5);
  for (uint16_t& half : f16) half = static_cast<uint16_t>(generator());
  for (int8_t& value : i8) value = static_cast<int8_t>(generator());
  std::vector<PinId> wanted = {49, 0, 0, 63, 50};
  for (int i = 0; i < 300; ++i) wanted.push_back(generator() % 50);
  const std::span<const float> no_scale, one_scale(scales.data(), 1);
  const std::vector<DenseSource> sources = {{f32, 5, no_scale},
                                            {std::span<const uint16_t>(f16), 5, no_scale},
                                            {std::span<const int8_t>(i8), 5, one_scale},
                                            {std::span<const int8_t>(i8), 5, scales}};
  for (const DenseSource& source : sources) {
    same(
        wanted.size() * 5, [&](auto out) { gather_rows(source, wanted, pins, out, {}); },
        [&](auto out, Queue& queue) { cuda::FeatureTable(source).gather_rows(wanted, pins, out, queue); }, 0);
  }
  Queue queue;
  const OnDevice out(queue, Numbers(wanted.size() * 5)), small(queue, Numbers(5));
  const cuda::FeatureTable table(sources[0]);
  CHECK(test::error_code([&] { table.gather_rows(wanted, 64, out, queue); }) == "INVALID_ARGUMENT");
  CHECK(test::error_code([&] { table.gather_rows(wanted, pins, small, queue); }) == "INVALID_ARGUMENT");
  CHECK(test::error_code([&] {
          cuda::FeatureTable({std::span<const int8_t>(i8), 5, std::span(scales).first(7)});
        }) == "INVALID_ARGUMENT");
}

TEST("max pooling") {
  const std::vector<int32_t> neighbors = rows(300, 40);
  Numbers weights = numbers(300);
  for (size_t i = 0; i < 30; ++i) weights[i] = -1;
  for (const size_t width : {1, 7, 64}) {
    // Few values, so that neighbours are equal.
    Numbers h(40 * width);
    for (float& value : h) value = static_cast<float>(generator() % 4) - 2;
    for (size_t i = 0; i < h.size(); i += 11) h[i] = i % 2 == 0 ? NAN : -std::numeric_limits<float>::infinity();
    const Numbers dy = numbers(30 * width);
    const MaxPool pool{h, width, neighbors, weights, 10};
    same(
        30 * width, [&](auto y) { max_pool(pool, y, {}); },
        [&](auto y, Queue& queue) {
          const OnDevice on_device(queue, h);
          max_pool(DeviceMaxPool{on_device, width, neighbors, weights, 10}, y, queue);
        },
        0);
    same(
        40 * width, [&](auto dh) { max_pool_gradient(pool, dy, dh, {}); },
        [&](auto dh, Queue& queue) {
          const OnDevice on_device(queue, h);
          max_pool_gradient(DeviceMaxPool{on_device, width, neighbors, weights, 10}, OnDevice(queue, dy), dh, queue);
        },
        0);
    const MaxPool nobody{h, width, {}, {}, 0};
    same(
        30 * width, [&](auto y) { max_pool(nobody, y, {}); },
        [&](auto y, Queue& queue) {
          const OnDevice on_device(queue, h);
          max_pool(DeviceMaxPool{on_device, width, {}, {}, 0}, y, queue);
        },
        0);
    same(
        40 * width, [&](auto dh) { max_pool_gradient(nobody, dy, dh, {}); },
        [&](auto dh, Queue& queue) {
          const OnDevice on_device(queue, h);
          max_pool_gradient(DeviceMaxPool{on_device, width, {}, {}, 0}, OnDevice(queue, dy), dh, queue);
        },
        0);
    Queue queue;
    const OnDevice short_h(queue, Numbers(2 * width)), y(queue, dy);
    CHECK(test::error_code([&] {
            max_pool(DeviceMaxPool{short_h, width, neighbors, weights, 10}, y, queue);
          }) == "INVALID_ARGUMENT");
  }
}

TEST("losses, with and without masked entries") {
  using Case = std::pair<std::pair<size_t, size_t>, bool>;
  for (const auto& [shape, special] :
       {Case{{0, 4}, false}, {{1, 1}, false}, {{3, 5}, false}, {{40, 250}, false}, {{3, 5}, true}, {{21, 512}, true}}) {
    const auto [row_count, columns] = shape;
    const size_t size = row_count * columns;
    const Numbers values = special ? special_numbers(size) : numbers(size), dy = {0.7f};
    const Numbers positive = special ? special_numbers(row_count) : numbers(row_count);
    const auto labels = rows(row_count, columns);
    std::vector<int32_t> pairs, all;
    for (size_t i = 0; i < size / 3; ++i) {
      pairs.push_back(static_cast<int32_t>(generator() % row_count));
      pairs.push_back(static_cast<int32_t>(generator() % columns));
    }
    for (size_t i = 0; i < size; ++i) {
      all.push_back(static_cast<int32_t>(i / columns));
      all.push_back(static_cast<int32_t>(i % columns));
    }
    for (const auto& masked : {std::vector<int32_t>(), pairs, all}) {
      const ScoreMask mask(masked, row_count, columns);
      const Scores scores{values, row_count, columns};
      const auto on = [&, row_count = row_count, columns = columns](const OnDevice& own) {
        return DeviceScores{own, row_count, columns};
      };
      same(
          1, [&](auto loss) { softmax_cross_entropy(scores, labels, mask, loss, {}); },
          [&](auto loss, Queue& queue) {
            const OnDevice own(queue, values);
            softmax_cross_entropy(on(own), labels, mask, loss, queue);
          });
      same(
          size, [&](auto ds) { softmax_cross_entropy_gradient(scores, labels, mask, dy, ds, {}); },
          [&](auto ds, Queue& queue) {
            const OnDevice own(queue, values);
            softmax_cross_entropy_gradient(on(own), labels, mask, OnDevice(queue, dy), ds, queue);
          });
      same(
          1, [&](auto loss) { hinge_loss(scores, positive, 0.1f, mask, loss, {}); },
          [&](auto loss, Queue& queue) {
            const OnDevice own(queue, values);
            hinge_loss(on(own), OnDevice(queue, positive), 0.1f, mask, loss, queue);
          });
      same(
          size, [&](auto ds) { hinge_loss_gradient(scores, positive, 0.1f, mask, dy, ds, {}); },
          [&](auto ds, Queue& queue) {
            const OnDevice own(queue, values);
            hinge_loss_gradient(on(own), OnDevice(queue, positive), 0.1f, mask, OnDevice(queue, dy), ds, queue);
          });
    }
    Queue queue;
    const OnDevice own(queue, values), loss(queue, {0});
    for (const int32_t label : {-1, static_cast<int32_t>(columns)}) {
      if (row_count == 0) continue;
      const std::vector<int32_t> wrong(row_count, label);
      const ScoreMask mask({}, row_count, columns);
      const DeviceScores scores{own, row_count, columns};
      CHECK(test::error_code([&] { softmax_cross_entropy(scores, wrong, mask, loss, queue); }) == "INVALID_ARGUMENT");
      CHECK(test::error_code([&] { softmax_cross_entropy_gradient(scores, wrong, mask, loss, own, queue); }) ==
            "INVALID_ARGUMENT");
    }
  }
}

TEST("Adam, of all variables and of the rows that have a gradient") {
  constexpr size_t count = 5;
  const std::array<size_t, count> sizes = {1, 0, 700, 96, 750};
  const std::array<size_t, count> row_widths = {0, 0, 0, 8, 250};
  std::array<Numbers, count> values, gradients, firsts, seconds;
  for (size_t i = 0; i < count; ++i) {
    values[i] = numbers(sizes[i]);
    gradients[i] = numbers(sizes[i]);
    firsts[i] = numbers(sizes[i]);
    seconds[i] = numbers(sizes[i]);
    for (float& value : seconds[i]) value = std::abs(value);
  }
  std::fill_n(gradients[3].begin() + 8, 40, 0.0f);
  gradients[3][10] = -0.0f;  // still no gradient
  gradients[3][17] = NAN;    // a gradient, as the next
  gradients[3][47] = std::numeric_limits<float>::denorm_min();
  // Of a row that is wider than a block, only the last.
  std::fill_n(gradients[4].begin(), 499, 0.0f);
  const AdamStep step{.learning_rate = 0.01, .weight_decay = 0.1, .iteration = 3};
  auto [expected, first, second] = std::tuple(values, firsts, seconds);
  std::vector<AdamVariable> variables;
  for (size_t i = 0; i < count; ++i)
    variables.push_back({expected[i], gradients[i], first[i], second[i], row_widths[i]});
  adam(variables, step, {});
  test::in_each_order([&] {
    Queue queue;
    std::vector<std::unique_ptr<OnDevice>> kept;
    const auto on_device = [&](const Numbers& own) -> const OnDevice& {
      return *kept.emplace_back(std::make_unique<OnDevice>(queue, own));
    };
    std::vector<DeviceAdamVariable> own;
    for (size_t i = 0; i < count; ++i) {
      own.push_back(
          {on_device(values[i]), on_device(gradients[i]), on_device(firsts[i]), on_device(seconds[i]), row_widths[i]});
    }
    adam(own, step, queue);
    for (size_t i = 0; i < count; ++i) {
      CHECK(equal(kept[4 * i]->read(), expected[i], 1e-6));
      CHECK(equal(kept[4 * i + 2]->read(), first[i], 1e-6));
      CHECK(equal(kept[4 * i + 3]->read(), second[i], 1e-6));
    }
  });
}

TEST_MAIN()
