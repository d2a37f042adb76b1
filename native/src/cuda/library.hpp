#pragma once

#include <string>
#include <vector>

/// Libraries that are opened when they are first needed, so that the addon works where they are not.
namespace pinsage::cuda {

/// Where a library may be.
struct LibrarySearch {
  std::string name;                 ///< as people call it: "cuBLAS"
  std::string version;              ///< the first that has all functions
  std::string variable;             ///< an environment variable that holds its path, before all else
  std::vector<std::string> files;   ///< as "libcublas.so.13", the best first: looked for by the dynamic loader, in
                                    ///< CUDA's folder and in Python's packages
  std::vector<std::string> wheels;  ///< as "cu13", for site-packages/nvidia/cu13/lib
  std::string package;              ///< the Python package that brings it
};

extern const LibrarySearch cublas_search, nccl_search;

/// A library that was opened, or why it was not. It stays open to the end of the process.
class Library {
 public:
  explicit Library(const LibrarySearch& search);

  /// Empty where it is open.
  const std::string& problem() const { return problem_; }
  const std::string& path() const { return path_; }

  /// A function of this name, or null. Throws MISSING_DEPENDENCY where the library is not open.
  template <class Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(symbol(name));
  }
  /// Sets a pointer to such a function. Throws MISSING_DEPENDENCY also where the library is too old to have it.
  template <class Function>
  void find(Function*& function, const char* name) const {
    function = this->function<Function>(name);
    if (function == nullptr) refuse(name);
  }

 private:
  void* symbol(const char* name) const;
  [[noreturn]] void refuse(const char* missing) const;
  /// Whether it could be opened; else the loader's reason is in problem_.
  bool open(const std::string& path);

  void* handle_ = nullptr;
  std::string path_, problem_, needed_;
};

}  // namespace pinsage::cuda
