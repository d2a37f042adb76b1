#include "cuda/runtime.hpp"
#include "pinsage/cuda.hpp"

namespace pinsage::cuda {

const bool built = true;

Status status() {
  Status status;
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess || count == 0) {
    cudaGetLastError();
    status.problem = error == cudaErrorInsufficientDriver
                         ? "There is no NVIDIA driver, or it is older than this build's CUDA needs."
                         : std::string("There is no NVIDIA GPU: ") + cudaGetErrorString(error) + ".";
    return status;
  }
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
