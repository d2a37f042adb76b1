#include "pinsage/tensor/adam.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "cpu/tensor/adam_factors.hpp"
#include "cpu/tensor/simd.hpp"

namespace pinsage::tensor {
namespace {

constexpr size_t grain = 16384;

PINSAGE_SIMD void update(float* __restrict w, const float* __restrict g, float* __restrict m, float* __restrict v,
                         size_t count, const AdamFactors& factors) {
  const AdamFactors own = factors;
  for (size_t i = 0; i < count; ++i) own.update(w[i], g[i], m[i], v[i]);
}

PINSAGE_SIMD bool any_nonzero(const float* x, size_t count) {
  // Without the sign bit: −0 is 0.
  uint32_t bits = 0;
  for (size_t i = 0; i < count; ++i) bits |= std::bit_cast<uint32_t>(x[i]) << 1;
  return bits != 0;
}

}  // namespace

void adam(std::span<const AdamVariable> variables, const AdamStep& step, const Execution& execution) {
  const AdamFactors factors(step);
  for (const AdamVariable& variable : variables) {
    const auto update_range = [&](size_t begin, size_t end) {
      update(variable.value.data() + begin, variable.gradient.data() + begin, variable.first.data() + begin,
             variable.second.data() + begin, end - begin, factors);
    };
    const size_t count = variable.value.size(), width = variable.row_width;
    if (width == 0) {
      parallel_for(execution, count, grain, [&](size_t begin, size_t end, int) { update_range(begin, end); });
    } else {
      parallel_for(execution, count / width, std::max<size_t>(1, grain / width), [&](size_t begin, size_t end, int) {
        for (size_t row = begin; row < end; ++row) {
          if (any_nonzero(variable.gradient.data() + row * width, width)) update_range(row * width, (row + 1) * width);
        }
      });
    }
  }
}

}  // namespace pinsage::tensor
