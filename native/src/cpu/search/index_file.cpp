// A file of usearch 2.x, numbers little-endian and unaligned:
//
//   rows u32, bytes of a vector u32, the vectors
//   head, 64 bytes: "usearch", version u16 x 3, metric u8, numbers u8, keys u8, links u8, present u64, deleted u64,
//     width u64, several vectors a key u8
//   rows u64, connectivity u64, connectivity of level 0 u64, highest level u64, entry u64
//   level of each vector i16
//   for each vector: key u64, level i16, and for each of its levels count u32 and as many places for links u32 as the
//     level's connectivity
#include "cpu/search/index_file.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <usearch/index.hpp>

#include "pinsage/error.hpp"

namespace pinsage {
namespace {

constexpr size_t kNodeHead = 10;
constexpr uint64_t kMaxConnectivity = 1024;

/// Reads numbers from front to back, and never beyond the end.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  [[noreturn]] void corrupt(const std::string& reason) const {
    throw Error("FILE_CORRUPT", path_ + " is not a usable index: " + reason + ".");
  }
  void check(bool right, const char* reason) const {
    if (!right) corrupt(reason);
  }

  const std::byte* skip(uint64_t count) {
    check(count <= bytes_.size(), "it is shorter than it says");
    const std::byte* const begin = bytes_.data();
    bytes_ = bytes_.subspan(count);
    return begin;
  }

  template <class Number>
  Number read() {
    return at<Number>(skip(sizeof(Number)));
  }

  template <class Number>
  static Number at(const std::byte* place) {
    Number value;
    std::memcpy(&value, place, sizeof(value));
    return value;
  }

  size_t left() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  const std::string& path_;
};

VectorIndex::Metric metric_of(uint8_t kind, const Reader& reader) {
  if (kind == 'c') return VectorIndex::Metric::cosine;
  reader.check(kind == 'i', "its metric is neither the cosine nor the inner product");
  return VectorIndex::Metric::dot;
}

/// usearch's numbers for types.
constexpr uint8_t kU64 = 14, kU32 = 15;
struct Kind {
  VectorIndex::Store store;
  uint8_t number;
  size_t bytes;
};
constexpr Kind kKinds[] = {
    {VectorIndex::Store::f32, 11, 4}, {VectorIndex::Store::f16, 12, 2}, {VectorIndex::Store::i8, 23, 1}};

VectorIndex::Store store_of(uint8_t number, const Reader& reader) {
  for (const Kind& kind : kKinds) {
    if (kind.number == number) return kind.store;
  }
  reader.corrupt("its numbers are of an unknown type");
}

const Kind& kind_of(VectorIndex::Store store) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& kind) { return kind.store == store; });
}

}  // namespace

size_t bytes_of(VectorIndex::Store store) {
  return kind_of(store).bytes;
}

IndexFile check_index_file(std::span<const std::byte> file, const std::string& path) {
  Reader reader(file, path);
  const uint64_t rows = reader.read<uint32_t>();
  const uint64_t row_bytes = reader.read<uint32_t>();
  const std::byte* const vectors = reader.skip(rows * row_bytes);

  const std::byte* const head = reader.skip(kIndexHead);
  reader.check(std::memcmp(head, "usearch", 7) == 0, "it has no head of usearch");
  if (const auto major = Reader::at<uint16_t>(head + 7); major != 2) {
    throw Error("FILE_VERSION",
                path + " is of version " + std::to_string(major) + " of usearch; this program reads 2.");
  }
  const auto kind = [&](size_t offset) { return Reader::at<uint8_t>(head + offset); };
  IndexFile index{};
  index.rows = rows;
  index.vectors = vectors;
  VectorIndex::Options& options = index.options;
  options.metric = metric_of(kind(13), reader);
  options.store = store_of(kind(14), reader);
  reader.check(kind(15) == kU64 && kind(16) == kU32, "its keys or links are of another type");
  const auto present = Reader::at<uint64_t>(head + 17), deleted = Reader::at<uint64_t>(head + 25);
  reader.check(present <= rows && deleted == rows - present, "it counts its vectors wrongly");
  options.width = Reader::at<uint64_t>(head + 33);
  reader.check(options.width > 0 && options.width <= row_bytes && options.width * bytes_of(options.store) == row_bytes,
               "its vectors are not as wide as it says");
  reader.check(kind(41) == 0, "it has several vectors a key");

  index.graph = file.size() - reader.left();
  reader.check(reader.read<uint64_t>() == rows, "it has not as many nodes as vectors");
  options.connectivity = reader.read<uint64_t>();
  const auto base = reader.read<uint64_t>();
  reader.check(options.connectivity >= 2 && options.connectivity <= kMaxConnectivity && base >= options.connectivity &&
                   base <= 2 * kMaxConnectivity,
               "its connectivity is out of range");
  const auto highest = reader.read<uint64_t>();
  const auto entry = reader.read<uint64_t>();
  if (rows == 0) return index;

  const std::byte* const levels = reader.skip(rows * sizeof(int16_t));
  const auto level_of = [&](uint64_t row) { return Reader::at<int16_t>(levels + row * sizeof(int16_t)); };
  reader.check(entry < rows && highest < 64 && level_of(entry) == static_cast<int>(highest), "it has no entry");
  for (uint64_t row = 0; row < rows; ++row) {
    const int level = level_of(row);
    reader.check(level >= 0 && level <= static_cast<int>(highest), "the level of a node is out of range");
    const std::byte* const node = reader.skip(kNodeHead);
    const auto key = Reader::at<uint64_t>(node);
    index.removed += key == kRemovedKey;
    reader.check(key == kRemovedKey || key < 0xffffffffu, "a key is not a row");
    reader.check(Reader::at<int16_t>(node + 8) == level, "a node has two levels");
    for (int l = 0; l <= level; ++l) {
      const uint64_t places = l == 0 ? base : options.connectivity;
      const auto count = reader.read<uint32_t>();
      reader.check(count <= places, "a node has more links than places for them");
      const std::byte* const links = reader.skip(places * sizeof(uint32_t));
      for (uint32_t i = 0; i < count; ++i) {
        const auto link = Reader::at<uint32_t>(links + i * sizeof(uint32_t));
        reader.check(link < rows && (l == 0 || level_of(link) >= l), "a link leads nowhere");
      }
    }
  }
  reader.check(index.removed == deleted, "it counts its vectors wrongly");
  reader.check(reader.left() == 0, "something follows its end");
  return index;
}

std::array<std::byte, kIndexHead> index_head(const VectorIndex::Options& options, size_t rows, size_t removed) {
  std::array<std::byte, kIndexHead> head{};
  const auto put = [&](size_t offset, auto value) { std::memcpy(head.data() + offset, &value, sizeof(value)); };
  std::memcpy(head.data(), "usearch", 7);
  put(7, uint16_t{USEARCH_VERSION_MAJOR});
  put(9, uint16_t{USEARCH_VERSION_MINOR});
  put(11, uint16_t{USEARCH_VERSION_PATCH});
  put(13, options.metric == VectorIndex::Metric::cosine ? 'c' : 'i');
  put(14, kind_of(options.store).number);
  put(15, kU64);
  put(16, kU32);
  put(17, uint64_t{rows - removed});
  put(25, uint64_t{removed});
  put(33, uint64_t{options.width});
  return head;
}

}  // namespace pinsage
