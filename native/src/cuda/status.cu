#include <mutex>

#include "cuda/runtime.hpp"
#include "pinsage/cuda.hpp"

namespace pinsage::cuda {

const bool built = true;

std::string device_problem() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count > 0) return "";
  cudaGetLastError();
  return error == cudaErrorInsufficientDriver
             ? "There is no NVIDIA driver, or it is older than this build's CUDA needs."
             : std::string("There is no NVIDIA GPU: ") + cudaGetErrorString(error) + ".";
}

void need_device() {
  const std::string problem = device_problem();
  if (!problem.empty()) throw Error("MISSING_DEPENDENCY", problem, "device");
  static std::once_flag pool_made;
  std::call_once(pool_made, [] {
    // The pool keeps what is freed, instead of giving it back whenever a stream is waited for.
    int device = 0;
    cudaMemPool_t pool = nullptr;
    uint64_t kept = UINT64_MAX;
    check(cudaGetDevice(&device));
    check(cudaDeviceGetDefaultMemPool(&pool, device));
    check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept));
  });
}

Status status() {
  Status status;
  status.problem = device_problem();
  if (!status.problem.empty()) return status;
  int count = 0;
  check(cudaGetDeviceCount(&count));
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, i));
    status.devices.push_back({properties.name,
                              std::to_string(properties.major) + "." + std::to_string(properties.minor),
                              properties.totalGlobalMem});
  }
  return status;
}

}  // namespace pinsage::cuda
