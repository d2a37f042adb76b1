#include "pinsage/tensor/piecewise.hpp"

#include <algorithm>
#include <cmath>

namespace pinsage::tensor {

void piecewise_linear(std::span<const float> numbers, const Piecewise& piecewise, std::span<float> y, size_t stride,
                      size_t offset, const Execution& execution) {
  const size_t bins = piecewise.bins();
  parallel_for(execution, numbers.size(), 1024, [&](size_t begin, size_t end, int) {
    for (size_t i = begin; i < end; ++i) {
      float* const row = y.data() + i * stride + offset;
      std::fill_n(row, piecewise.columns(), 0.0f);
      const double x = numbers[i];
      if (std::isnan(x)) {
        row[bins + 1] = 1;
        continue;
      }
      for (size_t bin = 0; bin < bins && x > piecewise.edges[bin]; ++bin) {
        const double low = piecewise.edges[bin], high = piecewise.edges[bin + 1];
        row[bin] = static_cast<float>(std::min((x - low) / (high - low), 1.0));
      }
      row[bins] = static_cast<float>(std::clamp((x - piecewise.mean) / piecewise.deviation, -5.0, 5.0));
    }
  });
}

}  // namespace pinsage::tensor
