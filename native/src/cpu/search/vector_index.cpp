// The graph is usearch's; the vectors, and which keys they are of, are kept here.
#include "pinsage/vector_index.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cpu/search/contexts.hpp"
#include "cpu/search/fair_mutex.hpp"
#include "cpu/search/finite.hpp"
#include "cpu/search/hnsw_graph.hpp"
#include "cpu/search/index_file.hpp"
#include "cpu/search/stored_vectors.hpp"
#include "cpu/search/vector_distance.hpp"
#include "pinsage/files.hpp"

namespace pinsage {
namespace {

/// Vectors that a thread adds while searches wait.
constexpr size_t kAddedPerThread = 16;
/// In place of a slot that is not known yet.
constexpr uint32_t kNoSlot = 0xffffffffu;

class UsearchIndex final : public VectorIndex {
 public:
  explicit UsearchIndex(const Options& options) : UsearchIndex(options, true) {}

  UsearchIndex(const IndexFile& found, std::shared_ptr<MappedFile> file, bool writable)
      : UsearchIndex(found.options, writable) {
    us::memory_mapped_file_t bytes(static_cast<us::byte_t*>(file->data()), file->size());
    if (writable) {
      check_usearch(graph_.load(std::move(bytes), found.graph));
      take_vectors(found);
    } else {
      check_usearch(graph_.view(std::move(bytes), found.graph));
      vectors_.view(found.vectors);
      file_ = std::move(file);
    }
    size_ = found.rows - found.removed;
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
      reserve(keys.size());
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
    parallel_for(execution, queries.rows, 1, [&](size_t begin, size_t end, int) {
      for (size_t q = begin; q < end; ++q) search_one(queries, q, allowed, std::max(expansion, out.top), out);
      execution.advance(static_cast<int64_t>(end - begin));
    });
  }

  void save(const std::string& path, const Execution& execution) const override {
    const std::lock_guard one(adding_);
    const auto lock = mutex_.shared();
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    const bool written = file != nullptr && write(file, execution);
    // What is left in a buffer is written last.
    const bool closed = file != nullptr && std::fclose(file) == 0;
    execution.throw_if_cancelled();
    if (!written || !closed)
      throw Error("IO", "writing " + path + ": the index could not be written; the disk may be full.");
  }

 private:
  using Found = std::pair<float, uint32_t>;

  UsearchIndex(const Options& options, bool writable)
      : options_(options),
        writable_(writable),
        graph_(us::index_config_t(options.connectivity)),
        vectors_(options.width * bytes_of(options.store)),
        distance_{vectors_, vector_distance(options.store), options.width} {
    reserve_graph(0);
  }

  void check_writable() const {
    if (!writable_) throw Error("INVALID_ARGUMENT", "The index was opened for searching only.");
  }

  void take_vectors(const IndexFile& found) {
    vectors_.reserve(found.rows);
    for (size_t slot = 0; slot < found.rows; ++slot) {
      vectors_.set(slot, found.vectors + slot * vectors_.row_bytes());
      const uint64_t key = graph_.at(static_cast<uint32_t>(slot)).key;
      if (key == kRemovedKey)
        free_.push_back(static_cast<uint32_t>(slot));
      else
        slots_[static_cast<uint32_t>(key)] = static_cast<uint32_t>(slot);
    }
  }

  void reserve_graph(size_t slots) {
    if (!graph_.try_reserve(us::index_limits_t(slots, kContexts)))
      throw Error("OUT_OF_MEMORY", "There is not enough memory for the index.");
  }

  /// Room for so many more vectors.
  void reserve(size_t count) {
    slots_.reserve(slots_.size() + count);
    free_.reserve(free_.size() + count);
    const size_t needed = graph_.size() + count;
    if (needed <= graph_.capacity()) return;
    const size_t room = std::max(needed, 2 * graph_.capacity());
    vectors_.reserve(room);
    reserve_graph(room);
  }

  void remove_all(std::span<const uint32_t> keys) {
    free_.reserve(free_.size() + keys.size());
    for (const uint32_t key : keys) {
      const auto found = slots_.find(key);
      if (found == slots_.end()) continue;
      graph_.at(found->second).key = kRemovedKey;
      free_.push_back(found->second);
      slots_.erase(found);
      size_.fetch_sub(1, std::memory_order_relaxed);
    }
  }

  /// Vectors on their way into the graph; those that did not get there are forgotten at the end.
  struct Additions {
    UsearchIndex& index;
    std::span<const uint32_t> keys;
    std::vector<uint32_t*> slots;  ///< where the slot of each is kept
    std::vector<uint8_t> reused;   ///< whether that is a removed vector's
    std::vector<uint8_t> done;

    ~Additions() {
      for (size_t i = 0; i < slots.size(); ++i) {
        if (done[i]) continue;
        if (reused[i]) index.free_.push_back(*slots[i]);
        index.slots_.erase(keys[i]);
      }
    }
  };

  /// Several threads may add at the same time, but none may search meanwhile: usearch reads links without a lock.
  void add_some(std::span<const uint32_t> keys, const float* vectors, const Execution& execution) {
    const size_t n = keys.size();
    Additions additions{*this, keys, {}, std::vector<uint8_t>(n), std::vector<uint8_t>(n)};
    additions.slots.reserve(n);
    const auto encoded = [&](size_t i, std::vector<std::byte>& to) {
      encode({vectors + i * options_.width, options_.width}, options_.metric, options_.store, to);
      return to.data();
    };
    std::vector<std::byte> vector;
    for (size_t i = 0; i < n; ++i) {
      uint32_t& slot = *additions.slots.emplace_back(&slots_.emplace(keys[i], kNoSlot).first->second);
      if (free_.empty()) continue;
      slot = free_.back();
      free_.pop_back();
      additions.reused[i] = 1;
      // Now, since other threads look at what was there once they are adding.
      vectors_.set(slot, encoded(i, vector));
    }
    parallel_for(execution, n, 2, [&](size_t begin, size_t end, int) {
      std::vector<std::byte> vector;
      const Context context(contexts_);
      for (size_t i = begin; i < end; ++i) {
        uint32_t& slot = *additions.slots[i];
        link(keys[i], additions.reused[i] ? vectors_.row(slot) : encoded(i, vector), slot, context);
        additions.done[i] = 1;
        size_.fetch_add(1, std::memory_order_relaxed);
      }
      execution.advance(static_cast<int64_t>(end - begin));
    });
  }

  void link(uint32_t key, const std::byte* vector, uint32_t& slot, size_t context) {
    const us::index_update_config_t config{options_.expansion_add, context};
    if (slot != kNoSlot) {
      check_usearch(
          graph_.update(graph_.iterator_at(slot), key, vector, distance_, config, us::dummy_callback_t{}, prefetch_));
      return;
    }
    const auto keep = [&](const auto& member) {
      slot = static_cast<uint32_t>(get_slot(member));
      vectors_.set(slot, vector);
    };
    check_usearch(graph_.add(key, vector, distance_, config, keep, prefetch_));
  }

  void search_one(const Matrix& queries, size_t q, std::span<const uint8_t> allowed, size_t expansion,
                  const Hits& out) const {
    std::vector<std::byte> query;
    encode({queries.row(q), options_.width}, options_.metric, options_.store, query);
    std::vector<Found> found;
    {
      const auto lock = mutex_.shared();
      const Context context(contexts_);
      auto result = find(query.data(), allowed, {expansion, context});
      check_usearch(result);
      found.reserve(result.size());
      for (size_t i = 0; i < result.size(); ++i) {
        const auto match = result[i];
        // A file whose numbers are damaged may have some that are none.
        const float score = std::isnan(match.distance) ? -INFINITY : 1 - match.distance;
        found.emplace_back(score, static_cast<uint32_t>(uint64_t{match.member.key}));
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

  HnswGraph::search_result_t find(const std::byte* query, std::span<const uint8_t> allowed,
                                  const us::index_search_config_t& config) const {
    const auto search = [&](auto&& may_be_found) {
      return graph_.search(query, config.expansion, distance_, config, may_be_found, prefetch_);
    };
    if (!allowed.empty()) {
      return search([&](const auto& member) {
        const uint64_t key = member.key;
        return key / 8 < allowed.size() && (allowed[key / 8] >> key % 8 & 1) != 0;
      });
    }
    if (graph_.size() == size()) return search(us::dummy_predicate_t{});
    return search([](const auto& member) { return member.key != kRemovedKey; });
  }

  /// As the file's description in index_file.cpp says.
  bool write(std::FILE* file, const Execution& execution) const {
    const auto put = [&](const void* bytes, size_t count) {
      return count == 0 || std::fwrite(bytes, count, 1, file) == 1;
    };
    const size_t rows = graph_.size();
    const uint32_t shape[2] = {static_cast<uint32_t>(rows), static_cast<uint32_t>(vectors_.row_bytes())};
    if (!put(shape, sizeof(shape)) || !put(vectors_.row(0), rows * vectors_.row_bytes())) return false;
    const auto head = index_head(options_, rows, rows - size());
    if (!put(head.data(), head.size())) return false;
    auto result = graph_.save_to_stream(put, [&](size_t, size_t) { return !execution.cancelled(); });
    const bool saved = !result.error;
    result.error.release();
    return saved;
  }

  const Options options_;
  const bool writable_;
  std::shared_ptr<MappedFile> file_;
  HnswGraph graph_;
  StoredVectors vectors_;
  const Distance distance_;
  const Prefetch prefetch_{vectors_};
  std::atomic<size_t> size_{0};
  std::unordered_map<uint32_t, uint32_t> slots_;  ///< by key; of a writable index
  std::vector<uint32_t> free_;  ///< slots of removed vectors, which are used first; of a writable index
  mutable FairMutex mutex_;     ///< shared by searches; changes are alone
  mutable std::mutex adding_;   ///< one call that adds or saves at a time
  mutable Contexts contexts_;
};

}  // namespace

std::shared_ptr<VectorIndex> VectorIndex::create(const Options& options) {
  return std::make_shared<UsearchIndex>(options);
}

std::shared_ptr<VectorIndex> VectorIndex::open(const std::string& path, bool writable) {
  auto file = MappedFile::open(path);
  const IndexFile found = check_index_file({static_cast<const std::byte*>(file->data()), file->size()}, path);
  return std::make_shared<UsearchIndex>(found, std::move(file), writable);
}

}  // namespace pinsage
