#include "pinsage/process_group.hpp"

#include <deque>
#include <memory>
#include <string>

#include "napi/modules.hpp"
#include "napi/process_group.hpp"
#include "napi/task.hpp"

namespace pinsage::binding {
namespace {

/// A group as JavaScript holds it, with the arrays that its thread reads and writes.
class GroupHandle {
 public:
  GroupHandle(Napi::Env env, const ProcessGroup::Options& options)
      : group(std::make_shared<ProcessGroup>(options)), env_(env) {
    // Node's end waits for calls that wait for the group, and the group's thread uses JavaScript's memory.
    napi_add_env_cleanup_hook(env_, close_hook, this);
  }

  ~GroupHandle() {
    napi_remove_env_cleanup_hook(env_, close_hook, this);
    group->close();
  }

  /// Keeps the arguments of an operation until it is done.
  Napi::Value started(const Napi::CallbackInfo& info, const Napi::Array& arrays, uint64_t operation) {
    forget();
    Kept kept{operation, ArgumentOwners::get(), {}};
    for (size_t i = 1; i < info.Length(); ++i) {
      if (info[i].IsTypedArray()) kept.arrays.push_back(Napi::Persistent(info[i].As<Napi::Object>()));
    }
    for (uint32_t i = 0; i < arrays.Length(); ++i) {
      kept.arrays.push_back(Napi::Persistent(arrays.Get(i).As<Napi::Object>()));
    }
    kept_.push_back(std::move(kept));
    return Napi::Number::New(info.Env(), static_cast<double>(operation));
  }

  /// Lets go of the arrays of what is done.
  void forget() {
    const uint64_t completed = group->completed();
    while (!kept_.empty() && kept_.front().operation <= completed) kept_.pop_front();
  }

  const std::shared_ptr<ProcessGroup> group;

 private:
  struct Kept {
    uint64_t operation;
    Owners owners;
    std::vector<Napi::ObjectReference> arrays;
  };

  static void close_hook(void* self) { static_cast<GroupHandle*>(self)->group->close(); }

  const napi_env env_;
  std::deque<Kept> kept_;
};

GroupHandle& group_of(const Napi::Value& value) {
  if (!value.IsExternal()) invalid_argument("group", "is not a process group's handle");
  return *value.As<Napi::External<GroupHandle>>().Data();
}

}  // namespace

std::shared_ptr<ProcessGroup> process_group_of(const Napi::Value& value) {
  return group_of(value).group;
}

namespace {

/// One for each process.
std::vector<size_t> counts_of(const Napi::Value& value) {
  std::vector<size_t> counts;
  for (const uint32_t count : array<const uint32_t>(value, "counts")) counts.push_back(count);
  return counts;
}

// createProcessGroup(rank, size, host, timeout in ms)
Napi::Value create(const Napi::CallbackInfo& info) {
  ProcessGroup::Options options;
  options.size = integer(info[1], "size", 1, 1024);
  options.rank = integer(info[0], "rank", 0, options.size - 1);
  if (!info[2].IsString()) invalid_argument("host", "must be a string");
  options.host = info[2].As<Napi::String>();
  options.timeout = ProcessGroup::Time(integer(info[3], "timeout", 1, 86'400'000));
  auto handle = std::make_unique<GroupHandle>(info.Env(), options);
  const auto finalize = [](Napi::Env, GroupHandle* handle) { delete handle; };
  return Napi::External<GroupHandle>::New(info.Env(), handle.release(), finalize);
}

// processGroupAddresses(group): a text for each process
Napi::Value addresses(const Napi::CallbackInfo& info) {
  const std::vector<std::string> addresses = group_of(info[0]).group->addresses();
  auto result = Napi::Array::New(info.Env(), addresses.size());
  for (uint32_t i = 0; i < addresses.size(); ++i) {
    result.Set(i, Napi::Buffer<char>::Copy(info.Env(), addresses[i].data(), addresses[i].size()));
  }
  return result;
}

// connectProcessGroup(group, addresses, threads, control)
Napi::Value connect(const Napi::CallbackInfo& info) {
  const auto group = group_of(info[0]).group;
  if (!info[1].IsArray()) invalid_argument("addresses", "must be an array");
  const auto list = info[1].As<Napi::Array>();
  std::vector<std::string> addresses;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const auto bytes = array<const uint8_t>(list.Get(i), "addresses");
    addresses.emplace_back(bytes.begin(), bytes.end());
  }
  return start_filling(info, execution(info[2], info[3]), [=] { group->connect(addresses); });
}

// groupAllReduce(group, arrays, wire, widths): the operation's number, as of those that follow
Napi::Value all_reduce(const Napi::CallbackInfo& info) {
  GroupHandle& handle = group_of(info[0]);
  if (!info[1].IsArray()) invalid_argument("arrays", "must be an array");
  const auto list = info[1].As<Napi::Array>();
  std::vector<std::span<float>> arrays;
  for (uint32_t i = 0; i < list.Length(); ++i) arrays.push_back(array<float>(list.Get(i), "arrays"));
  const auto wire = static_cast<ProcessGroup::Wire>(integer(info[2], "wire", 0, 2));
  std::vector<size_t> widths;
  for (const uint32_t width : array<const uint32_t>(info[3], "widths")) widths.push_back(width);
  return handle.started(info, list, handle.group->all_reduce(std::move(arrays), wire, std::move(widths)));
}

// groupAllGather(group, own, counts, all, patient)
Napi::Value all_gather(const Napi::CallbackInfo& info) {
  GroupHandle& handle = group_of(info[0]);
  const auto own = array<const float>(info[1], "own");
  const auto all = array<float>(info[3], "all");
  const bool patient = boolean(info[4], "patient");
  return handle.started(info, Napi::Array::New(info.Env()),
                        handle.group->all_gather(own, counts_of(info[2]), all, patient));
}

// groupReduceScatter(group, all, counts, own)
Napi::Value reduce_scatter(const Napi::CallbackInfo& info) {
  GroupHandle& handle = group_of(info[0]);
  const auto all = array<const float>(info[1], "all");
  const auto own = array<float>(info[3], "own");
  return handle.started(info, Napi::Array::New(info.Env()), handle.group->reduce_scatter(all, counts_of(info[2]), own));
}

// groupSent(group)
Napi::Value sent(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(group_of(info[0]).group->sent()));
}

uint64_t operation(const Napi::Value& value) {
  return integer(value, "operation", 0, uint64_t{1} << 53);
}

// groupWait(group, operation): this thread does nothing else meanwhile
Napi::Value wait(const Napi::CallbackInfo& info) {
  GroupHandle& handle = group_of(info[0]);
  handle.group->wait(operation(info[1]));
  handle.forget();
  return info.Env().Undefined();
}

// groupSettled(group, operation, threads, control): the same as a promise
Napi::Value settled(const Napi::CallbackInfo& info) {
  const auto group = group_of(info[0]).group;
  const uint64_t number = operation(info[1]);
  return start_filling(info, execution(info[2], info[3]), [=] { group->wait(number); });
}

// closeProcessGroup(group)
Napi::Value close(const Napi::CallbackInfo& info) {
  group_of(info[0]).group->close();
  return info.Env().Undefined();
}

}  // namespace

void init_process_group(Napi::Env env, Napi::Object exports) {
  const auto add_function = [&](const char* name, auto function) { export_guarded(env, exports, name, function); };
  add_function("createProcessGroup", create);
  add_function("processGroupAddresses", addresses);
  add_function("connectProcessGroup", connect);
  add_function("groupAllReduce", all_reduce);
  add_function("groupAllGather", all_gather);
  add_function("groupReduceScatter", reduce_scatter);
  add_function("groupSent", sent);
  add_function("groupWait", wait);
  add_function("groupSettled", settled);
  add_function("closeProcessGroup", close);
#ifdef PINSAGE_HAVE_CUDA
  init_device_group(env, exports);
#endif
}

}  // namespace pinsage::binding
