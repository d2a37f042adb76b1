#include "cuda/runtime.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {

void add_bias(DeviceSpan<float> y, size_t width, DeviceSpan<const float> bias, bool relu, Queue& queue) {
  if (bias.empty() && !relu) return;
  const float* const biases = bias.empty() ? nullptr : bias.data();
  queue.place().for_each(y.size(), [=, to = y.data()] PINSAGE_KERNEL(size_t i) {
    const float value = biases == nullptr ? to[i] : to[i] + biases[i % width];
    to[i] = relu && value <= 0.0f ? 0.0f : value;
  });
}

void relu_gradient(DeviceSpan<const float> dy, DeviceSpan<const float> y, size_t width, DeviceSpan<float> dz,
                   DeviceSpan<float> db, Queue& queue) {
  queue.place().for_each(dz.size(), [from = dy.data(), out = y.data(), to = dz.data()] PINSAGE_KERNEL(size_t i) {
    to[i] = out[i] > 0.0f ? from[i] : 0.0f;
  });
  if (!db.empty()) sum_columns(dz, width, 1, db, queue);
}

}  // namespace pinsage::tensor
