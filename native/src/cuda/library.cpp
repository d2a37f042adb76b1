#include "cuda/library.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "pinsage/error.hpp"

namespace pinsage::cuda {
namespace {

namespace fs = std::filesystem;

std::string variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

/// Folders of this parent, those with the newest name first.
std::vector<fs::path> folders_of(const fs::path& parent) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (entry.is_directory(ignored)) folders.push_back(entry.path());
  }
  std::sort(folders.rbegin(), folders.rend());
  return folders;
}

/// CUDA's own folders, and those of NVIDIA's packages in Python's: …/lib/python3.*/site-packages/nvidia/*/lib.
std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders;
  for (const std::string& cuda : {variable("CUDA_HOME"), variable("CUDA_PATH"), std::string("/usr/local/cuda")}) {
    if (!cuda.empty()) folders.push_back(fs::path(cuda) / "lib64");
  }
  for (const std::string& python : {variable("VIRTUAL_ENV"), std::string("/usr/local"), std::string("/usr")}) {
    if (python.empty()) continue;
    for (const fs::path& version : folders_of(fs::path(python) / "lib")) {
      if (!version.filename().string().starts_with("python3")) continue;
      for (const char* const packages : {"site-packages", "dist-packages"}) {
        for (const fs::path& wheel : folders_of(version / packages / "nvidia")) folders.push_back(wheel / "lib");
      }
    }
  }
  return folders;
}

}  // namespace

const LibrarySearch cublas_search = {
    "cuBLAS", "PINSAGE_CUBLAS", {"libcublas.so.13", "libcublas.so.12"}, "nvidia-cublas"};
const LibrarySearch nccl_search = {"NCCL", "PINSAGE_NCCL", {"libnccl.so.2"}, "nvidia-nccl-cu13"};

Library::Library(const LibrarySearch& search) {
  const std::string given = variable(search.variable);
  if (!given.empty()) {
    if (!open(given)) {
      const char* const reason = dlerror();
      problem_ = search.name + " could not be opened from " + given + ", which " + search.variable +
                 " names: " + (reason == nullptr ? "unknown reason" : reason) + ".";
    }
    return;
  }
  for (const std::string& file : search.files) {
    if (open(file)) return;
  }
  for (const fs::path& folder : library_folders()) {
    for (const std::string& file : search.files) {
      std::error_code ignored;
      if (fs::exists(folder / file, ignored) && open((folder / file).string())) return;
    }
  }
  problem_ = search.name +
             " was not found: neither the dynamic loader nor CUDA's folder (CUDA_HOME, /usr/local/cuda) nor "
             "Python's packages have " +
             search.files.front() + ". Install it with the CUDA toolkit or as `pip install " + search.wheel +
             "` in the active environment, or set " + search.variable + " to its path.";
}

bool Library::open(const std::string& path) {
  handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ != nullptr) path_ = path;
  return handle_ != nullptr;
}

void* Library::symbol(const char* name) const {
  if (handle_ == nullptr) throw Error("MISSING_DEPENDENCY", problem_);
  return dlsym(handle_, name);
}

}  // namespace pinsage::cuda
