#include "cuda/nccl.hpp"

#include <utility>

#include "cuda/library.hpp"
#include "pinsage/error.hpp"

namespace pinsage::cuda {
namespace {

using Result = NcclFunctions::Result;

NcclFunctions open() {
  static const Library library(nccl_search);
  NcclFunctions functions;
  library.find(functions.get_id, "ncclGetUniqueId");
  library.find(functions.init_rank, "ncclCommInitRank");
  library.find(functions.all_reduce, "ncclAllReduce");
  library.find(functions.group_start, "ncclGroupStart");
  library.find(functions.group_end, "ncclGroupEnd");
  library.find(functions.async_error, "ncclCommGetAsyncError");
  library.find(functions.destroy, "ncclCommDestroy");
  library.find(functions.abort, "ncclCommAbort");
  library.find(functions.error_text, "ncclGetErrorString");
  return functions;
}

constexpr int float32 = 7;                      // ncclDataType_t: ncclFloat32
constexpr int sum = 0;                          // ncclRedOp_t: ncclSum
constexpr Result success = 0, in_progress = 7;  // ncclResult_t

void throw_if(const NcclFunctions& functions, Result result, const char* what) {
  if (result == success || result == in_progress) return;
  throw Error("INTERNAL", std::string("NCCL failed to ") + what + ": " + functions.error_text(result) + " (" +
                              std::to_string(result) + "). NCCL_DEBUG=INFO in the environment makes it say more.");
}

}  // namespace

const NcclFunctions& NcclFunctions::get() {
  static const NcclFunctions functions = open();
  return functions;
}

Nccl::Id Nccl::make_id(const NcclFunctions& functions) {
  Id id{};
  throw_if(functions, functions.get_id(&id), "begin");
  return id;
}

Nccl::Nccl(const Id& id, size_t rank, size_t size, const NcclFunctions& functions) : functions_(functions) {
  check(functions_.init_rank(&communicator_, static_cast<int>(size), id, static_cast<int>(rank)), "connect");
}

Nccl::~Nccl() {
  if (communicator_ != nullptr) functions_.destroy(communicator_);
}

void Nccl::all_reduce(std::span<const DeviceSpan<float>> arrays, void* stream) {
  if (communicator_ == nullptr) throw Error("CLOSED", "The GPUs exchange nothing any more.");
  check(functions_.group_start(), "begin a sum");
  Result first = success;
  for (const DeviceSpan<float>& array : arrays) {
    if (first != success || array.empty()) continue;
    first = functions_.all_reduce(array.data(), array.data(), array.size(), float32, sum, communicator_, stream);
  }
  const Result end = functions_.group_end();
  check(first, "sum");
  check(end, "sum");
}

void Nccl::check_progress() const {
  Result error = success;
  check(functions_.async_error(communicator_, &error), "say how it goes");
  check(error, "sum");
}

void Nccl::abort() noexcept {
  if (communicator_ != nullptr) functions_.abort(std::exchange(communicator_, nullptr));
}

void Nccl::check(Result result, const char* what) const {
  throw_if(functions_, result, what);
}

}  // namespace pinsage::cuda
