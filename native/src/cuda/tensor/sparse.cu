#include "pinsage/tensor/sparse.hpp"

#include <algorithm>

#include "cuda/runtime.hpp"
#include "pinsage/cuda/tensor.hpp"

namespace pinsage::tensor {
namespace {

/// Adjacent columns that one thread reads and writes at once.
template <size_t size>
struct alignas(size * sizeof(float)) Columns {
  float value[size];
};

/// y_r,j = Σ over the entries e from begins[k] to ends[k] of value_e · x_index_e,j, in their order, where r is rows[k]:
/// item k · width / size + j / size.
template <size_t size>
struct SumEntries {
  const uint32_t* begins;
  const uint32_t* ends;
  uint32_t longest;         ///< what has more entries is left out
  const uint32_t* indices;  ///< null: e itself
  const float* values;      ///< null: ones
  const uint32_t* rows;     ///< null: k itself
  size_t chunks;            ///< width / size
  const Columns<size>* x;
  Columns<size>* y;

  PINSAGE_SHARED void operator()(size_t item) const {
    const size_t k = item / chunks, chunk = item % chunks;
    const uint32_t begin = begins[k], end = ends[k];
    if (end - begin > longest) return;
    Columns<size> sum{};
    for (uint32_t e = begin; e < end; ++e) {
      const Columns<size> from = x[(indices == nullptr ? e : indices[e]) * chunks + chunk];
      const float value = values == nullptr ? 1.0f : values[e];
      for (size_t c = 0; c < size; ++c) sum.value[c] += value * from.value[c];
    }
    y[(rows == nullptr ? k : rows[k]) * chunks + chunk] = sum;
  }
};

/// Entries that one thread adds up; a longer row is summed in parts, so that a pin that is everywhere holds up nobody.
constexpr uint32_t entries_per_sum = 256;

/// The parts of the long rows.
struct Parts {
  std::vector<uint32_t> begins, ends;       ///< of entries, for each part
  std::vector<uint32_t> rows, first, last;  ///< of parts, for each long row

  explicit Parts(const SparseMatrix& matrix) {
    for (size_t row = 0; row < matrix.rows(); ++row) {
      const uint32_t begin = matrix.offsets[row], end = matrix.offsets[row + 1];
      if (end - begin <= entries_per_sum) continue;
      rows.push_back(static_cast<uint32_t>(row));
      first.push_back(static_cast<uint32_t>(begins.size()));
      for (uint32_t e = begin; e < end; e += entries_per_sum) {
        begins.push_back(e);
        ends.push_back(std::min(end, e + entries_per_sum));
      }
      last.push_back(static_cast<uint32_t>(begins.size()));
    }
  }
};

template <size_t size>
void multiply_in_chunks(const SparseMatrix& matrix, const float* x, size_t width, float* y, Queue& queue) {
  cuda::Place& place = queue.place();
  const size_t chunks = width / size;
  const auto* const from = reinterpret_cast<const Columns<size>*>(x);
  auto* const to = reinterpret_cast<Columns<size>*>(y);
  const auto offsets = place.copy(std::span(matrix.offsets)), indices = place.copy(std::span(matrix.indices));
  const auto values = place.copy(std::span(matrix.values));
  const float* const weights = matrix.values.empty() ? nullptr : values.data();
  place.for_each(matrix.rows() * chunks, SumEntries<size>{offsets.data(), offsets.data() + 1, entries_per_sum,
                                                          indices.data(), weights, nullptr, chunks, from, to});
  const Parts parts(matrix);
  if (parts.rows.empty()) return;
  const auto begins = place.copy(std::span(parts.begins)), ends = place.copy(std::span(parts.ends));
  const auto rows = place.copy(std::span(parts.rows)), first = place.copy(std::span(parts.first)),
             last = place.copy(std::span(parts.last));
  const auto sums = place.array<Columns<size>>(parts.begins.size() * chunks);
  place.for_each(parts.begins.size() * chunks, SumEntries<size>{begins.data(), ends.data(), UINT32_MAX, indices.data(),
                                                                weights, nullptr, chunks, from, sums.data()});
  place.for_each(parts.rows.size() * chunks, SumEntries<size>{first.data(), last.data(), UINT32_MAX, nullptr, nullptr,
                                                              rows.data(), chunks, sums.data(), to});
}

bool aligned(const void* data, size_t bytes) {
  return reinterpret_cast<uintptr_t>(data) % bytes == 0;
}

}  // namespace

void multiply(const SparseMatrix& matrix, DeviceSpan<const float> x, size_t width, DeviceSpan<float> y, Queue& queue) {
  const bool by_fours = width % 4 == 0 && aligned(x.data(), 16) && aligned(y.data(), 16);
  (by_fours ? multiply_in_chunks<4> : multiply_in_chunks<1>)(matrix, x.data(), width, y.data(), queue);
}

void multiply_before_relu(const SparseMatrix& matrix, DeviceSpan<const float> dy, size_t width,
                          DeviceSpan<const float> t, DeviceSpan<float> dz, DeviceSpan<float> db, Queue& queue) {
  multiply(matrix, dy, width, dz, queue);
  relu_gradient(dz, t, width, dz, db, queue);
}

}  // namespace pinsage::tensor
