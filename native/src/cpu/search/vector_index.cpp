#include "pinsage/vector_index.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <usearch/index_dense.hpp>
#include <utility>
#include <vector>

#include "cpu/search/finite.hpp"
#include "cpu/search/index_file.hpp"
#include "cpu/search/vector_distance.hpp"
#include "pinsage/files.hpp"

namespace pinsage {
namespace {

namespace us = unum::usearch;

/// Searches and additions at once, of all callers: each has memory of its own inside usearch.
constexpr size_t kContexts = 64;
/// Vectors that a thread adds while searches wait.
constexpr size_t kAddedPerThread = 16;

us::metric_punned_t metric_of(const VectorIndex::Options& options) {
  const auto kind = options.metric == VectorIndex::Metric::cosine ? us::metric_kind_t::cos_k : us::metric_kind_t::ip_k;
  const auto scalar = options.store == VectorIndex::Store::f32   ? us::scalar_kind_t::f32_k
                      : options.store == VectorIndex::Store::f16 ? us::scalar_kind_t::f16_k
                                                                 : us::scalar_kind_t::i8_k;
  const VectorDistance distance = vector_distance(options.store);
  if (distance == nullptr) return us::metric_punned_t::builtin(options.width, kind, scalar);
  return us::metric_punned_t::stateless(options.width, reinterpret_cast<std::uintptr_t>(distance),
                                        us::metric_punned_signature_t::array_array_size_k, kind, scalar);
}

template <class Result>
void check(Result&& result) {
  if (!result.error) return;
  const std::string message = result.error.release();
  if (message.find("emory") != std::string::npos) throw Error("OUT_OF_MEMORY", "The index: " + message + ".");
  throw Error("INTERNAL", "The index: " + message + ".");
}

/// Many readers or one writer, in the order in which they came: neither waits for ever.
class FairMutex {
 public:
  std::shared_lock<std::shared_mutex> shared() {
    const std::lock_guard turn(turn_);
    return std::shared_lock(mutex_);
  }
  std::unique_lock<std::shared_mutex> exclusive() {
    const std::lock_guard turn(turn_);
    return std::unique_lock(mutex_);
  }

 private:
  std::mutex turn_;
  std::shared_mutex mutex_;
};

/// One of the contexts, while it is in use.
class Context {
 public:
  explicit Context(std::counting_semaphore<>& free) : free_(free) { free_.acquire(); }
  ~Context() { free_.release(); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

 private:
  std::counting_semaphore<>& free_;
};

/// A vector, scaled to length 1 for the cosine. Zeros stay zeros.
void scale(std::span<const float> from, VectorIndex::Metric metric, std::vector<float>& to) {
  to.assign(from.begin(), from.end());
  double squares = 0;
  for (const float value : from) squares += double{value} * value;
  if (metric == VectorIndex::Metric::dot || squares == 0) return;
  const double scale = 1 / std::sqrt(squares);
  for (float& value : to) value = static_cast<float>(value * scale);
}

/// A vector of length 1 in 8-bit integers. usearch would cut the fractions off, which makes vectors shorter.
void quantize(const std::vector<float>& from, std::vector<int8_t>& to) {
  to.resize(from.size());
  for (size_t k = 0; k < from.size(); ++k) to[k] = static_cast<int8_t>(std::lround(from[k] * 127));
}

class UsearchIndex final : public VectorIndex {
 public:
  UsearchIndex(const Options& options, std::shared_ptr<MappedFile> file, bool writable)
      : options_(options), writable_(writable), file_(std::move(file)) {
    us::index_dense_config_t config(options.connectivity, options.expansion_add, options.expansion_search);
    config.enable_key_lookups = writable;
    auto made = us::index_dense_t::make(metric_of(options), config, us::default_free_value<us::default_key_t>(),
                                        us::index_limits_t(0, kContexts));
    check(made);
    index_ = std::move(made.index);
    if (file_ != nullptr) take_file();
  }

  const Options& options() const override { return options_; }
  bool writable() const override { return writable_; }
  size_t size() const override { return size_.load(std::memory_order_relaxed); }

  void add(std::span<const uint32_t> keys, const Matrix& vectors, const Execution& execution) override {
    check_writable();
    // Before anything is replaced.
    check_finite(vectors.data, vectors.rows * vectors.columns, "vectors");
    const std::lock_guard one(adding_);
    {
      const auto lock = mutex_.exclusive();
      remove_all(keys);
      // Places of removed vectors are used again first.
      const size_t needed = index_.size() + keys.size();
      if (needed > index_.capacity() &&
          !index_.try_reserve(us::index_limits_t(std::max(needed, 2 * index_.capacity()), kContexts))) {
        throw Error("OUT_OF_MEMORY", "There is not enough memory for the index.");
      }
    }
    execution.expect(static_cast<int64_t>(keys.size()));
    const size_t block = kAddedPerThread * static_cast<size_t>(execution.thread_count());
    for (size_t begin = 0; begin < keys.size(); begin += block) {
      const auto lock = mutex_.exclusive();
      add_some(keys.subspan(begin, std::min(block, keys.size() - begin)), vectors.row(begin), execution);
    }
  }

  void remove(std::span<const uint32_t> keys) override {
    check_writable();
    const auto lock = mutex_.exclusive();
    remove_all(keys);
  }

  void search(const Matrix& queries, std::span<const uint8_t> allowed, size_t expansion, const Hits& out,
              const Execution& execution) const override {
    check_finite(queries.data, queries.rows * queries.columns, "queries");
    execution.expect(static_cast<int64_t>(queries.rows));
    std::fill(out.ids.begin(), out.ids.end(), 0xffffffffu);
    std::fill(out.scores.begin(), out.scores.end(), -INFINITY);
    std::fill(out.counts.begin(), out.counts.end(), 0);
    const size_t width = expansion > 0 ? expansion : options_.expansion_search;
    parallel_for(execution, queries.rows, 1, [&](size_t begin, size_t end, int) {
      for (size_t q = begin; q < end; ++q) search_one(queries, q, allowed, std::max(width, out.top), out);
      execution.advance(static_cast<int64_t>(end - begin));
    });
  }

  void save(const std::string& path, const Execution& execution) const override {
    const std::lock_guard one(adding_);
    const auto lock = mutex_.shared();
    auto result =
        index_.save(us::output_file_t(path.c_str()), {}, [&](size_t, size_t) { return !execution.cancelled(); });
    const bool failed = !result;
    result.error.release();
    execution.throw_if_cancelled();
    if (failed) throw Error("IO", "writing " + path + ": the index could not be written; the disk may be full.");
  }

 private:
  using Found = std::pair<float, uint32_t>;

  /// A vector as usearch is given it: integers for the store of these, numbers otherwise.
  struct Prepared {
    std::vector<float> numbers;
    std::vector<int8_t> integers;
  };

  void prepare(const float* vector, Prepared& prepared) const {
    scale({vector, options_.width}, options_.metric, prepared.numbers);
    if (options_.store == Store::i8) quantize(prepared.numbers, prepared.integers);
  }

  void check_writable() const {
    if (!writable_) throw Error("INVALID_ARGUMENT", "The index was opened for searching only.");
  }

  /// Several threads may add at the same time, but none may search meanwhile: usearch reads links without a lock.
  void add_some(std::span<const uint32_t> keys, const float* vectors, const Execution& execution) {
    parallel_for(execution, keys.size(), 2, [&](size_t begin, size_t end, int) {
      Prepared vector;
      const Context context(contexts_);
      for (size_t i = begin; i < end; ++i) {
        prepare(vectors + i * options_.width, vector);
        check(options_.store == Store::i8 ? index_.add(keys[i], vector.integers.data())
                                          : index_.add(keys[i], vector.numbers.data()));
        size_.fetch_add(1, std::memory_order_relaxed);
      }
      execution.advance(static_cast<int64_t>(end - begin));
    });
  }

  void take_file() {
    us::memory_mapped_file_t bytes(static_cast<us::byte_t*>(file_->data()), file_->size());
    check(writable_ ? index_.load(std::move(bytes)) : index_.view(std::move(bytes)));
    // Loading chooses a metric of usearch's own.
    index_.change_metric(metric_of(options_));
    size_ = index_.size();
    if (writable_) file_.reset();
  }

  void remove_all(std::span<const uint32_t> keys) {
    for (const uint32_t key : keys) {
      auto removed = index_.remove(key);
      check(removed);
      size_.fetch_sub(removed.completed, std::memory_order_relaxed);
    }
  }

  void search_one(const Matrix& queries, size_t q, std::span<const uint8_t> allowed, size_t expansion,
                  const Hits& out) const {
    Prepared query;
    prepare(queries.row(q), query);
    std::vector<Found> found;
    {
      const auto lock = mutex_.shared();
      const Context context(contexts_);
      if (index_.size() == 0) return;
      auto result = options_.store == Store::i8 ? search_allowed(query.integers.data(), allowed, expansion)
                                                : search_allowed(query.numbers.data(), allowed, expansion);
      check(result);
      found.reserve(result.size());
      for (size_t i = 0; i < result.size(); ++i) {
        const auto match = result[i];
        // A file whose numbers are damaged may have some that are none.
        const float score = std::isnan(match.distance) ? -INFINITY : 1 - match.distance;
        found.emplace_back(score, static_cast<uint32_t>(us::default_key_t(match.member.key)));
      }
    }
    std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    const size_t count = std::min(found.size(), out.top);
    for (size_t i = 0; i < count; ++i) {
      out.scores[q * out.top + i] = found[i].first;
      out.ids[q * out.top + i] = found[i].second;
    }
    out.counts[q] = static_cast<uint32_t>(count);
  }

  template <class Number>
  us::index_dense_t::search_result_t search_allowed(const Number* query, std::span<const uint8_t> allowed,
                                                    size_t expansion) const {
    if (allowed.empty()) return index_.search(query, expansion);
    return index_.filtered_search(query, expansion, [&](us::default_key_t key) noexcept {
      return key / 8 < allowed.size() && (allowed[key / 8] >> key % 8 & 1) != 0;
    });
  }

  Options options_;
  const bool writable_;
  std::shared_ptr<MappedFile> file_;
  us::index_dense_t index_;
  std::atomic<size_t> size_{0};
  mutable FairMutex mutex_;    ///< shared by searches; changes are alone
  mutable std::mutex adding_;  ///< one call that adds or saves at a time
  mutable std::counting_semaphore<> contexts_{kContexts};
};

}  // namespace

std::shared_ptr<VectorIndex> VectorIndex::create(const Options& options) {
  return std::make_shared<UsearchIndex>(options, nullptr, true);
}

std::shared_ptr<VectorIndex> VectorIndex::open(const std::string& path, bool writable, size_t expansion_search) {
  auto file = MappedFile::open(path);
  Options options = check_index_file({static_cast<const std::byte*>(file->data()), file->size()}, path);
  options.expansion_search = expansion_search;
  return std::make_shared<UsearchIndex>(options, std::move(file), writable);
}

}  // namespace pinsage
