#include "pinsage/files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "check.hpp"

using namespace pinsage;

namespace {

/// A folder that is gone at the end.
struct Folder {
  std::string path = "/tmp/pinsage-files-XXXXXX";
  Folder() { CHECK(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { CHECK(std::system(("rm -r " + path).c_str()) == 0); }
  std::string operator/(const char* name) const { return path + "/" + name; }
};

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST("a created file holds what was written to its memory, an opened one keeps what it has") {
  const Folder folder;
  {
    const auto file = MappedFile::create(folder / "a", 10'000);
    std::memset(file->data(), 7, file->size());
    file->sync();
  }
  CHECK(read(folder / "a") == std::string(10'000, 7));
  const auto file = MappedFile::open(folder / "a");
  CHECK(file->size() == 10'000);
  std::memset(file->data(), 8, file->size());
  CHECK(read(folder / "a") == std::string(10'000, 7));
}

TEST("errors say what is wrong") {
  const Folder folder;
  CHECK(test::error_code([&] { MappedFile::open(folder / "none"); }) == "FILE_NOT_FOUND");
  CHECK(test::error_code([&] { MappedFile::open(folder.path); }) == "IO");
  CHECK(test::error_code([&] { MappedFile::create(folder / "a", size_t{1} << 45); }) == "IO");
  CHECK(::access((folder / "a").c_str(), F_OK) != 0);
  CHECK(test::error_code([&] { exchange_paths(folder / "a", folder / "b"); }) == "FILE_NOT_FOUND");
}

TEST("an empty file has no memory") {
  const Folder folder;
  CHECK(MappedFile::create(folder / "a", 0)->data() == nullptr);
  CHECK(MappedFile::open(folder / "a")->size() == 0);
}

TEST_MAIN()
