#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace pinsage {

/// A file as memory, unmapped when the last owner lets go.
class MappedFile {
 public:
  /// Maps a file for reading. Pages are private copy-on-write: a stray write changes this process's copy, never the
  /// file.
  static std::shared_ptr<MappedFile> open(const std::string& path);
  /// Makes (or replaces) a file of this many zero bytes and maps it shared: what is written to the memory is written to
  /// the file. The disk space is reserved first, because a store into a mapped hole of a full disk would kill the
  /// process.
  static std::shared_ptr<MappedFile> create(const std::string& path, size_t bytes);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  void* data() const noexcept { return data_; }
  size_t size() const noexcept { return size_; }
  /// Waits until everything written to a created mapping is on the disk.
  void sync() const;
  /// As sync(), for a part of it, whose pages are then nobody's: they may be taken for others at once.
  void flush(size_t offset, size_t bytes) const;
  /// Says that it will be read here and there: then no more is read from the disk than what is asked for.
  void expect_random_reads() const;

 private:
  MappedFile(std::string path, void* data, size_t size) : path_(std::move(path)), data_(data), size_(size) {}

  std::string path_;
  void* data_;  ///< null when the file is empty
  size_t size_;
};

/// Swaps two paths in one step: at no moment is either of them missing. False where the system or file system cannot.
bool exchange_paths(const std::string& a, const std::string& b);

}  // namespace pinsage
