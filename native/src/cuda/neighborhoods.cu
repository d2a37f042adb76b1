#include <algorithm>

#include "cuda/neighborhood.hpp"
#include "cuda/resident_graph.hpp"
#include "pinsage/cuda.hpp"

namespace pinsage::cuda {
namespace {

constexpr uint32_t threads = 256;

/// A block for each of `count` seeds, or several seeds for a block where there are fewer of those. Works in shared
/// memory, or in `room_each` bytes a block of `room`.
__global__ void __launch_bounds__(threads) neighborhoods_kernel(DeviceGraph graph, NeighborhoodCall call, size_t count,
                                                                uint32_t size, char* room, size_t room_each) {
  extern __shared__ uint64_t shared[];
  void* const memory = room == nullptr ? static_cast<void*>(shared) : room + blockIdx.x * room_each;
  const NeighborhoodRoom own(memory, size, threads);
  DeviceBlock block;
  for (size_t i = blockIdx.x; i < count; i += gridDim.x) neighborhood(block, graph, call, i, own, size);
}

/// How a call's blocks are made.
struct Launch {
  size_t shared = 0;     ///< bytes of a block
  size_t room_each = 0;  ///< bytes of a block in device memory, where it does not fit there
  unsigned blocks = 0;   ///< at most
};

Launch launch_for(size_t bytes) {
  const auto [processors, most_shared] = limits();
  Launch launch;
  if (bytes <= static_cast<size_t>(most_shared)) {
    launch.shared = bytes;
    launch.blocks = 1u << 30;
    check(cudaFuncSetAttribute(neighborhoods_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most_shared));
  } else {
    launch.room_each = (bytes + 255) / 256 * 256;
    // Rooms for two blocks a processor, unless they are so large that a gigabyte holds fewer.
    launch.blocks = static_cast<unsigned>(
        std::clamp<size_t>((size_t{1} << 30) / launch.room_each, 1, 2 * static_cast<size_t>(processors)));
  }
  return launch;
}

/// Seeds of one launch: between two a call can be stopped.
size_t seeds_per_launch(const WalkOptions& walks) {
  constexpr size_t hops = size_t{1} << 28;
  return std::clamp<size_t>(hops / (size_t{walks.walks} * walks.hops), 1, size_t{1} << 20);
}

}  // namespace

void importance_neighborhoods(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& options,
                              const ExcludedPairs& excluded, const Neighborhoods& out, const Execution& execution) {
  options.check();
  check_pins(seeds, graph.pins(), "seeds");
  need_device();
  if (seeds.empty()) return;

  const auto on_device = ResidentGraph::of(graph, execution);
  const Stream stream;
  const uint32_t size = NeighborhoodRoom::size(options);
  const Launch launch = launch_for(NeighborhoodRoom::bytes(size, threads));
  const DeviceArray<PinId> owners(excluded.owners(), stream), others(excluded.others(), stream);
  const size_t most = std::min(seeds.size(), seeds_per_launch(options));
  const DeviceArray<PinId> ids(most * out.neighbors, stream);
  const DeviceArray<float> weights(most * out.neighbors, stream);
  const DeviceArray<uint32_t> counts(most, stream);
  const DeviceArray<char> room(launch.room_each * std::min<size_t>(launch.blocks, most), stream);
  for (size_t begin = 0; begin < seeds.size(); begin += most) {
    execution.throw_if_cancelled();
    const size_t count = std::min(most, seeds.size() - begin);
    const DeviceArray<PinId> own_seeds(seeds.subspan(begin, count), stream);
    const NeighborhoodCall call{own_seeds.data(), options,       options.stop_below(),
                                owners.data(),    others.data(), static_cast<uint32_t>(excluded.owners().size()),
                                out.neighbors,    ids.data(),    weights.data(),
                                counts.data()};
    const auto blocks = static_cast<unsigned>(std::min<size_t>(count, launch.blocks));
    neighborhoods_kernel<<<blocks, threads, launch.shared, stream>>>(
        on_device->view(), call, count, size, launch.room_each == 0 ? nullptr : room.data(), launch.room_each);
    check(cudaGetLastError());
    ids.copy_to(out.ids.data() + begin * out.neighbors, count * out.neighbors);
    weights.copy_to(out.weights.data() + begin * out.neighbors, count * out.neighbors);
    counts.copy_to(out.counts.data() + begin, count);
    stream.wait();
    execution.advance(static_cast<int64_t>(count));
  }
}

}  // namespace pinsage::cuda
