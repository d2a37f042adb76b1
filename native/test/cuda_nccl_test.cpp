// What we ask of NCCL, by an NCCL of the test's own on the host, for one process; and of the real one where there is
// one.
#include <cstdio>
#include <string>
#include <vector>

#include "check.hpp"
#include "cuda/library.hpp"
#include "cuda/nccl.hpp"
#include "pinsage/cuda.hpp"
#include "pinsage/cuda/device_group.hpp"

using namespace pinsage;
using cuda::DeviceGroup;
using cuda::DeviceSpan;
using cuda::Nccl;
using cuda::NcclFunctions;

/// What was asked, and what it answers.
static struct {
  int communicators = 0, open_groups = 0, sums = 0, aborted = 0;
  int status = 0, progress = 0;
} host;

static const NcclFunctions host_functions = {
    .get_id =
        [](Nccl::Id* id) {
          id->bytes.fill('x');
          return host.status;
        },
    .init_rank =
        [](void** communicator, int ranks, Nccl::Id id, int rank) {
          CHECK(ranks == 3 && rank == 2 && id.bytes.front() == 'x' && id.bytes.back() == 'x');
          *communicator = host.status == 0 ? &host : nullptr;
          host.communicators += host.status == 0 ? 1 : 0;
          return host.status;
        },
    .all_reduce =
        [](const void* from, void* to, size_t count, int type, int operation, void* communicator, void* stream) {
          CHECK(from == to && type == 7 && operation == 0 && communicator == &host && stream == &host.sums);
          CHECK(host.open_groups == 1);
          for (size_t i = 0; i < count; ++i) static_cast<float*>(to)[i] *= 3;
          ++host.sums;
          return host.status;
        },
    .group_start =
        [] {
          ++host.open_groups;
          return 0;
        },
    .group_end =
        [] {
          --host.open_groups;
          return 0;
        },
    .async_error =
        [](void* communicator, int* error) {
          CHECK(communicator == &host);
          *error = host.progress;
          return 0;
        },
    .destroy =
        [](void*) {
          --host.communicators;
          return 0;
        },
    .abort =
        [](void*) {
          --host.communicators;
          ++host.aborted;
          return 0;
        },
    .error_text = [](int) { return "what the test says"; },
};

TEST("arrays are summed in place, as one group of calls on the stream") {
  {
    Nccl nccl(Nccl::make_id(host_functions), 2, 3, host_functions);
    std::vector<float> a = {1, 2}, b = {5};
    const std::vector<DeviceSpan<float>> arrays = {{a.data(), 2}, {nullptr, 0}, {b.data(), 1}};
    nccl.all_reduce(arrays, &host.sums);
    CHECK(a == std::vector<float>({3, 6}) && b == std::vector<float>({15}));
    CHECK(host.sums == 2 && host.open_groups == 0);
    nccl.check_progress();
  }
  CHECK(host.communicators == 0 && host.aborted == 0);
}

TEST("failures are errors, and nothing is left open") {
  const auto code = [](int status) {
    host.status = status;
    const std::string code = test::error_code([] {
      Nccl::Id id;
      id.bytes.fill('x');
      Nccl(id, 2, 3, host_functions);
    });
    host.status = 0;
    return code;
  };
  CHECK(code(5) == "INTERNAL");
  CHECK(code(0).empty());

  Nccl nccl(Nccl::make_id(host_functions), 2, 3, host_functions);
  float value = 1;
  const std::vector<DeviceSpan<float>> arrays = {{&value, 1}, {&value, 1}};
  host.status = 1, host.sums = 0;
  CHECK(test::error_code([&] { nccl.all_reduce(arrays, &host.sums); }) == "INTERNAL");
  host.status = 0;
  CHECK(host.sums == 1 && host.open_groups == 0);
  // 7 is work in progress.
  for (const auto& [progress, expected] : {std::pair{0, ""}, {7, ""}, {6, "INTERNAL"}}) {
    host.progress = progress;
    CHECK(test::error_code([&] { nccl.check_progress(); }) == expected);
  }
  nccl.abort();
  nccl.abort();
  CHECK(host.communicators == 0 && host.aborted == 1);
  CHECK(test::error_code([&] { nccl.all_reduce(arrays, &host.sums); }) == "CLOSED");
}

TEST("the real library has all that is called") {
  const std::string problem = cuda::Library(cuda::nccl_search).problem();
  if (problem.empty()) {
    const NcclFunctions& functions = NcclFunctions::get();
    CHECK(std::string(functions.error_text(0)) == "no error");
  } else {
    std::printf("NCCL is not tried: %s\n", problem.c_str());
    CHECK(test::error_code([] { NcclFunctions::get(); }) == "MISSING_DEPENDENCY");
  }
}

TEST("a group of one GPU sums what it has, where there are NCCL and a GPU") {
  const std::string problem = DeviceGroup::problem();
  if (!problem.empty()) {
    std::printf("No group of GPUs is tried: %s\n", problem.c_str());
    CHECK(test::error_code([] { DeviceGroup::make_id(); }) == "MISSING_DEPENDENCY");
    CHECK(test::error_code([] { DeviceGroup({}, 0, 1); }) == "MISSING_DEPENDENCY");
    return;
  }
  cuda::Queue queue;
  DeviceGroup group(DeviceGroup::make_id(), 0, 1);
  std::vector<float> values(1'000'003), back(values.size());
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 1000) - 500;
  const size_t bytes = values.size() * sizeof(float);
  auto* const data = static_cast<float*>(queue.allocate(bytes));
  queue.upload(values.data(), data, bytes);
  const DeviceSpan<float> whole(data, values.size());
  const std::vector<DeviceSpan<float>> parts = {whole.subspan(0, 10), whole.subspan(10, values.size() - 10)};
  group.all_reduce(parts, queue, [] {});
  queue.download(data, back.data(), bytes);
  CHECK(back == values);
  queue.free(data);
}

TEST_MAIN()
