// Libraries that are opened at run time: where they are looked for, and what is said where there is none.
#include <dlfcn.h>
#include <omp.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "check.hpp"
#include "cuda/library.hpp"

using namespace pinsage;
using cuda::Library;
namespace fs = std::filesystem;

static const cuda::LibrarySearch search = {
    "Test",        "3", "PINSAGE_TEST_LIBRARY", {"libpinsage-b.so.2", "libpinsage-b.so.1"}, {"first", "second"},
    "pinsage-test"};

/// A folder of the test's own, in which nothing else is installed.
struct Machine {
  fs::path root = fs::temp_directory_path() / ("pinsage-library-" + std::to_string(omp_get_wtime()));

  Machine() {
    for (const char* const name : {"CUDA_PATH", "CONDA_PREFIX", "HOME", "PINSAGE_TEST_LIBRARY"}) unsetenv(name);
    setenv("CUDA_HOME", (root / "cuda").c_str(), 1);
    setenv("VIRTUAL_ENV", (root / "python").c_str(), 1);
  }
  ~Machine() { fs::remove_all(root); }

  fs::path place(const fs::path& path) const {
    fs::create_directories((root / path).parent_path());
    return root / path;
  }
  /// A library that can be opened: OpenMP's, under another name.
  fs::path good(const fs::path& path) const {
    Dl_info info;
    dladdr(reinterpret_cast<void*>(&omp_get_max_threads), &info);
    fs::create_symlink(fs::canonical(info.dli_fname), place(path));
    return root / path;
  }
  fs::path bad(const fs::path& path) const {
    std::ofstream(place(path)) << "No machine code.";
    return root / path;
  }
};

static bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

static const std::string wheel = "python/lib/python3.11/site-packages/nvidia/second/lib/";

TEST("a library that is nowhere: what was looked for where, and what to do") {
  const Machine machine;
  const Library library(search);
  CHECK(library.path().empty());
  for (const std::string& part :
       {std::string("Test was not found"), std::string("libpinsage-b.so.2 and libpinsage-b.so.1"),
        (machine.root / "cuda/lib64").string(), (machine.root / "python").string(), std::string("nvidia/second/lib"),
        std::string("pip install pinsage-test"), std::string("set PINSAGE_TEST_LIBRARY")}) {
    CHECK(contains(library.problem(), part));
  }
  CHECK(test::error_code([&] { library.function<int()>("omp_get_max_threads"); }) == "MISSING_DEPENDENCY");
}

TEST("CUDA's folder and Python's packages are searched") {
  for (const std::string& path : {std::string("cuda/lib64/libpinsage-b.so.1"), wheel + "libpinsage-b.so.2"}) {
    const Machine machine;
    const fs::path file = machine.good(path);
    const Library library(search);
    CHECK(library.problem().empty());
    CHECK(!library.path().empty() && fs::equivalent(library.path(), file));
    auto* const threads = library.function<int()>("omp_get_max_threads");
    CHECK(threads != nullptr && threads() == omp_get_max_threads());
    int (*missing)() = nullptr;
    CHECK(library.function<int()>("pinsage_has_no_such_function") == nullptr);
    CHECK(test::error_code([&] { library.find(missing, "pinsage_has_no_such_function"); }) == "MISSING_DEPENDENCY");
  }
}

TEST("a file that cannot be opened is passed over, and named where there is no other") {
  const Machine machine;
  const fs::path file = machine.bad("cuda/lib64/libpinsage-b.so.2");
  const std::string problem = Library(search).problem();
  CHECK(contains(problem, "could not be opened: " + file.string() + ": "));
  machine.good(wheel + "libpinsage-b.so.1");
  CHECK(Library(search).problem().empty());
}

TEST("the variable comes before all else") {
  const Machine machine;
  machine.bad("cuda/lib64/libpinsage-b.so.2");
  const fs::path good = machine.good("elsewhere/any.so");
  setenv("PINSAGE_TEST_LIBRARY", good.c_str(), 1);
  CHECK(Library(search).problem().empty());
}

TEST("what the variable names is not replaced by another") {
  const Machine machine;
  machine.good("cuda/lib64/libpinsage-b.so.2");
  for (const fs::path& path : {machine.bad("elsewhere/any.so"), machine.root / "none.so"}) {
    setenv("PINSAGE_TEST_LIBRARY", path.c_str(), 1);
    const Library library(search);
    CHECK(library.path().empty());
    CHECK(contains(library.problem(), "PINSAGE_TEST_LIBRARY says: " + path.string() + ": "));
  }
}

TEST_MAIN()
