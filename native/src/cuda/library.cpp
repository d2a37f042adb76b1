#include "cuda/library.hpp"

#include <dlfcn.h>
#ifdef __linux__
#include <link.h>
#endif

#include <cstdlib>
#include <filesystem>

#include "pinsage/error.hpp"

// Of the CUDA that this build is made with.
#ifndef PINSAGE_CUDA_MAJOR
#define PINSAGE_CUDA_MAJOR 13
#endif

namespace pinsage::cuda {
namespace {

namespace fs = std::filesystem;

std::string variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string join(const std::vector<std::string>& words, const char* between = ", ") {
  std::string all;
  for (const std::string& word : words) all.append(all.empty() ? "" : between).append(word);
  return all;
}

/// Where CUDA's installer puts libraries.
std::vector<std::string> cuda_folders() {
  std::vector<std::string> folders;
  for (const char* const name : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const std::string cuda = variable(name); !cuda.empty()) folders.push_back(cuda + "/lib64");
  }
  folders.push_back("/usr/local/cuda/lib64");
  return folders;
}

/// Folders that may have lib/python3.*/site-packages.
std::vector<std::string> pythons() {
  std::vector<std::string> folders;
  for (const char* const name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    if (const std::string python = variable(name); !python.empty()) folders.push_back(python);
  }
  if (const std::string home = variable("HOME"); !home.empty()) folders.push_back(home + "/.local");
  folders.insert(folders.end(), {"/usr/local", "/usr"});
  return folders;
}

/// The folders of NVIDIA's packages in all versions of a Python.
std::vector<fs::path> wheels_of(const std::string& python) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& version : fs::directory_iterator(fs::path(python) / "lib", ignored)) {
    if (!version.path().filename().string().starts_with("python3")) continue;
    // Debian's own Python has the second.
    for (const char* const packages : {"site-packages", "dist-packages"}) {
      folders.push_back(version.path() / packages / "nvidia");
    }
  }
  return folders;
}

/// Files that may be the library, the best first.
std::vector<fs::path> candidates(const LibrarySearch& search) {
  std::vector<fs::path> paths;
  for (const fs::path folder : cuda_folders()) {
    for (const std::string& file : search.files) paths.push_back(folder / file);
  }
  for (const std::string& python : pythons()) {
    const std::vector<fs::path> nvidia = wheels_of(python);
    for (const std::string& file : search.files) {
      for (const fs::path& folder : nvidia) {
        for (const std::string& wheel : search.wheels) paths.push_back(folder / wheel / "lib" / file);
      }
    }
  }
  return paths;
}

std::string not_found(const LibrarySearch& search, const std::vector<std::string>& refused) {
  std::vector<std::string> packages;
  for (const std::string& wheel : search.wheels) packages.push_back("nvidia/" + wheel + "/lib");
  const std::string found = refused.empty() ? "" : "What there is could not be opened: " + join(refused, "; ") + ". ";
  return search.name + " was not found. " + found + "Looked for " + join(search.files, " and ") +
         " where the dynamic loader looks, in " + join(cuda_folders()) + ", and in Python's packages (" +
         join(packages) + ") under " + join(pythons()) + ". Install it for the system, or by `pip install " +
         search.package + "` in an active virtual environment, or set " + search.variable + " to the file's path.";
}

/// Where the loader found it, if it tells.
std::string path_of([[maybe_unused]] void* handle, const std::string& asked) {
#ifdef __linux__
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map->l_name != nullptr && *map->l_name != 0) return map->l_name;
#endif
  return asked;
}

constexpr bool cuda_12 = PINSAGE_CUDA_MAJOR == 12;

}  // namespace

// Both versions serve: cuBLAS brings its own CUDA runtime, and shares only the driver's streams and memory with ours.
const LibrarySearch cublas_search = {"cuBLAS",
                                     "12",
                                     "PINSAGE_CUBLAS",
                                     cuda_12 ? std::vector<std::string>{"libcublas.so.12", "libcublas.so.13"}
                                             : std::vector<std::string>{"libcublas.so.13", "libcublas.so.12"},
                                     {"cu13", "cublas"},
                                     cuda_12 ? "nvidia-cublas-cu12" : "nvidia-cublas"};
const LibrarySearch nccl_search = {"NCCL",           "2.4",    "PINSAGE_NCCL",
                                   {"libnccl.so.2"}, {"nccl"}, cuda_12 ? "nvidia-nccl-cu12" : "nvidia-nccl-cu13"};

Library::Library(const LibrarySearch& search) : needed_(search.name + " " + search.version) {
  const std::string given = variable(search.variable);
  if (!given.empty()) {
    if (!open(given)) problem_ = search.name + " could not be opened as " + search.variable + " says: " + problem_;
    return;
  }
  std::vector<std::string> refused;
  for (const std::string& file : search.files) {
    if (open(file)) return;
    // Any other reason is about a file that is there.
    if (!problem_.starts_with(file + ": cannot open shared object file")) refused.push_back(problem_);
  }
  for (const fs::path& path : candidates(search)) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) continue;
    if (open(path.string())) return;
    refused.push_back(problem_);
  }
  problem_ = not_found(search, refused);
}

bool Library::open(const std::string& path) {
  handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) {
    const char* const error = dlerror();
    const std::string reason = error == nullptr ? "no reason given" : error;
    // Which may be about a library that this one needs.
    problem_ = reason.starts_with(path) ? reason : path + ": " + reason;
    return false;
  }
  path_ = path_of(handle_, path);
  problem_.clear();
  return true;
}

void* Library::symbol(const char* name) const {
  if (handle_ == nullptr) throw Error("MISSING_DEPENDENCY", problem_);
  return dlsym(handle_, name);
}

void Library::refuse(const char* missing) const {
  throw Error("MISSING_DEPENDENCY", path_ + " has no " + missing + ": " + needed_ + " or later is needed.");
}

}  // namespace pinsage::cuda
