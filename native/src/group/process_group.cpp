#include "pinsage/process_group.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>

#include "group/mesh.hpp"
#include "group/touched_rows.hpp"
#include "group/wire.hpp"
#include "pinsage/error.hpp"

namespace pinsage {
namespace {

using Bytes = std::span<std::byte>;
using ConstBytes = std::span<const std::byte>;

template <class T>
auto bytes_of(std::span<T> values) {
  if constexpr (std::is_const_v<T>) {
    return std::as_bytes(values);
  } else {
    return std::as_writable_bytes(values);
  }
}

/// Where each of the parts of these lengths begins, and where the last ends.
std::vector<size_t> offsets_of(const std::vector<size_t>& counts) {
  std::vector<size_t> offsets(counts.size() + 1);
  std::partial_sum(counts.begin(), counts.end(), offsets.begin() + 1);
  return offsets;
}

}  // namespace

class ProcessGroup::Implementation {
 public:
  explicit Implementation(const Options& options)
      : options_(options), mesh_(Mesh::create(options)), thread_([this] { live(); }) {}

  ~Implementation() { close(); }

  const Options& options() const { return options_; }
  Mesh& mesh() { return *mesh_; }

  uint64_t start(std::function<void()> operation) {
    std::unique_lock lock(mutex_);
    throw_if_over();
    queue_.push_back(std::move(operation));
    lock.unlock();
    changed_.notify_all();
    return ++started_;
  }

  uint64_t sent() const { return sent_; }

  uint64_t completed() const {
    const std::lock_guard lock(mutex_);
    return completed_;
  }

  void check() const {
    {
      const std::lock_guard lock(mutex_);
      throw_if_over();
    }
    mesh_->check();
  }

  void wait(uint64_t operation) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return completed_ >= operation || failure_ || closed_; });
    if (completed_ < operation) throw_if_over();
  }

  void close() noexcept {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    mesh_->abort();
    if (thread_.joinable()) thread_.join();
  }

  // On the group's thread:

  /// The parts of arrays in which any process has numbers: whole tables, where most of their rows are such.
  std::vector<std::span<float>> touched_parts(const std::vector<std::span<float>>& arrays,
                                              const std::vector<size_t>& widths) {
    std::vector<size_t> words(arrays.size());
    for (size_t i = 0; i < arrays.size(); ++i) {
      if (widths[i] != 0) words[i] = touched::words(arrays[i].size() / widths[i]);
    }
    const std::vector<size_t> offsets = offsets_of(words);
    std::vector<uint64_t> own(offsets.back());
    const auto set = [&](size_t i) { return std::span(own).subspan(offsets[i], words[i]); };
    for (size_t i = 0; i < arrays.size(); ++i) {
      if (widths[i] != 0) touched::mark(arrays[i], widths[i], set(i));
    }
    std::vector<uint64_t> all(own.size() * options_.size);
    const auto from = [&](size_t r) { return std::span(all).subspan(r * own.size(), own.size()); };
    exchange([&](size_t) { return std::as_bytes(std::span(own)); }, [&](size_t r) { return bytes_of(from(r)); },
             tag(5, Wire::f32, words), options_.timeout);
    for (size_t r = 0; r < options_.size; ++r) {
      for (size_t i = 0; i < own.size(); ++i) own[i] |= from(r)[i];
    }

    std::vector<std::span<float>> parts;
    for (size_t i = 0; i < arrays.size(); ++i) {
      if (widths[i] == 0 || 4 * touched::count(set(i)) * widths[i] > 3 * arrays[i].size()) {
        parts.push_back(arrays[i]);
      } else {
        touched::append_runs(arrays[i], widths[i], set(i), parts);
      }
    }
    return parts;
  }

  void all_reduce(const std::vector<std::span<float>>& arrays, Wire wire) {
    if (arrays.size() == 1) return sum(arrays[0], wire);
    numbers_.clear();
    for (const auto& array : arrays) numbers_.insert(numbers_.end(), array.begin(), array.end());
    sum(numbers_, wire);
    auto from = numbers_.begin();
    for (const auto& array : arrays) {
      std::copy_n(from, array.size(), array.begin());
      from += static_cast<std::ptrdiff_t>(array.size());
    }
  }

  /// Process r sums the r-th part, and sends it to all.
  void sum(std::span<float> numbers, Wire wire) {
    const size_t size = options_.size;
    std::vector<size_t> counts(size);
    for (size_t r = 0; r < size; ++r) counts[r] = numbers.size() * (r + 1) / size - numbers.size() * r / size;
    if (wire == Wire::f32) {
      sum_as_they_are(numbers, counts);
    } else {
      sum_packed(numbers, counts, wire);
    }
  }

  void sum_as_they_are(std::span<float> numbers, const std::vector<size_t>& counts) {
    const std::vector<size_t> offsets = offsets_of(counts);
    const auto part = [&](size_t r) { return numbers.subspan(offsets[r], counts[r]); };
    const std::span<float> mine = part(options_.rank);
    sum_.resize(std::max(sum_.size(), options_.size * mine.size()));
    const auto from = [&](size_t r) { return std::span(sum_).subspan(r * mine.size(), mine.size()); };
    exchange([&](size_t r) { return bytes_of(part(r)); }, [&](size_t r) { return bytes_of(from(r)); },
             tag(1, Wire::f32, counts), options_.timeout);

    // In the order of ranks, of which this process's own numbers are one.
    constexpr size_t block = 2048;
    std::array<float, block> sums;
    for (size_t begin = 0; begin < mine.size(); begin += block) {
      const size_t count = std::min(block, mine.size() - begin);
      sums.fill(0);
      for (size_t r = 0; r < options_.size; ++r) {
        const float* const values = (r == options_.rank ? mine : from(r)).data() + begin;
        for (size_t i = 0; i < count; ++i) sums[i] += values[i];
      }
      std::copy_n(sums.begin(), count, mine.begin() + static_cast<std::ptrdiff_t>(begin));
    }
    exchange([&](size_t) { return bytes_of(mine); }, [&](size_t r) { return bytes_of(part(r)); },
             tag(2, Wire::f32, counts), options_.timeout);
  }

  void sum_packed(std::span<float> numbers, const std::vector<size_t>& counts, Wire wire) {
    const size_t size = options_.size, rank = options_.rank;
    const std::vector<size_t> offsets = offsets_of(counts);
    std::vector<size_t> lengths(size);
    for (size_t r = 0; r < size; ++r) lengths[r] = wire::size(wire, counts[r]);
    const std::vector<size_t> places = offsets_of(lengths);

    packed_.resize(std::max(packed_.size(), places.back()));
    const auto part = [&](size_t r) { return numbers.subspan(offsets[r], counts[r]); };
    const auto packed = [&](size_t r) { return Bytes(packed_).subspan(places[r], lengths[r]); };
    for (size_t r = 0; r < size; ++r) {
      if (r != rank) wire::pack(wire, part(r), packed(r).data());
    }
    const size_t own = lengths[rank];
    received_.resize(std::max(received_.size(), size * own));
    const auto from = [&](size_t r) { return Bytes(received_).subspan(r * own, own); };
    exchange(packed, from, tag(1, wire, counts), options_.timeout);

    const std::span<float> mine = part(rank);
    sum_.assign(mine.size(), 0);
    for (size_t r = 0; r < size; ++r) {
      if (r == rank) {
        for (size_t i = 0; i < mine.size(); ++i) sum_[i] += mine[i];
      } else {
        wire::unpack(wire, from(r).data(), mine.size(), [&](size_t i, float value) { sum_[i] += value; });
      }
    }
    wire::pack(wire, sum_, packed(rank).data());
    exchange([&](size_t) { return packed(rank); }, packed, tag(2, wire, counts), options_.timeout);

    for (size_t r = 0; r < size; ++r) {
      // This process's own part too is what the others have read.
      float* const values = part(r).data();
      wire::unpack(wire, packed(r).data(), counts[r], [&](size_t i, float value) { values[i] = value; });
    }
  }

  void all_gather(std::span<const float> own, const std::vector<size_t>& counts, std::span<float> all, Time timeout) {
    const std::vector<size_t> offsets = offsets_of(counts);
    const auto part = [&](size_t r) { return all.subspan(offsets[r], counts[r]); };
    std::copy(own.begin(), own.end(), part(options_.rank).begin());
    exchange([&](size_t) { return bytes_of(own); }, [&](size_t r) { return bytes_of(part(r)); },
             tag(3, Wire::f32, counts), timeout);
  }

  void reduce_scatter(std::span<const float> all, const std::vector<size_t>& counts, std::span<float> own) {
    const std::vector<size_t> offsets = offsets_of(counts);
    const auto part = [&](size_t r) { return all.subspan(offsets[r], counts[r]); };
    const size_t count = counts[options_.rank];
    numbers_.resize(std::max(numbers_.size(), options_.size * count));
    const auto from = [&](size_t r) { return std::span(numbers_).subspan(r * count, count); };
    exchange([&](size_t r) { return bytes_of(part(r)); }, [&](size_t r) { return bytes_of(from(r)); },
             tag(4, Wire::f32, counts), options_.timeout);
    std::fill(own.begin(), own.end(), 0.0f);
    for (size_t r = 0; r < options_.size; ++r) {
      const std::span<const float> values = r == options_.rank ? part(r) : from(r);
      for (size_t i = 0; i < count; ++i) own[i] += values[i];
    }
  }

 private:
  void live() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return closed_ || !queue_.empty(); });
      if (closed_) return;
      const auto operation = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      const std::optional<Error> failure = run(operation);
      lock.lock();
      if (failure) {
        failure_ = failure;
        queue_.clear();
        changed_.notify_all();
        lock.unlock();
        // The others are not left to wait for this one.
        mesh_->abort();
        return;
      }
      ++completed_;
      changed_.notify_all();
    }
  }

  static std::optional<Error> run(const std::function<void()>& operation) {
    try {
      operation();
      return {};
    } catch (const Error& error) {
      return error;
    } catch (const std::bad_alloc&) {
      return Error("OUT_OF_MEMORY", "There is not enough memory to exchange numbers between processes.");
    } catch (const std::exception& error) {
      return Error("INTERNAL", error.what());
    }
  }

  void throw_if_over() const {
    if (failure_) throw *failure_;
    if (closed_) throw Error("CLOSED", "The process group is closed.");
  }

  template <class Out, class In>
  void exchange(Out out, In in, uint64_t tag, Time timeout) {
    std::vector<ConstBytes> sent(options_.size);
    std::vector<Bytes> received(options_.size);
    for (size_t r = 0; r < options_.size; ++r) {
      if (r == options_.rank) continue;
      sent[r] = out(r);
      received[r] = in(r);
    }
    for (const ConstBytes bytes : sent) sent_ += bytes.size();
    mesh_->exchange(sent, received, tag, timeout);
  }

  /// A hash of all that must be the same everywhere: processes that differ do not meet, and hear so when time is up.
  uint64_t tag(uint64_t kind, Wire wire, const std::vector<size_t>& counts) const {
    uint64_t hash = 0xcbf29ce484222325;
    const auto mix = [&](uint64_t word) { hash = (hash ^ word) * 0x100000001b3, hash ^= hash >> 29; };
    mix(completed_);  // only this thread changes it
    mix(kind);
    mix(static_cast<uint64_t>(wire));
    for (const size_t count : counts) mix(count);
    return hash;
  }

  const Options options_;
  const std::unique_ptr<Mesh> mesh_;
  std::vector<float> numbers_, sum_;
  std::vector<std::byte> packed_, received_;
  std::atomic<uint64_t> sent_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  uint64_t started_ = 0;  ///< the caller's
  uint64_t completed_ = 0;
  std::optional<Error> failure_;
  bool closed_ = false;
  std::thread thread_;
};

namespace {

const ProcessGroup::Options& checked(const ProcessGroup::Options& options) {
  if (options.size < 1 || options.size > 1024) invalid_argument("size", "is not from 1 to 1024");
  if (options.rank >= options.size) invalid_argument("rank", "is not below the number of processes");
  if (options.timeout < ProcessGroup::Time(1)) invalid_argument("timeout", "is no time");
  return options;
}

void check_counts(const ProcessGroup::Options& options, const std::vector<size_t>& counts, size_t own, size_t all) {
  if (counts.size() != options.size) invalid_argument("counts", "are not one for each process");
  if (counts[options.rank] != own) invalid_argument("counts", "are not the lengths of the processes' parts");
  if (offsets_of(counts).back() != all) invalid_argument("counts", "do not add up to the length of the whole");
}

}  // namespace

ProcessGroup::ProcessGroup(const Options& options)
    : implementation_(std::make_unique<Implementation>(checked(options))) {}

ProcessGroup::~ProcessGroup() = default;

const ProcessGroup::Options& ProcessGroup::options() const {
  return implementation_->options();
}

std::vector<std::string> ProcessGroup::addresses() const {
  return implementation_->mesh().addresses();
}

void ProcessGroup::connect(const std::vector<std::string>& addresses) {
  implementation_->mesh().connect(addresses);
}

uint64_t ProcessGroup::all_reduce(std::vector<std::span<float>> arrays, Wire wire, std::vector<size_t> widths) {
  if (!widths.empty() && widths.size() != arrays.size()) invalid_argument("widths", "are not one for each array");
  for (size_t i = 0; i < widths.size(); ++i) {
    if (widths[i] != 0 && arrays[i].size() % widths[i] != 0) invalid_argument("widths", "do not divide the arrays");
  }
  const bool tables = std::any_of(widths.begin(), widths.end(), [](size_t width) { return width != 0; });
  return implementation_->start([this, arrays = std::move(arrays), wire, widths = std::move(widths), tables] {
    implementation_->all_reduce(tables ? implementation_->touched_parts(arrays, widths) : arrays, wire);
  });
}

uint64_t ProcessGroup::all_gather(std::span<const float> own, std::vector<size_t> counts, std::span<float> all,
                                  bool patient) {
  check_counts(options(), counts, own.size(), all.size());
  const Time timeout = patient ? std::chrono::hours(24 * 365) : options().timeout;
  return implementation_->start(
      [=, this, counts = std::move(counts)] { implementation_->all_gather(own, counts, all, timeout); });
}

uint64_t ProcessGroup::reduce_scatter(std::span<const float> all, std::vector<size_t> counts, std::span<float> own) {
  check_counts(options(), counts, own.size(), all.size());
  return implementation_->start(
      [this, all, counts = std::move(counts), own] { implementation_->reduce_scatter(all, counts, own); });
}

uint64_t ProcessGroup::sent() const {
  return implementation_->sent();
}

uint64_t ProcessGroup::completed() const {
  return implementation_->completed();
}

void ProcessGroup::wait(uint64_t operation) {
  implementation_->wait(operation);
}

void ProcessGroup::check() const {
  implementation_->check();
}

void ProcessGroup::close() noexcept {
  implementation_->close();
}

}  // namespace pinsage
