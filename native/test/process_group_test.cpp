#include "pinsage/process_group.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <thread>

#include "check.hpp"
#include "group/wire.hpp"

using namespace pinsage;
using Wire = ProcessGroup::Wire;

namespace {

#ifdef PINSAGE_HAVE_GLOO

/// Groups of one process each would be the same: every one has its own threads and sockets.
class Groups {
 public:
  using Addresses = std::vector<std::vector<std::string>>;
  explicit Groups(size_t size, int timeout = 20'000, void (*before)(const Addresses&) = nullptr) {
    Addresses addresses;
    for (size_t rank = 0; rank < size; ++rank) {
      const ProcessGroup::Options options{rank, size, "127.0.0.1", ProcessGroup::Time(timeout)};
      groups_.push_back(std::make_unique<ProcessGroup>(options));
      addresses.push_back(groups_.back()->addresses());
    }
    if (before != nullptr) before(addresses);
    each([&](size_t rank, ProcessGroup& group) {
      std::vector<std::string> mine;
      for (const auto& others : addresses) mine.push_back(others[rank]);
      group.connect(mine);
    });
  }

  ProcessGroup& operator[](size_t rank) { return *groups_[rank]; }

  /// Runs body(rank, group) for all at the same time; the codes of what they throw.
  template <class Body>
  std::vector<std::string> each(Body body) {
    std::vector<std::string> codes(groups_.size());
    std::vector<std::thread> threads;
    for (size_t rank = 0; rank < groups_.size(); ++rank) {
      threads.emplace_back([&, rank] { codes[rank] = test::error_code([&] { body(rank, *groups_[rank]); }); });
    }
    for (std::thread& thread : threads) thread.join();
    return codes;
  }

 private:
  std::vector<std::unique_ptr<ProcessGroup>> groups_;
};

const std::vector<std::string> all_well(size_t size) {
  return std::vector<std::string>(size);
}

float number(size_t rank, size_t i) {
  return std::sin(static_cast<float>(rank * 1000 + i)) * std::ldexp(1.0f, static_cast<int>(i % 9) - 4);
}

std::vector<float> numbers(size_t rank, size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = number(rank, i);
  return values;
}

TEST("all_reduce sums in the order of ranks, to the same bits everywhere, whatever the lengths") {
  for (const size_t size : {1, 2, 3, 5}) {
    Groups groups(size);
    for (const size_t count : {0, 1, 2, 3, 7, 1000, 300'001}) {
      std::vector<std::vector<float>> sums(size);
      const auto codes = groups.each([&](size_t rank, ProcessGroup& group) {
        sums[rank] = numbers(rank, count);
        const std::span<float> whole(sums[rank]);
        group.wait(group.all_reduce({whole.first(count / 3), {}, whole.subspan(count / 3)}, Wire::f32));
      });
      CHECK(codes == all_well(size));
      std::vector<float> expected(count);
      for (size_t rank = 0; rank < size; ++rank) {
        for (size_t i = 0; i < count; ++i) expected[i] += number(rank, i);
      }
      for (size_t rank = 0; rank < size; ++rank) CHECK(sums[rank] == expected);
    }
  }
}

/// Numbers in the rows that this process touches only, and once a -0, which is a number too.
std::vector<float> table(size_t rank, size_t rows, size_t width, size_t every) {
  std::vector<float> values(rows * width);
  for (size_t row = rank; row < rows; row += every) {
    for (size_t i = 0; i < width; ++i) values[row * width + i] = number(rank, row * width + i);
  }
  if (rows > 5) values[5 * width] = -0.0f;
  return values;
}

TEST("of tables only rows travel that somebody touched, to the same bits as all of them") {
  constexpr size_t size = 3;
  Groups groups(size);
  const auto bits = [](const std::vector<float>& values) {
    std::vector<uint32_t> bits;
    for (const float value : values) bits.push_back(std::bit_cast<uint32_t>(value));
    return bits;
  };
  for (const Wire wire : {Wire::f32, Wire::bf16}) {
    for (const auto& [rows, width, every] :
         {std::array<size_t, 3>{0, 4, 3}, {1, 1, 3}, {64, 7, 4}, {1000, 16, 100}, {1000, 16, 3}, {130, 5, 1'000'000}}) {
      std::vector<std::vector<float>> dense(size), sparse(size), extra(size);
      std::array<uint64_t, size> whole{}, less{};
      const auto codes = groups.each([&](size_t rank, ProcessGroup& group) {
        const uint64_t before = group.sent();
        dense[rank] = sparse[rank] = table(rank, rows, width, every);
        extra[rank] = numbers(rank, 100);
        group.wait(group.all_reduce({dense[rank]}, wire));
        whole[rank] = group.sent() - before;
        // Another table that nobody touches, and numbers that are no table.
        std::vector<float> untouched(rows * 3);
        group.wait(group.all_reduce({sparse[rank], untouched, extra[rank]}, wire, {width, 3, 0}));
        CHECK(bits(untouched) == std::vector<uint32_t>(rows * 3));
        less[rank] = group.sent() - before - whole[rank];
      });
      CHECK(codes == all_well(size));
      for (size_t rank = 0; rank < size; ++rank) {
        CHECK(bits(sparse[rank]) == bits(dense[0]));
        CHECK(extra[rank] == extra[0]);
        if (every == 100) CHECK(less[rank] < whole[rank] / 10);
      }
    }
  }
}

TEST("16-bit numbers are near, and the same bits everywhere") {
  constexpr size_t size = 3, count = 10'007;
  Groups groups(size);
  for (const Wire wire : {Wire::f16, Wire::bf16}) {
    // Small ones would vanish as plain halves, large ones overflow.
    for (const float scale : {1.0f, 1e-12f, 1e12f, 1e-38f}) {
      std::vector<std::vector<float>> sums(size);
      groups.each([&](size_t rank, ProcessGroup& group) {
        sums[rank] = numbers(rank, count);
        for (float& value : sums[rank]) value *= scale;
        group.wait(group.all_reduce({sums[rank]}, wire));
      });
      CHECK(sums[0] == sums[1]);
      CHECK(sums[0] == sums[2]);
      // 16 is the largest number of each process; a sum is rounded once more.
      const float unit = 16 * scale * (wire == Wire::f16 ? 0x1p-11f : 0x1p-8f);
      float worst = 0;
      for (size_t i = 0; i < count; ++i) {
        const double exact = (double(number(0, i)) + number(1, i) + number(2, i)) * scale;
        worst = std::max(worst, std::abs(float(sums[0][i] - exact)));
      }
      CHECK(worst < 4 * unit);
      CHECK(worst > 0);
    }
  }
}

TEST("what is not finite stays so") {
  Groups groups(2);
  for (const Wire wire : {Wire::f32, Wire::f16, Wire::bf16}) {
    for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      std::vector<std::vector<float>> sums(2);
      groups.each([&](size_t rank, ProcessGroup& group) {
        sums[rank] = numbers(rank, 8);
        if (rank == 1) sums[rank][5] = bad;
        group.wait(group.all_reduce({sums[rank]}, wire));
      });
      CHECK(!std::isfinite(sums[0][5]));
      CHECK(!std::isfinite(sums[1][5]));
    }
  }
}

TEST("all_gather and reduce_scatter, of parts of any lengths") {
  constexpr size_t size = 3;
  Groups groups(size);
  for (const std::vector<size_t>& counts : {std::vector<size_t>{4, 4, 4}, {0, 5, 1}, {0, 0, 70'000}, {0, 0, 0}}) {
    const size_t total = counts[0] + counts[1] + counts[2];
    std::vector<float> gathered, summed;
    for (size_t rank = 0; rank < size; ++rank) {
      for (size_t i = 0; i < counts[rank]; ++i) gathered.push_back(number(rank, i));
    }
    for (size_t i = 0; i < total; ++i) summed.push_back(number(0, i) + number(1, i) + number(2, i));
    const auto codes = groups.each([&](size_t rank, ProcessGroup& group) {
      std::vector<float> all(total), own = numbers(rank, counts[rank]);
      group.wait(group.all_gather(own, counts, all, rank == 1));
      CHECK(all == gathered);
      all = numbers(rank, total);
      group.wait(group.reduce_scatter(all, counts, own));
      const size_t first = rank == 0 ? 0 : rank == 1 ? counts[0] : counts[0] + counts[1];
      CHECK(own == std::vector<float>(summed.begin() + first, summed.begin() + first + counts[rank]));
    });
    CHECK(codes == all_well(size));
  }
}

TEST("operations run in the order of their start, while their caller does something else") {
  Groups groups(2);
  groups.each([&](size_t rank, ProcessGroup& group) {
    std::vector<std::vector<float>> values;
    for (size_t i = 0; i < 50; ++i) values.push_back(numbers(rank + i, 10'000));
    uint64_t last = 0;
    for (auto& array : values) last = group.all_reduce({array}, Wire::f32);
    group.wait(last);
    CHECK(group.completed() == 50);
    for (size_t i = 0; i < 50; ++i) CHECK(values[i][77] == number(i, 77) + number(i + 1, 77));
  });
}

TEST("when one ends, the others hear so at once, and ever after") {
  for (const size_t size : {2, 3, 5}) {
    Groups groups(size, 60'000);
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::string> reasons(size);
    const auto codes = groups.each([&](size_t rank, ProcessGroup& group) {
      std::vector<float> values(100'000);
      group.wait(group.all_reduce({values}, Wire::f32));
      if (rank == size - 1) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return group.close();
      }
      try {
        group.wait(group.all_reduce({values}, Wire::f32));
      } catch (const Error& error) {
        reasons[rank] = error.what();
        // The others do not take this one for the cause.
        group.close();
        throw;
      }
    });
    const std::string who = "Process " + std::to_string(size - 1) + " of " + std::to_string(size) + " was lost";
    for (size_t rank = 0; rank + 1 < size; ++rank) CHECK(reasons[rank].starts_with(who));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
    for (size_t rank = 0; rank + 1 < size; ++rank) {
      CHECK(codes[rank] == "PEER_LOST");
      std::vector<float> values(1);
      CHECK(test::error_code([&] { groups[rank].wait(groups[rank].all_reduce({values}, Wire::f32)); }) == "PEER_LOST");
    }
    std::vector<float> values(1);
    CHECK(test::error_code([&] { groups[size - 1].all_reduce({values}, Wire::f32); }) == "CLOSED");
  }
}

TEST("who waits for another one in another way can ask whether it is still there") {
  Groups groups(3);
  for (size_t rank = 0; rank < 3; ++rank) groups[rank].check();
  groups[2].close();
  CHECK(test::error_code([&] { groups[2].check(); }) == "CLOSED");
  for (size_t rank = 0; rank < 2; ++rank) {
    std::string code;
    while (code.empty()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      code = test::error_code([&] { groups[rank].check(); });
    }
    CHECK(code == "PEER_LOST");
  }
}

TEST("strangers who come first are passed over") {
  Groups groups(3, 20'000, [](const Groups::Addresses& addresses) {
    for (const std::string_view word : {"", "me", "thirty-two bytes of no known key."}) {
      const int stranger = socket(AF_INET, SOCK_STREAM, 0);
      CHECK(connect(stranger, reinterpret_cast<const sockaddr*>(addresses[0][1].data()), sizeof(sockaddr_in)) == 0);
      CHECK(write(stranger, word.data(), word.size()) == static_cast<ssize_t>(word.size()));
      close(stranger);
    }
  });
  const auto codes = groups.each([&](size_t rank, ProcessGroup& group) {
    std::vector<float> values = numbers(rank, 100);
    group.wait(group.all_reduce({values}, Wire::f32));
  });
  CHECK(codes == all_well(3));
}

TEST("one that leaves has still sent what it sent") {
  constexpr size_t size = 3;
  for (int round = 0; round < 20; ++round) {
    Groups groups(size);
    const auto codes = groups.each([&](size_t rank, ProcessGroup& group) {
      std::vector<float> own(rank == 0 ? 100'000 : 0, 1), all(100'000);
      group.wait(group.all_gather(own, {100'000, 0, 0}, all, false));
      CHECK(all[99'999] == 1);
      group.close();
    });
    CHECK(codes == all_well(size));
  }
}

TEST("close() ends the waits of this process itself") {
  Groups groups(2);
  std::vector<float> values(10);
  const uint64_t operation = groups[0].all_gather(values, {10, 0}, values, true);
  std::thread closing([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    groups[0].close();
  });
  CHECK(test::error_code([&] { groups[0].wait(operation + 1); }) == "CLOSED");
  closing.join();
}

TEST("calls that differ do not meet: time runs out") {
  Groups groups(2, 300);
  const auto codes = groups.each([&](size_t rank, ProcessGroup& group) {
    std::vector<float> values(rank == 0 ? 1000 : 2000);
    group.wait(group.all_reduce({values}, Wire::f32));
  });
  CHECK(codes[0] == "PEER_LOST");
  CHECK(codes[1] == "PEER_LOST");
}

TEST("arguments are checked") {
  const auto code = [](size_t rank, size_t size, const char* host) {
    return test::error_code([&] { ProcessGroup({rank, size, host}); });
  };
  CHECK(code(2, 2, "127.0.0.1") == "INVALID_ARGUMENT");
  CHECK(code(0, 2, "192.0.2.1") == "INVALID_ARGUMENT");
  CHECK(code(0, 2, "no such name.invalid") == "INVALID_ARGUMENT");
  Groups groups(2);
  std::vector<float> values(3);
  CHECK(test::error_code([&] { groups[0].all_gather(values, {3}, values, false); }) == "INVALID_ARGUMENT");
  CHECK(test::error_code([&] { groups[0].all_gather(values, {2, 1}, values, false); }) == "INVALID_ARGUMENT");
  CHECK(test::error_code([&] { groups[0].reduce_scatter(values, {3, 1}, values); }) == "INVALID_ARGUMENT");
  CHECK(test::error_code([&] { groups[0].all_reduce({values}, Wire::f32, {2}); }) == "INVALID_ARGUMENT");
  CHECK(test::error_code([&] { groups[0].all_reduce({values}, Wire::f32, {3, 3}); }) == "INVALID_ARGUMENT");
  CHECK(test::error_code([&] { groups[0].connect({"", "short"}); }) == "INVALID_ARGUMENT");
  CHECK(test::error_code([&] { groups[0].connect({"", groups[1].addresses()[0]}); }) == "INVALID_ARGUMENT");
}

#else

TEST("a build without Gloo says what to install") {
  try {
    ProcessGroup({0, 2, "127.0.0.1"});
    CHECK(false);
  } catch (const Error& error) {
    CHECK(std::string(error.code()) == "MISSING_DEPENDENCY");
    CHECK(std::string(error.what()).find("libgloo-dev") != std::string::npos);
  }
}

#endif

TEST("halves and bfloat16 are rounded to the nearest, ties to even") {
  // Every half below 2^15, both neighbours' middle, and a little to each side of it.
  for (uint32_t half = 0; half < 0x7800; ++half) {
    const float low = half_to_float(static_cast<uint16_t>(half)), high = half_to_float(static_cast<uint16_t>(half + 1));
    const float middle = (low + high) / 2;
    CHECK(wire::to_half(low) == half);
    CHECK(wire::to_half(middle) == half + (half & 1));
    CHECK(wire::to_half(std::nextafter(middle, 0.0f)) == half);
    CHECK(wire::to_half(-std::nextafter(middle, 65504.0f)) == (0x8000 | (half + 1)));
  }
  for (uint32_t value = 0; value < 0x7f80; ++value) {
    const float low = wire::from_bf16(static_cast<uint16_t>(value));
    const auto middle = std::bit_cast<float>(value << 16 | 0x8000);
    CHECK(wire::to_bf16(low) == value);
    CHECK(wire::to_bf16(middle) == value + (value & 1));
    CHECK(wire::to_bf16(-middle) == (0x8000 | (value + (value & 1))));
    CHECK(wire::to_bf16(std::nextafter(middle, 0.0f)) == value);
  }
  CHECK(std::isnan(wire::from_bf16(wire::to_bf16(std::bit_cast<float>(0x7fffffffu)))));
}

}  // namespace

TEST_MAIN()
