#include "pinsage/cuda/device_group.hpp"

#include <chrono>
#include <thread>

#include "cuda/library.hpp"
#include "cuda/nccl.hpp"
#include "cuda/runtime.hpp"

namespace pinsage::cuda {

struct DeviceGroup::State {
  State(const Id& id, size_t rank, size_t size) : nccl({id}, rank, size) {}
  Nccl nccl;
};

std::string DeviceGroup::problem() {
#ifdef __CUDACC__
  const std::string device = device_problem();
  return device.empty() ? Library(nccl_search).problem() : device;
#else
  return "The GPU is emulated on the host, which NCCL knows nothing of.";
#endif
}

static void need_nccl() {
  const std::string problem = DeviceGroup::problem();
  if (!problem.empty()) throw Error("MISSING_DEPENDENCY", problem, "device");
}

DeviceGroup::Id DeviceGroup::make_id() {
  need_nccl();
  return Nccl::make_id().bytes;
}

DeviceGroup::DeviceGroup(const Id& id, size_t rank, size_t size) {
  need_nccl();
  need_device();
  state_ = std::make_unique<State>(id, rank, size);
}

DeviceGroup::~DeviceGroup() = default;

void DeviceGroup::all_reduce(std::span<const DeviceSpan<float>> arrays, Queue& queue,
                             const std::function<void()>& check) {
  Nccl& nccl = state_->nccl;
  const Stream& stream = queue.place().stream();
  try {
    nccl.all_reduce(arrays, stream.handle());
    while (!stream.done()) {
      check();
      nccl.check_progress();
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  } catch (...) {
    // Or the queue would wait for ever.
    nccl.abort();
    // NCCL may notice first that a process is gone, and does not know which.
    for (int i = 0; i < 100; ++i) {
      check();
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
    throw;
  }
}

}  // namespace pinsage::cuda
