#include "cpu/graph/simd.hpp"

#include <algorithm>
#include <array>
#include <random>

#include "check.hpp"
#include "cpu/graph/simd_plain.hpp"
#include "each_target.hpp"
#include "pinsage/pagerank.hpp"
#include "pinsage/philox.hpp"
#include "random_graph.hpp"

using namespace pinsage;
using test::on_each_target;

static std::vector<uint32_t> random_numbers(size_t count, uint32_t below, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint32_t> numbers(count + simd::padding);
  for (uint32_t& number : numbers) number = below == 0 ? static_cast<uint32_t>(random()) : random() % below;
  return numbers;
}

TEST("sort sorts") {
  on_each_target([] {
    for (size_t count = 0; count < 700; ++count) {
      for (const uint32_t below : {0u, 5u, 1000u}) {
        std::vector<uint32_t> numbers = random_numbers(count, below, static_cast<uint32_t>(count)),
                              scratch(numbers.size());
        std::vector<uint32_t> expected(numbers.begin(), numbers.begin() + count);
        std::sort(expected.begin(), expected.end());
        const uint32_t* sorted = simd::sort(numbers.data(), count, scratch.data());
        CHECK(std::equal(expected.begin(), expected.end(), sorted));
      }
    }
    std::vector<uint32_t> many = random_numbers(100'003, 0, 1), scratch(many.size());
    const uint32_t* sorted = simd::sort(many.data(), 100'003, scratch.data());
    CHECK(std::is_sorted(sorted, sorted + 100'003));
  });
}

TEST("visits are counted, and the most visited come first") {
  on_each_target([] {
    for (size_t size = 0; size < 300; ++size) {
      for (const uint32_t below : {1u, 7u, 200u, 100'000u}) {
        std::vector<uint32_t> visits = random_numbers(size, below, static_cast<uint32_t>(size)), scratch(visits.size());
        std::vector<uint32_t> ids(visits.size()), counts(visits.size()), expected_ids(visits.size()),
            expected_counts(visits.size());
        std::vector<uint32_t> same = visits;
        const size_t distinct = simd::count_visits(visits.data(), size, scratch.data(), ids.data(), counts.data());
        CHECK(distinct ==
              simd::plain::count_visits(same.data(), size, nullptr, expected_ids.data(), expected_counts.data()));
        CHECK(std::equal(ids.begin(), ids.begin() + distinct, expected_ids.begin()));
        CHECK(std::equal(counts.begin(), counts.begin() + distinct, expected_counts.begin()));

        if (distinct > 2) {
          simd::remove(ids[1], ids.data(), counts.data(), distinct);
          CHECK(counts[1] == 0 && counts[0] == expected_counts[0] && counts[2] == expected_counts[2]);
        }
        if (size % 2 == 1 && distinct > 0) counts[0] = 0xfffffff0 + size % 16;  // too large for one key with the place
        for (const size_t limit : {1, 3, 50, 1000}) {
          const size_t room = std::min(limit, distinct) + simd::padding;
          std::vector<uint32_t> work(3 * room), top_ids(room + 16), top_counts(room + 16);
          const size_t kept =
              simd::top(ids.data(), counts.data(), distinct, limit, work.data(), top_ids.data(), top_counts.data());
          CHECK(kept == simd::plain::top(ids.data(), counts.data(), distinct, limit, nullptr, expected_ids.data(),
                                         expected_counts.data()));
          CHECK(std::equal(top_ids.begin(), top_ids.begin() + kept, expected_ids.begin()));
          CHECK(std::equal(top_counts.begin(), top_counts.begin() + kept, expected_counts.begin()));
        }
      }
    }
  });
}

TEST("draw_words draws Philox words") {
  on_each_target([] {
    for (const size_t count : {1, 7, 16, 100}) {
      const auto starts = random_numbers(count, 0, 1), walks = random_numbers(count, 0, 2);
      std::vector<uint32_t> words[4];
      for (auto& column : words) column.resize(count + simd::padding);
      uint32_t* const columns[4] = {words[0].data(), words[1].data(), words[2].data(), words[3].data()};
      for (const uint64_t seed : {uint64_t{0}, ~uint64_t{0}, uint64_t{0x0123456789abcdef}}) {
        simd::draw_words(seed, 3, 0xfedcba98, starts.data(), walks.data(), count, columns);
        for (size_t i = 0; i < count; ++i) {
          const Words expected = philox4x32(seed, {starts[i], walks[i], 3, 0xfedcba98});
          CHECK(Words{words[0][i], words[1][i], words[2][i], words[3][i]} == expected);
        }
      }
    }
  });
}

TEST("keep_at_least keeps in order") {
  on_each_target([] {
    for (const size_t count : {0, 1, 5, 16, 17, 500}) {
      const auto values = random_numbers(count, 0, 3);
      for (const uint32_t least : {0u, 1u, 0x80000000u, 0xffffffffu}) {
        auto a = random_numbers(count, 0, 4), b = random_numbers(count, 0, 5);
        std::vector<uint32_t> expected_a, expected_b;
        for (size_t i = 0; i < count; ++i) {
          if (values[i] < least) continue;
          expected_a.push_back(a[i]);
          expected_b.push_back(b[i]);
        }
        uint32_t* const columns[2] = {a.data(), b.data()};
        CHECK(simd::keep_at_least(values.data(), least, count, columns, 2) == expected_a.size());
        CHECK(std::equal(expected_a.begin(), expected_a.end(), a.begin()));
        CHECK(std::equal(expected_b.begin(), expected_b.end(), b.begin()));
      }
    }
  });
}

TEST("PageRank does not depend on the instruction set") {
  for (const bool weighted : {false, true}) {
    const test::RandomGraph random(9, 700, 90, 6000, weighted);
    const std::vector<PinId> queries = {0, 3, 17, 650, 699};
    std::vector<float> expected;
    on_each_target([&] {
      std::vector<float> scores(queries.size() * random.graph.pins());
      page_rank(random.graph, queries, {}, scores, {.threads = 2});
      if (expected.empty()) expected = scores;
      CHECK(scores == expected);
    });
  }
}

TEST_MAIN()
