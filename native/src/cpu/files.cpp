#include "pinsage/files.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "pinsage/error.hpp"

namespace pinsage {
namespace {

[[noreturn]] void throw_io(const std::string& doing, const std::string& path, int error) {
  if (error == ENOENT) throw Error("FILE_NOT_FOUND", "There is no file " + path + ".");
  if (error == ENOMEM) throw Error("OUT_OF_MEMORY", "There is not enough memory for " + doing + " " + path + ".");
  const bool full = error == ENOSPC || error == EDQUOT;
  throw Error("IO", doing + " " + path + ": " + (full ? "the disk is full" : std::strerror(error)) + ".");
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor(const std::string& doing, const std::string& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (fd_ < 0) throw_io(doing, path, errno);
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return fd_; }

 private:
  int fd_;
};

int reserve(int fd, size_t bytes) {
#ifdef __APPLE__
  fstore_t store = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, static_cast<off_t>(bytes), 0};
  if (::fcntl(fd, F_PREALLOCATE, &store) != 0) return errno;
  return ::ftruncate(fd, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
#else
  return ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
#endif
}

}  // namespace

std::shared_ptr<MappedFile> MappedFile::open(const std::string& path) {
  const Descriptor fd("opening", path, O_RDONLY);
  struct stat status;
  if (::fstat(fd, &status) != 0) throw_io("opening", path, errno);
  if (!S_ISREG(status.st_mode)) throw Error("IO", "opening " + path + ": it is not a regular file.");
  const auto size = static_cast<size_t>(status.st_size);
  void* data = nullptr;
  if (size > 0) {
    // NORESERVE: pages that are never written need no memory behind them.
    data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (data == MAP_FAILED) throw_io("mapping", path, errno);
  }
  return std::shared_ptr<MappedFile>(new MappedFile(path, data, size));
}

std::shared_ptr<MappedFile> MappedFile::create(const std::string& path, size_t bytes) {
  const Descriptor fd("creating", path, O_RDWR | O_CREAT | O_TRUNC);
  void* data = nullptr;
  if (bytes > 0) {
    int error = reserve(fd, bytes);
    if (error == 0) {
      data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      if (data == MAP_FAILED) error = errno;
    }
    if (error != 0) {
      ::unlink(path.c_str());
      throw_io("creating", path, error);
    }
  }
  return std::shared_ptr<MappedFile>(new MappedFile(path, data, bytes));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

void MappedFile::sync() const {
  if (data_ != nullptr && ::msync(data_, size_, MS_SYNC) != 0) throw_io("writing", path_, errno);
}

void MappedFile::flush(size_t offset, size_t bytes) const {
  if (data_ == nullptr || offset >= size_) return;
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t begin = offset / page * page, end = offset + std::min(bytes, size_ - offset);
  char* const part = static_cast<char*>(data_) + begin;
  if (::msync(part, end - begin, MS_SYNC) != 0) throw_io("writing", path_, errno);
  ::madvise(part, end - begin, MADV_DONTNEED);
}

void MappedFile::expect_random_reads() const {
  // Advice: what does not help does no harm.
  if (data_ != nullptr) ::madvise(data_, size_, MADV_RANDOM);
}

bool exchange_paths(const std::string& a, const std::string& b) {
#if defined(__APPLE__)
  if (::renamex_np(a.c_str(), b.c_str(), RENAME_SWAP) == 0) return true;
#elif defined(RENAME_EXCHANGE)
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
#else
  errno = ENOSYS;
#endif
  if (errno == ENOSYS || errno == EINVAL || errno == ENOTSUP) return false;
  throw_io("renaming", a, errno);
}

}  // namespace pinsage
