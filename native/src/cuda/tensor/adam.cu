#include "pinsage/tensor/adam.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/tensor/adam_factors.hpp"
#include "cuda/tensor/rows.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {
namespace {

/// One variable, and where its elements begin among those of all variables.
struct Part {
  size_t begin;
  float* value;
  const float* gradient;
  float* first;
  float* second;

  explicit Part(const DeviceAdamVariable& variable, size_t begin = 0)
      : begin(begin),
        value(variable.value.data()),
        gradient(variable.gradient.data()),
        first(variable.first.data()),
        second(variable.second.data()) {}

  PINSAGE_SHARED void update(size_t i, const AdamFactors& factors) const {
    factors.update(value[i], gradient[i], first[i], second[i]);
  }
};

void update_all(const std::vector<Part>& parts, size_t elements, const AdamFactors& factors, Queue& queue) {
  const auto on_device = queue.place().copy(std::span(parts));
  queue.place().for_each(elements,
                         [parts = on_device.data(), count = parts.size(), factors] PINSAGE_KERNEL(size_t item) {
                           size_t low = 0, high = count;
                           while (high - low > 1) {
                             const size_t middle = (low + high) / 2;
                             (parts[middle].begin <= item ? low : high) = middle;
                           }
                           parts[low].update(item - parts[low].begin, factors);
                         });
}

/// Rows whose gradient is all zero stay.
void update_rows(const Part& part, size_t rows, size_t width, const AdamFactors& factors, Queue& queue) {
  for_each_row(queue, rows, [=] PINSAGE_KERNEL(Block & block, size_t row, double* partial) {
    const double touched =
        cuda::sum(block, partial, width, [&](size_t j) { return part.gradient[row * width + j] == 0.0f ? 0.0 : 1.0; });
    if (touched == 0) return;
    for_each_column(block, width, [&](size_t j) { part.update(row * width + j, factors); });
  });
}

}  // namespace

void adam(std::span<const DeviceAdamVariable> variables, const AdamStep& step, Queue& queue) {
  const AdamFactors factors(step);
  std::vector<Part> whole;
  size_t elements = 0;
  for (const DeviceAdamVariable& variable : variables) {
    if (variable.row_width == 0) {
      whole.emplace_back(variable, elements);
      elements += variable.value.size();
    } else {
      update_rows(Part(variable), variable.value.size() / variable.row_width, variable.row_width, factors, queue);
    }
  }
  update_all(whole, elements, factors, queue);
}

}  // namespace pinsage::tensor
