#include <algorithm>

#include "cpu/graph/query_batches.hpp"
#include "cuda/band_selection.hpp"
#include "cuda/block.hpp"
#include "cuda/power_iteration.hpp"
#include "cuda/resident_graph.hpp"
#include "cuda/visit_scores.hpp"
#include "pinsage/cuda.hpp"

namespace pinsage::cuda {
namespace {

constexpr uint32_t threads = 256, sorting_threads = 1024;

template <class Item>
__global__ void __launch_bounds__(threads) for_each_kernel(size_t count, Item item) {
  const size_t step = size_t{gridDim.x} * blockDim.x;
  for (size_t i = size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += step) item(i);
}

/// Sorts row blockIdx.x of keys, in shared memory where the row fits there.
__global__ void __launch_bounds__(sorting_threads) sort_kernel(uint64_t* keys, uint32_t size, bool fits) {
  extern __shared__ uint64_t shared[];
  uint64_t* const row = keys + size_t{blockIdx.x} * size;
  uint64_t* const values = fits ? shared : row;
  DeviceBlock block;
  if (!fits) return sort(block, values, size);
  block.for_each_thread([&](uint32_t thread) {
    for (uint32_t i = thread; i < size; i += sorting_threads) values[i] = row[i];
  });
  sort(block, values, size);
  block.for_each_thread([&](uint32_t thread) {
    for (uint32_t i = thread; i < size; i += sorting_threads) row[i] = values[i];
  });
}

/// Memory and launches on one stream.
class DevicePlace {
 public:
  template <class T>
  using ArrayOf = DeviceArray<T>;

  DevicePlace() {
    check(cudaFuncSetAttribute(sort_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, limits_.shared));
  }

  template <class T>
  DeviceArray<T> array(size_t size) {
    return DeviceArray<T>(size, stream_);
  }
  template <class T>
  void fill(const DeviceArray<T>& memory, int byte) {
    check(cudaMemsetAsync(memory.data(), byte, memory.bytes(), stream_));
  }
  template <class Item>
  void for_each(size_t count, const Item& item) {
    if (count == 0) return;
    const size_t blocks = std::min((count + threads - 1) / threads, 32 * static_cast<size_t>(limits_.processors));
    for_each_kernel<<<static_cast<unsigned>(blocks), threads, 0, stream_>>>(count, item);
    check(cudaGetLastError());
  }
  void sort_rows(const DeviceArray<uint64_t>& keys, size_t rows, uint32_t size) {
    const size_t bytes = size_t{size} * sizeof(uint64_t);
    const bool fits = bytes <= static_cast<size_t>(limits_.shared);
    sort_kernel<<<static_cast<unsigned>(rows), sorting_threads, fits ? bytes : 0, stream_>>>(keys.data(), size, fits);
    check(cudaGetLastError());
  }
  /// Waits for it.
  template <class T>
  void copy_to_host(const DeviceArray<T>& memory, T* to, size_t count) {
    memory.copy_to(to, count);
    stream_.wait();
  }

 private:
  Stream stream_;
  const Limits limits_ = limits();
};

void check_call(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                const Execution& execution) {
  check_queries(graph, queries, options, execution);
  need_device();
}

template <class Scores>
void bands(DevicePlace& place, Scores& scores, const Graph& graph, std::span<const PinId> queries,
           const PageRankBand& out, const Execution& execution) {
  BandSelection selection(place, graph.pins(), out.from, out.to);
  for_each_batch(queries, execution, [&](size_t first, std::span<const PinId> pins) {
    const Queries batch(pins);
    const size_t place_in_out = first * (out.to - out.from);
    selection.run(batch, scores.run(batch), out.ids.data() + place_in_out, out.scores.data() + place_in_out,
                  out.counts.data() + first);
  });
}

}  // namespace

void page_rank(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
               std::span<float> scores, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (queries.empty()) return;
  const auto on_device = ResidentGraph::of(graph, execution);
  DevicePlace place;
  PowerIteration iteration(place, on_device->view(), on_device->totals(), options);
  const size_t pins = graph.pins();
  const auto rows = place.array<float>(pins * columns);
  for_each_batch(queries, execution, [&](size_t first, std::span<const PinId> batch) {
    const size_t size = pins * batch.size();
    place.for_each(size, TransposeScores{graph.pins(), iteration.run(Queries(batch)), rows.data()});
    place.copy_to_host(rows, scores.data() + first * pins, size);
  });
}

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const PageRankBand& out, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (queries.empty()) return;
  const auto on_device = ResidentGraph::of(graph, execution);
  DevicePlace place;
  PowerIteration scores(place, on_device->view(), on_device->totals(), options);
  bands(place, scores, graph, queries, out, execution);
}

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const MonteCarlo& monte_carlo, const PageRankBand& out, const Execution& execution) {
  check_call(graph, queries, options, execution);
  if (monte_carlo.walks == 0) invalid_argument("walks", "must be at least 1");
  if (queries.empty()) return;
  const auto on_device = ResidentGraph::of(graph, execution);
  DevicePlace place;
  VisitScores scores(place, on_device->view(), on_device->totals().board_inverses, options, monte_carlo);
  bands(place, scores, graph, queries, out, execution);
}

}  // namespace pinsage::cuda
