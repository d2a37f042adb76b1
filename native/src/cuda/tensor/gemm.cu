#include "pinsage/tensor/gemm.hpp"

#include "cuda/runtime.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {

void gemm(const Product& product, DeviceSpan<const float> a, DeviceSpan<const float> b, DeviceSpan<float> c,
          Queue& queue) {
  if (product.m == 0 || product.n == 0) return;
  if (product.k > 0) return queue.place().stream().multiply(product, a.data(), b.data(), c.data());
  if (!product.accumulate) fill(c.subspan(0, product.m * product.n), 0, queue);
}

}  // namespace pinsage::tensor
