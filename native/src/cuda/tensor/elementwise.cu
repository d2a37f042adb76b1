#include "pinsage/tensor/elementwise.hpp"

#include <cmath>

#include "cuda/runtime.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {
namespace {

PINSAGE_SHARED float apply(Unary operation, float x) {
  switch (operation) {
    case Unary::abs:
      return std::fabs(x);
    case Unary::exp:
      return std::exp(x);
    case Unary::neg:
      return -x;
    case Unary::reciprocal:
      return 1.0f / x;
    case Unary::relu:
      return x <= 0.0f ? 0.0f : x;
    case Unary::rsqrt:
      return 1.0f / std::sqrt(x);
    case Unary::sigmoid:
      return 1.0f / (1.0f + std::exp(-x));
    case Unary::softplus:
      return (x > 0.0f ? x : 0.0f) + std::log1p(std::exp(-std::fabs(x)));
    case Unary::sqrt:
      return std::sqrt(x);
    case Unary::square:
      return x * x;
    case Unary::step:
      return x != x ? x : (x > 0.0f ? 1.0f : 0.0f);
    case Unary::tanh:
      return std::tanh(x);
  }
  return x;
}

PINSAGE_SHARED float apply(Binary operation, float a, float b) {
  switch (operation) {
    case Binary::add:
      return a + b;
    case Binary::sub:
      return a - b;
    case Binary::multiply:
      return a * b;
    case Binary::divide:
      return a / b;
    case Binary::maximum:
      return a > b || a != a ? a : b;
    case Binary::minimum:
      return a < b || a != a ? a : b;
    case Binary::squared_difference:
      return (a - b) * (a - b);
  }
  return a;
}

/// Where the second operand of element i lies.
PINSAGE_SHARED size_t under(Broadcast broadcast, size_t i, size_t width) {
  switch (broadcast) {
    case Broadcast::none:
      return i;
    case Broadcast::scalar:
      return 0;
    case Broadcast::row:
      return i % width;
    case Broadcast::column:
      return i / width;
  }
  return 0;
}

}  // namespace

void fill(DeviceSpan<float> y, float value, Queue& queue) {
  queue.place().for_each(y.size(), [to = y.data(), value] PINSAGE_KERNEL(size_t i) { to[i] = value; });
}

void unary(Unary operation, DeviceSpan<const float> x, DeviceSpan<float> y, Queue& queue) {
  queue.place().for_each(y.size(), [operation, from = x.data(), to = y.data()] PINSAGE_KERNEL(size_t i) {
    to[i] = apply(operation, from[i]);
  });
}

void binary(Binary operation, DeviceSpan<const float> x, DeviceSpan<const float> other, Broadcast broadcast,
            size_t width, bool swapped, DeviceSpan<float> y, Queue& queue) {
  queue.place().for_each(y.size(), [=, a = x.data(), b = other.data(), to = y.data()] PINSAGE_KERNEL(size_t i) {
    const float first = a[i], second = b[under(broadcast, i, width)];
    to[i] = swapped ? apply(operation, second, first) : apply(operation, first, second);
  });
}

void add_all(std::span<const DeviceSpan<const float>> terms, DeviceSpan<float> y, Queue& queue) {
  if (terms.empty()) return fill(y, 0, queue);
  std::vector<const float*> arrays;
  for (const auto& term : terms) arrays.push_back(term.data());
  const auto on_device = queue.place().copy(std::span(arrays));
  queue.place().for_each(y.size(),
                         [from = on_device.data(), count = arrays.size(), to = y.data()] PINSAGE_KERNEL(size_t i) {
                           float sum = 0;
                           for (size_t k = 0; k < count; ++k) sum += from[k][i];
                           to[i] = sum;
                         });
}

}  // namespace pinsage::tensor
