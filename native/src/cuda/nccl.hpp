#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "pinsage/cuda/memory.hpp"

namespace pinsage::cuda {

/// What we call of NCCL 2, as its documentation has it. It is never linked, and its headers are not needed.
struct NcclFunctions {
  using Result = int;
  /// It goes by value.
  struct Id {
    std::array<char, 128> bytes;
  };
  Result (*get_id)(Id* id);
  Result (*init_rank)(void** communicator, int ranks, Id id, int rank);
  Result (*all_reduce)(const void* from, void* to, size_t count, int type, int operation, void* communicator,
                       void* stream);
  Result (*group_start)();
  Result (*group_end)();
  Result (*async_error)(void* communicator, Result* error);
  Result (*destroy)(void* communicator);
  Result (*abort)(void* communicator);
  const char* (*error_text)(Result result);

  /// Those of the library, which is opened by the first call. Throws MISSING_DEPENDENCY where there is none.
  static const NcclFunctions& get();
};

/// One of the processes that sum numbers of their GPUs by NCCL. Belongs to one thread at a time.
class Nccl {
 public:
  using Id = NcclFunctions::Id;
  static Id make_id(const NcclFunctions& functions = NcclFunctions::get());

  /// On the calling thread's GPU, which no other process of these has. Returns when all have come.
  Nccl(const Id& id, size_t rank, size_t size, const NcclFunctions& functions = NcclFunctions::get());
  Nccl(const Nccl&) = delete;
  ~Nccl();

  /// Queues the sums over all processes on a cudaStream_t, in place. All of them ask for the same lengths.
  void all_reduce(std::span<const DeviceSpan<float>> arrays, void* stream);
  /// Throws what went wrong meanwhile.
  void check_progress() const;
  /// Ends what is queued, which no other process answers any more.
  void abort() noexcept;

 private:
  void check(NcclFunctions::Result result, const char* what) const;

  const NcclFunctions& functions_;
  void* communicator_ = nullptr;
};

}  // namespace pinsage::cuda
