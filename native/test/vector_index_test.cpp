#include "pinsage/vector_index.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"

using namespace pinsage;

namespace {

constexpr size_t kWidth = 7;  // not a whole number of registers

struct File {
  std::string path = "/tmp/pinsage-index-XXXXXX";
  File() { ::close(::mkstemp(path.data())); }
  ~File() { std::remove(path.c_str()); }

  std::string read() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
};

std::vector<float> numbers(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count * kWidth);
  for (float& value : values) value = static_cast<float>(random() % 2001) - 1000;
  return values;
}

std::vector<uint32_t> keys(size_t count, uint32_t first = 0) {
  std::vector<uint32_t> result(count);
  for (size_t i = 0; i < count; ++i) result[i] = first + static_cast<uint32_t>(i);
  return result;
}

std::shared_ptr<VectorIndex> filled(const std::vector<float>& vectors, VectorIndex::Store store) {
  auto index = VectorIndex::create({.width = kWidth, .store = store, .connectivity = 4});
  index->add(keys(vectors.size() / kWidth), {vectors.data(), vectors.size() / kWidth, kWidth}, {});
  return index;
}

struct Found {
  std::vector<uint32_t> ids, counts;
  std::vector<float> scores;
};

Found search(const VectorIndex& index, const std::vector<float>& queries, size_t top) {
  const size_t n = queries.size() / kWidth;
  Found found{std::vector<uint32_t>(n * top), std::vector<uint32_t>(n), std::vector<float>(n * top)};
  index.search({queries.data(), n, kWidth}, {}, 64, {found.ids, found.scores, found.counts, top}, {});
  return found;
}

}  // namespace

TEST("every vector is nearest to itself, however numbers are kept") {
  const auto vectors = numbers(500, 1);
  for (const auto store : {VectorIndex::Store::f32, VectorIndex::Store::f16, VectorIndex::Store::i8}) {
    const auto index = filled(vectors, store);
    const auto found = search(*index, vectors, 1);
    size_t own = 0;
    for (size_t i = 0; i < found.ids.size(); ++i) own += found.ids[i] == i;
    CHECK(own > 480);
    CHECK(std::abs(found.scores[0] - 1) < 0.02);
  }
}

TEST("a damaged file is refused, or answers from other numbers") {
  const File file;
  const auto vectors = numbers(120, 2);
  const auto queries = numbers(5, 3);
  std::mt19937 random(4);
  size_t refused = 0;
  for (const auto store : {VectorIndex::Store::f32, VectorIndex::Store::i8}) {
    filled(vectors, store)->save(file.path, {});
    const std::string whole = file.read();
    for (int round = 0; round < 1000; ++round) {
      std::string damaged = whole;
      if (round % 10 == 0) damaged.resize(random() % whole.size());
      for (int change = random() % 3; change >= 0 && !damaged.empty(); --change)
        damaged[random() % damaged.size()] = static_cast<char>(random() % (round % 2 ? 256 : 4));
      file.write(damaged);
      const std::string code = test::error_code([&] {
        const auto index = VectorIndex::open(file.path, round % 3 == 0);
        search(*index, queries, 3);
        if (index->writable()) index->add(keys(2, 1000), {vectors.data(), 2, kWidth}, {});
      });
      if (!code.empty()) {
        CHECK(code == "FILE_CORRUPT" || code == "FILE_VERSION");
        ++refused;
      }
    }
  }
  CHECK(refused > 200);
}

TEST("threads add, remove and search at once") {
  const auto index = VectorIndex::create({.width = kWidth, .connectivity = 4});
  const auto vectors = numbers(600, 5);
  std::vector<std::thread> threads;
  for (uint32_t part = 0; part < 3; ++part) {
    threads.emplace_back([&, part] {
      for (uint32_t begin = part * 200; begin < part * 200 + 200; begin += 20)
        index->add(keys(20, begin), {vectors.data() + begin * kWidth, 20, kWidth}, {.threads = 1});
      index->remove(keys(10, part * 200));
    });
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) search(*index, numbers(1, 6), 5);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(index->size() == 570);
  const auto found = search(*index, vectors, 1);
  for (const uint32_t id : found.ids) CHECK(id % 200 >= 10);
}

TEST("places of removed vectors are used again, also when an addition was aborted") {
  const File file;
  const auto vectors = numbers(100, 7);
  const auto index = filled(vectors, VectorIndex::Store::f32);
  index->save(file.path, {});
  const size_t bytes = file.read().size();
  index->remove(keys(30));
  const Matrix first{vectors.data(), 30, kWidth};
  Control control{.cancel = 1};
  CHECK(test::error_code([&] { index->add(keys(30, 1000), first, {.control = &control}); }) == "ABORTED");
  CHECK(index->size() == 70);
  index->add(keys(30, 2000), first, {});
  CHECK(index->size() == 100);
  const auto found = search(*index, vectors, 1);
  size_t own = 0;
  for (uint32_t i = 0; i < 100; ++i) own += found.ids[i] == (i < 30 ? 2000 + i : i);
  CHECK(own > 95);
  index->save(file.path, {});
  // Levels are those of the places, so that nothing grew.
  CHECK(file.read().size() == bytes);
  const auto opened = VectorIndex::open(file.path, true);
  opened->remove(keys(100));
  CHECK(opened->size() == 30);
}

TEST_MAIN()
