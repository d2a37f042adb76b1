#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "pinsage/execution.hpp"
#include "pinsage/search.hpp"

namespace pinsage {

/// Approximate search: a hierarchical navigable small world graph (Malkov and Yashunin 2018), which usearch keeps, over
/// vectors of one width under keys that are rows. Scores are inner products; `cosine` scales every vector to length 1.
/// All functions may be called at the same time from several threads.
class VectorIndex {
 public:
  enum class Metric { cosine, dot };
  /// How numbers are kept: float32, float16, or 8-bit integers (a number of a vector of length 1, times 127).
  enum class Store { f32, f16, i8 };

  struct Options {
    size_t width;
    Metric metric = Metric::cosine;
    Store store = Store::f32;
    size_t connectivity = 16;    ///< links of a vector on every level but the lowest, which has twice as many
    size_t expansion_add = 128;  ///< candidates that are kept while a vector's place is looked for
  };

  static std::shared_ptr<VectorIndex> create(const Options& options);
  /// An index that `save` wrote. Unless it is `writable`, it is mapped, not read. The file is checked before it is
  /// used: a damaged one is a FILE_CORRUPT error.
  static std::shared_ptr<VectorIndex> open(const std::string& path, bool writable);

  virtual ~VectorIndex() = default;

  virtual const Options& options() const = 0;
  virtual bool writable() const = 0;
  /// Vectors that can be found. It waits for nobody.
  virtual size_t size() const = 0;

  /// keys [n], each once, and vectors [n, width]. What was there under a key is replaced; a search that runs meanwhile
  /// may find neither. Numbers that are not finite (NOT_FINITE) change nothing; when the call ends early otherwise
  /// (ABORTED, OUT_OF_MEMORY), a part of the vectors is there.
  virtual void add(std::span<const uint32_t> keys, const Matrix& vectors, const Execution& execution) = 0;
  /// Keys that are not there are passed over.
  virtual void remove(std::span<const uint32_t> keys) = 0;
  /// The best of each query, as search_vectors; `allowed`: bit k & 7 of byte k >> 3 lets key k be found, keys beyond it
  /// are not; or empty: all are. `expansion`: candidates that are kept, at least as many as are wanted.
  virtual void search(const Matrix& queries, std::span<const uint8_t> allowed, size_t expansion, const Hits& out,
                      const Execution& execution) const = 0;
  /// Writes to a file, which is not synced.
  virtual void save(const std::string& path, const Execution& execution) const = 0;
};

}  // namespace pinsage
