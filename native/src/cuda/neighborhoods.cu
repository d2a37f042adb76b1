#include <algorithm>
#include <vector>

#include "cuda/neighborhood.hpp"
#include "cuda/resident_graph.hpp"
#include "pinsage/cuda.hpp"

namespace pinsage::cuda {
namespace {

constexpr uint32_t threads = 256;

/// The neighbourhood of seed i, in shared memory, or in the block's part of `room`.
template <bool timed>
struct NeighborhoodKernel {
  DeviceGraph graph;
  Crossing<timed> crossing;
  NeighborhoodCall call;
  uint32_t size;
  char* room;
  size_t room_each;  ///< bytes; 0: shared memory
  size_t rooms;

  PINSAGE_SHARED void operator()(Block& block, size_t i, void* shared) const {
    // Block b of as many as there are rooms takes seeds b, b + rooms, ….
    const NeighborhoodRoom own(room_each == 0 ? shared : room + i % rooms * room_each, size, block.threads());
    neighborhood(block, graph, crossing, call, i, own, size);
  }
};

/// How a call's blocks are made: each works in shared memory, or, where its seed's visits do not fit there, in device
/// memory of its own.
struct Launch {
  size_t shared = 0;  ///< bytes of a block
  size_t room_each = 0;
  size_t blocks = size_t{1} << 30;  ///< at most

  Launch(size_t bytes, const Place& place) {
    if (bytes <= place.most_shared()) {
      shared = bytes;
    } else {
      room_each = (bytes + 255) / 256 * 256;
      // Rooms for two blocks a processor, unless they are so large that a gigabyte holds fewer.
      blocks = std::clamp<size_t>((size_t{1} << 30) / room_each, 1, 2 * place.processors());
    }
  }
};

/// Seeds of one launch: between two a call can be stopped.
size_t seeds_per_launch(const WalkOptions& walks) {
  constexpr size_t hops = size_t{1} << 28;
  return std::clamp<size_t>(hops / (size_t{walks.walks} * walks.hops), 1, size_t{1} << 20);
}

template <bool timed>
void sample(const ResidentGraph& on_device, const Crossing<timed>& crossing, std::span<const PinId> seeds,
            const WalkOptions& options, const ExcludedPairs& excluded, const Neighborhoods& out,
            const Execution& execution) {
  Place place;
  const uint32_t size = NeighborhoodRoom::size(options);
  const Launch launch(NeighborhoodRoom::bytes(size, threads), place);
  const auto owners = place.copy(excluded.owners()), others = place.copy(excluded.others());
  const size_t most = std::min(seeds.size(), seeds_per_launch(options));
  const auto ids = place.array<PinId>(most * out.neighbors);
  const auto weights = place.array<float>(most * out.neighbors);
  const auto counts = place.array<uint32_t>(most);
  std::vector<int64_t> limits(timed ? seeds.size() : 0);
  for (size_t i = 0; i < limits.size(); ++i) limits[i] = options.before_of(i);
  const size_t rooms = launch.room_each == 0 ? 0 : std::min(launch.blocks, most);
  const auto room = place.array<char>(launch.room_each * rooms);
  for (size_t begin = 0; begin < seeds.size(); begin += most) {
    execution.throw_if_cancelled();
    const size_t count = std::min(most, seeds.size() - begin);
    const auto own_seeds = place.copy(seeds.subspan(begin, count));
    const auto own_limits = place.copy(std::span<const int64_t>(limits).subspan(timed ? begin : 0, timed ? count : 0));
    const NeighborhoodCall call{own_seeds.data(),
                                own_limits.data(),
                                options,
                                options.stop_below(),
                                owners.data(),
                                others.data(),
                                static_cast<uint32_t>(excluded.owners().size()),
                                out.neighbors,
                                ids.data(),
                                weights.data(),
                                counts.data()};
    const NeighborhoodKernel<timed> kernel{on_device.view(), crossing,         call, size,
                                           room.data(),      launch.room_each, rooms};
    place.for_each_block<threads>(count, launch.shared, kernel, launch.blocks);
    ids.copy_to(out.ids.data() + begin * out.neighbors, count * out.neighbors);
    weights.copy_to(out.weights.data() + begin * out.neighbors, count * out.neighbors);
    counts.copy_to(out.counts.data() + begin, count);
    place.stream().wait();
    execution.advance(static_cast<int64_t>(count));
  }
}

}  // namespace

void importance_neighborhoods(const Graph& graph, std::span<const PinId> seeds, const WalkOptions& options,
                              const ExcludedPairs& excluded, const Neighborhoods& out, const Execution& execution) {
  options.check(graph, seeds.size());
  check_pins(seeds, graph.pins(), "seeds");
  need_device();
  if (seeds.empty()) return;

  const auto on_device = ResidentGraph::of(graph, execution);
  if (options.before.empty()) {
    const Crossing<false> crossing{options.folds, options.fold};
    sample(*on_device, crossing, seeds, options, excluded, out, execution);
  } else {
    const Crossing<true> crossing{options.folds, options.fold, on_device->times(graph)};
    sample(*on_device, crossing, seeds, options, excluded, out, execution);
  }
}

}  // namespace pinsage::cuda
