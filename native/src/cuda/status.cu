#include <mutex>

#include "cuda/library.hpp"
#include "cuda/runtime.hpp"
#include "pinsage/cuda.hpp"

namespace pinsage::cuda {
namespace {

std::string version_of(int major, int minor, int patch) {
  return std::to_string(major).append(".").append(std::to_string(minor)).append(".").append(std::to_string(patch));
}

/// cuBLAS says its version part by part, which needs no GPU.
LibraryStatus cublas_status() {
  const Library library(cublas_search);
  LibraryStatus status{cublas_search.name, "", library.path(), library.problem()};
  if (!status.problem.empty()) return status;
  if (auto* const property = library.function<int(int, int*)>("cublasGetProperty")) {
    int part[3] = {};
    for (int i = 0; i < 3; ++i) property(i, &part[i]);
    status.version = version_of(part[0], part[1], part[2]);
  }
  return status;
}

/// As major · 10,000 + minor · 100 + patch.
LibraryStatus nccl_status() {
  const Library library(nccl_search);
  LibraryStatus status{nccl_search.name, "", library.path(), library.problem()};
  if (!status.problem.empty()) return status;
  int version = 0;
  auto* const get_version = library.function<int(int*)>("ncclGetVersion");
  if (get_version != nullptr && get_version(&version) == 0) {
    status.version = version_of(version / 10'000, version / 100 % 100, version % 100);
  }
  return status;
}

}  // namespace

const bool built = true;

#ifdef __CUDACC__

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

static std::vector<Device> devices() {
  int count = 0;
  check(cudaGetDeviceCount(&count));
  std::vector<Device> devices;
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, i));
    devices.push_back({properties.name, std::to_string(properties.major) + "." + std::to_string(properties.minor),
                       properties.totalGlobalMem});
  }
  return devices;
}

#else

std::string device_problem() {
  return "";
}

void need_device() {}

static std::vector<Device> devices() {
  return {{"emulation on the host", "0.0", 0}};
}

#endif

Status status() {
  Status status;
  status.problem = device_problem();
  if (status.problem.empty()) status.devices = devices();
  status.libraries = {cublas_status(), nccl_status()};
  return status;
}

}  // namespace pinsage::cuda
