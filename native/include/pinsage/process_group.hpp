#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pinsage {

/// What process groups of this build run on: "Gloo", or "none".
const char* collectives_name();

/// Processes, of this machine or of several, that sum and share numbers: what data-parallel training needs.
///
/// Operations are started one after the other, in the same order by every process and with the same lengths, run in
/// this order on a thread of the group's own, and are waited for. Each sum is made by one process, in the order of
/// ranks, so that all of them get the same bits. The first failure ends the group: every later call throws it again.
class ProcessGroup {
 public:
  using Time = std::chrono::milliseconds;

  struct Options {
    size_t rank = 0;  ///< of this process, below `size`
    size_t size = 1;
    std::string host;  ///< address or name of this machine, under which the others reach it
    /// For others to answer in an operation, which takes as long as the slowest of them computes. Those that are lost
    /// are noticed within ten seconds; this is for what hangs, or calls something else. To connect they have a minute
    /// of it.
    Time timeout{1'800'000};
  };

  /// How numbers travel. 16-bit ones are summed as 32-bit ones; those of f16 are scaled by a power of two first, so
  /// that the largest fits.
  enum class Wire { f32, f16, bf16 };

  /// Is listening from then on. Throws MISSING_DEPENDENCY in a build without Gloo, INVALID_ARGUMENT for a host that is
  /// not this machine's.
  explicit ProcessGroup(const Options& options);
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  const Options& options() const;
  /// What process r needs to know of this one is the r-th; its own is empty.
  std::vector<std::string> addresses() const;
  /// Connects with all others, given what each of them says for this process. Once, before all else. Throws PEER_LOST.
  void connect(const std::vector<std::string>& addresses);

  // Operations: their memory stays the caller's, who leaves it alone until the operation is waited for. Each gives the
  // number to wait for.

  /// In place: the sum over all processes of the arrays' numbers. Where `widths` are given, one for each array, those
  /// that are not 0 are the row lengths of tables, most of whose rows are 0 everywhere and do not travel: the sums are
  /// the same bits, but for f16, whose scale is that of other numbers then.
  uint64_t all_reduce(std::vector<std::span<float>> arrays, Wire wire, std::vector<size_t> widths = {});
  /// The numbers of all processes, one behind the other by rank: counts[r] of process r. A patient one waits as long as
  /// it takes, while others do something else; a process that is lost is noticed all the same.
  uint64_t all_gather(std::span<const float> own, std::vector<size_t> counts, std::span<float> all, bool patient);
  /// The other way round: of the sum over all processes of `all`, the counts[rank] numbers that are this process's.
  uint64_t reduce_scatter(std::span<const float> all, std::vector<size_t> counts, std::span<float> own);

  /// Bytes that were sent to other processes.
  uint64_t sent() const;
  /// Operations that ran to their end.
  uint64_t completed() const;
  /// Returns when that many operations have. Throws PEER_LOST when a process ended, or did not answer in time; CLOSED.
  void wait(uint64_t operation);
  /// Throws PEER_LOST when another process is lost, or ended some time ago; CLOSED. For who waits for it otherwise.
  void check() const;
  /// Ends what runs and waits. Later calls throw CLOSED.
  void close() noexcept;

 private:
  class Implementation;
  const std::unique_ptr<Implementation> implementation_;
};

}  // namespace pinsage
