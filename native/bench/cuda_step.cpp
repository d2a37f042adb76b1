// How long does one training step take on the GPU (forward, backward, Adam), its batch ready in the host's memory? The
// model and the sizes of benchmarks/step.mjs, or the paper's (hidden 2048, out 1024, T 50); bench/cuda_step.py is the
// same in PyTorch. Prints a JSON object. Without Node.
//
// cuda_step [precision [roots fan_out leaves width hidden out]]
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "pinsage/cuda/tensor.hpp"

using namespace pinsage;
using namespace pinsage::tensor;

static std::mt19937 generator(1);

/// A matrix of float32 numbers on the GPU.
class Matrix {
 public:
  Matrix(Queue& queue, size_t rows, size_t columns)
      : queue_(&queue),
        rows_(rows),
        columns_(columns),
        data_(static_cast<float*>(queue.allocate(rows * columns * sizeof(float)))) {}
  Matrix(Queue& queue, size_t rows, size_t columns, float deviation) : Matrix(queue, rows, columns) {
    std::normal_distribution<float> normal(0, deviation);
    std::vector<float> values(rows * columns);
    if (deviation > 0) std::generate(values.begin(), values.end(), [&] { return normal(generator); });
    queue.upload(values.data(), data_, values.size() * sizeof(float));
  }
  Matrix(Matrix&& other) noexcept
      : queue_(other.queue_),
        rows_(other.rows_),
        columns_(other.columns_),
        data_(std::exchange(other.data_, nullptr)) {}
  ~Matrix() {
    if (data_ != nullptr) queue_->free(data_);
  }

  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }
  DeviceSpan<float> span() const { return {data_, rows_ * columns_}; }
  DeviceSpan<float> top(size_t rows) const { return {data_, rows * columns_}; }
  DeviceSpan<float> from(size_t row, size_t rows) const { return {data_ + row * columns_, rows * columns_}; }

 private:
  Queue* queue_;
  size_t rows_, columns_;
  float* data_;
};

struct Shape {
  Precision precision = Precision::float32;
  size_t roots = 1524, fan_out = 10, leaves = 40'000, width = 256, hidden = 512, out = 256;
};

/// The neighbours of some rows among the rows below.
struct Pool {
  size_t below, slots;
  std::vector<int32_t> neighbors;
  std::vector<float> weights;

  Pool(size_t rows, size_t below, size_t slots)
      : below(below), slots(slots), neighbors(rows * slots), weights(rows * slots) {
    for (int32_t& neighbor : neighbors) neighbor = static_cast<int32_t>(generator() % below);
    for (float& weight : weights) weight = static_cast<float>(generator() % 100 + 1);
  }
  SparseMatrix matrix() const { return shares(neighbors, weights, slots, below); }
};

/// One weight with its gradient and moments.
struct Variable {
  Matrix value, gradient, first, second;

  Variable(Queue& queue, size_t rows, size_t columns, float deviation)
      : value(queue, rows, columns, deviation),
        gradient(queue, rows, columns),
        first(queue, rows, columns, 0),
        second(queue, rows, columns, 0) {}
};

class Step {
 public:
  explicit Step(const Shape& shape)
      : shape_(shape),
        nodes_(shape.roots * (shape.fan_out + 1)),
        features_(queue_, shape.leaves, shape.width, 1),
        inner_(nodes_, shape.leaves, shape.fan_out),
        outer_(shape.roots, nodes_, shape.fan_out),
        layers_{Layer(queue_, shape), Layer(queue_, shape)},
        g1_(weight(shape.width, shape.width)),
        g_(queue_, 1, shape.width, 0),
        g2_(weight(shape.width, shape.out)) {}

  /// Queues it; the loss comes with the wait.
  float run() {
    const size_t third = shape_.roots / 3, out = shape_.out;
    const Convolved a = convolve(layers_[0], features_, nodes_, inner_);
    const Convolved b = convolve(layers_[1], a.h, shape_.roots, outer_);
    const Matrix t = linear(b.h.span(), shape_.roots, g1_, &g_);
    const Matrix z = linear(t.span(), shape_.roots, g2_, nullptr);
    const auto query = z.from(0, third), positive = z.from(third, third), negative = z.from(2 * third, third);
    Matrix product(queue_, third, out), own(queue_, third, 1), scores(queue_, third, third), loss(queue_, 1, 1);
    binary(Binary::multiply, query, positive, Broadcast::none, out, false, product.span(), queue_);
    sum_rows(product.span(), out, 1, own.span(), queue_);
    multiply(third, third, out, query, negative, scores.span(), false, true);
    const ScoreMask mask({}, third, third);
    const DeviceScores all{scores.span(), third, third};
    hinge_loss(all, own.span(), 0.1f, mask, loss.span(), queue_);

    Matrix one(queue_, 1, 1), ds(queue_, third, third), down(queue_, third, 1), dz(queue_, shape_.roots, out);
    fill(one.span(), 1, queue_);
    hinge_loss_gradient(all, own.span(), 0.1f, mask, one.span(), ds.span(), queue_);
    sum_rows(ds.span(), third, -1, down.span(), queue_);
    // Of own: down · positive to the query, down · query to the positive.
    binary(Binary::multiply, query, down.span(), Broadcast::column, out, false, dz.from(third, third), queue_);
    binary(Binary::multiply, positive, down.span(), Broadcast::column, out, false, dz.from(0, third), queue_);
    multiply(third, out, third, ds.span(), negative, dz.from(0, third), false, false, true);
    multiply(third, out, third, ds.span(), query, dz.from(2 * third, third), true, false);

    const Matrix dt = linear_gradient(t.span(), dz, g2_, nullptr, nullptr);
    const Matrix db = linear_gradient(b.h.span(), dt, g1_, &g_, &t);
    const Matrix da = convolve_gradient(layers_[1], a.h, b, db, outer_, true);
    convolve_gradient(layers_[0], features_, a, da, inner_, false);
    step_all();
    float value = 0;
    queue_.download(loss.span().data(), &value, sizeof value);
    return value;
  }

 private:
  struct Layer {
    Variable transform, q, combine, w;

    Layer(Queue& queue, const Shape& s)
        : transform(queue, s.width, s.hidden, 1 / std::sqrt(static_cast<float>(s.width))),
          q(queue, 1, s.hidden, 0),
          combine(queue, s.width + s.hidden, s.width, 1 / std::sqrt(static_cast<float>(s.width + s.hidden))),
          w(queue, 1, s.width, 0) {}
  };

  /// What the way back needs of a convolution.
  struct Convolved {
    Matrix transformed, pooled, combined, h;
  };

  Variable weight(size_t rows, size_t columns) {
    return Variable(queue_, rows, columns, 1 / std::sqrt(static_cast<float>(rows)));
  }

  void multiply(size_t m, size_t n, size_t k, DeviceSpan<const float> a, DeviceSpan<const float> b, DeviceSpan<float> c,
                bool transpose_a, bool transpose_b, bool accumulate = false) {
    gemm({m, n, k, transpose_a, transpose_b, shape_.precision, accumulate}, a, b, c, queue_);
  }

  /// x w, and relu(x w + b) with a bias.
  Matrix linear(DeviceSpan<const float> x, size_t rows, const Variable& w, const Variable* bias) {
    Matrix y(queue_, rows, w.value.columns());
    multiply(rows, y.columns(), w.value.rows(), x, w.value.span(), y.span(), false, false);
    if (bias != nullptr) add_bias(y.span(), y.columns(), bias->value.span(), true, queue_);
    return y;
  }

  /// dx; the gradients of w and b. dy is overwritten where y is given: by the gradient before the relu that made y.
  Matrix linear_gradient(DeviceSpan<const float> x, const Matrix& dy, const Variable& w, const Variable* bias,
                         const Matrix* y) {
    const size_t rows = dy.rows(), inputs = w.value.rows(), outputs = dy.columns();
    if (y != nullptr) relu_gradient(dy.span(), y->span(), outputs, dy.span(), bias->gradient.span(), queue_);
    multiply(inputs, outputs, rows, x, dy.span(), w.gradient.span(), true, false);
    Matrix dx(queue_, rows, inputs);
    multiply(rows, inputs, outputs, dy.span(), w.value.span(), dx.span(), false, true);
    return dx;
  }

  Convolved convolve(const Layer& layer, const Matrix& h, size_t rows, const Pool& pool) {
    const size_t width = shape_.width, hidden = shape_.hidden;
    Convolved c{linear(h.span(), h.rows(), layer.transform, &layer.q), Matrix(queue_, rows, hidden),
                Matrix(queue_, rows, width), Matrix(queue_, rows, width)};
    tensor::multiply(pool.matrix(), c.transformed.span(), hidden, c.pooled.span(), queue_);
    multiply(rows, width, width, h.top(rows), layer.combine.value.from(0, width), c.combined.span(), false, false);
    multiply(rows, width, hidden, c.pooled.span(), layer.combine.value.from(width, hidden), c.combined.span(), false,
             false, true);
    add_bias(c.combined.span(), width, layer.w.value.span(), true, queue_);
    l2_normalize(c.combined.span(), width, c.h.span(), queue_);
    return c;
  }

  /// dh where it is wanted.
  Matrix convolve_gradient(const Layer& layer, const Matrix& h, const Convolved& c, const Matrix& dy, const Pool& pool,
                           bool wanted) {
    const size_t rows = c.h.rows(), width = shape_.width, hidden = shape_.hidden;
    Matrix dc(queue_, rows, width), dn(queue_, rows, hidden), dt(queue_, h.rows(), hidden);
    l2_normalize_gradient(c.combined.span(), dy.span(), width, dc.span(), queue_);
    relu_gradient(dc.span(), c.combined.span(), width, dc.span(), layer.w.gradient.span(), queue_);
    const auto& [value, gradient, first, second] = layer.combine;
    multiply(width, width, rows, h.top(rows), dc.span(), gradient.from(0, width), true, false);
    multiply(hidden, width, rows, c.pooled.span(), dc.span(), gradient.from(width, hidden), true, false);
    multiply(rows, hidden, width, dc.span(), value.from(width, hidden), dn.span(), false, true);
    multiply_before_relu(transpose(pool.matrix()), dn.span(), hidden, c.transformed.span(), dt.span(),
                         layer.q.gradient.span(), queue_);
    multiply(width, hidden, h.rows(), h.span(), dt.span(), layer.transform.gradient.span(), true, false);
    Matrix dh(queue_, wanted ? h.rows() : 0, width);
    if (wanted) {
      multiply(h.rows(), width, hidden, dt.span(), layer.transform.value.span(), dh.span(), false, true);
      multiply(rows, width, width, dc.span(), value.from(0, width), dh.top(rows), false, true, true);
    }
    return dh;
  }

  void step_all() {
    std::vector<DeviceAdamVariable> all;
    const auto add = [&](const Variable& v) {
      all.push_back({v.value.span(), v.gradient.span(), v.first.span(), v.second.span(), 0});
    };
    for (const Layer& layer : layers_) {
      for (const Variable* v : {&layer.transform, &layer.q, &layer.combine, &layer.w}) add(*v);
    }
    for (const Variable* v : {&g1_, &g_, &g2_}) add(*v);
    adam(all, {.iteration = static_cast<double>(++iteration_)}, queue_);
  }

  Queue queue_;
  const Shape shape_;
  const size_t nodes_;
  const Matrix features_;
  const Pool inner_, outer_;
  const std::array<Layer, 2> layers_;
  const Variable g1_, g_, g2_;
  int iteration_ = 0;
};

int main(int count, char** arguments) {
  Shape shape;
  const char* const precision = count > 1 ? arguments[1] : "float32";
  shape.precision = std::strcmp(precision, "tf32") == 0   ? Precision::tf32
                    : std::strcmp(precision, "bf16") == 0 ? Precision::bf16
                                                          : Precision::float32;
  size_t* const sizes[] = {&shape.roots, &shape.fan_out, &shape.leaves, &shape.width, &shape.hidden, &shape.out};
  for (int i = 2; i < count && i < 8; ++i) *sizes[i - 2] = std::strtoul(arguments[i], nullptr, 10);
  try {
    Step step(shape);
    const float before = step.run();
    std::vector<double> seconds;
    float after = 0;
    for (int round = 0; round < 15; ++round) {
      const auto start = std::chrono::steady_clock::now();
      after = step.run();
      seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(seconds.begin(), seconds.end());
    std::printf(
        "{\"case\": \"step\", \"precision\": \"%s\", \"roots\": %zu, \"fanOut\": %zu, \"leaves\": %zu, \"width\": %zu, "
        "\"hidden\": %zu, \"out\": %zu, \"milliseconds\": %.3f, \"fastest\": %.3f, \"slowest\": %.3f, "
        "\"loss\": [%.5f, %.5f]}\n",
        precision, shape.roots, shape.fan_out, shape.leaves, shape.width, shape.hidden, shape.out, 1e3 * seconds[7],
        1e3 * seconds.front(), 1e3 * seconds.back(), static_cast<double>(before), static_cast<double>(after));
  } catch (const Error& error) {
    std::printf("{\"case\": \"step\", \"error\": \"%s\"}\n", error.what());
    return 1;
  }
}
