#include <algorithm>

#include "cuda/page_rank_band.hpp"
#include "cuda/resident_graph.hpp"
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
    int device = 0;
    check(cudaGetDevice(&device));
    check(cudaDeviceGetAttribute(&processors_, cudaDevAttrMultiProcessorCount, device));
    check(cudaDeviceGetAttribute(&most_shared_, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
    check(cudaFuncSetAttribute(sort_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most_shared_));
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
    const size_t blocks = std::min((count + threads - 1) / threads, 32 * static_cast<size_t>(processors_));
    for_each_kernel<<<static_cast<unsigned>(blocks), threads, 0, stream_>>>(count, item);
    check(cudaGetLastError());
  }
  void sort_rows(const DeviceArray<uint64_t>& keys, size_t rows, uint32_t size) {
    const size_t bytes = size_t{size} * sizeof(uint64_t);
    const bool fits = bytes <= static_cast<size_t>(most_shared_);
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
  int processors_ = 0, most_shared_ = 0;
};

}  // namespace

void page_rank_band(const Graph& graph, std::span<const PinId> queries, const PageRankOptions& options,
                    const MonteCarlo& monte_carlo, const PageRankBand& out, const Execution& execution) {
  options.check();
  check_pins(queries, graph.pins(), "queries");
  if (monte_carlo.walks == 0) invalid_argument("walks", "must be at least 1");
  need_device();
  execution.expect(static_cast<int64_t>(queries.size()));
  if (queries.empty()) return;
  const auto on_device = ResidentGraph::of(graph, execution);
  DevicePlace place;
  BandSampler sampler(place, on_device->view(), on_device->board_inverses(), options, monte_carlo, out.from, out.to);
  const size_t width = out.to - out.from;
  for (size_t first = 0; first < queries.size(); first += columns) {
    execution.throw_if_cancelled();
    const auto batch = queries.subspan(first, std::min<size_t>(columns, queries.size() - first));
    sampler.run(batch, out.ids.data() + first * width, out.scores.data() + first * width, out.counts.data() + first);
    execution.advance(static_cast<int64_t>(batch.size()));
  }
}

}  // namespace pinsage::cuda
