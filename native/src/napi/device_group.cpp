#ifdef PINSAGE_HAVE_CUDA

#include "pinsage/cuda/device_group.hpp"

#include <algorithm>

#include "napi/device_floats.hpp"
#include "napi/modules.hpp"
#include "napi/process_group.hpp"
#include "napi/task.hpp"

namespace pinsage::binding {
namespace {

using cuda::DeviceGroup;

/// Without a group before it was joined, and once it is closed.
struct DeviceGroupHandle {
  std::unique_ptr<DeviceGroup> group;
};
using Handle = std::shared_ptr<DeviceGroupHandle>;

const Handle& handle_of(const Napi::Value& value) {
  if (!value.IsExternal()) invalid_argument("group", "is not a device group's handle");
  return *value.As<Napi::External<Handle>>().Data();
}

// deviceGroupProblem(): empty where there is none
Napi::Value problem(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), DeviceGroup::problem());
}

// deviceGroupId()
Napi::Value make_id(const Napi::CallbackInfo& info) {
  const DeviceGroup::Id id = DeviceGroup::make_id();
  return Napi::Buffer<char>::Copy(info.Env(), id.data(), id.size());
}

// createDeviceGroup()
Napi::Value create(const Napi::CallbackInfo& info) {
  return Napi::External<Handle>::New(info.Env(), new Handle(std::make_shared<DeviceGroupHandle>()),
                                     [](Napi::Env, Handle* handle) { delete handle; });
}

// joinDeviceGroup(handle, processes, id, threads, control)
Napi::Value join(const Napi::CallbackInfo& info) {
  const Handle handle = handle_of(info[0]);
  const ProcessGroup::Options& processes = process_group_of(info[1])->options();
  DeviceGroup::Id id;
  const auto bytes = array<const uint8_t>(info[2], "id", id.size());
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return start_filling(info, execution(info[3], info[4]), [=, rank = processes.rank, size = processes.size] {
    handle->group = std::make_unique<DeviceGroup>(id, rank, size);
  });
}

// deviceGroupAllReduce(handle, processes, arrays)
Napi::Value all_reduce(const Napi::CallbackInfo& info) {
  const Handle& handle = handle_of(info[0]);
  const auto processes = process_group_of(info[1]);
  if (handle->group == nullptr) throw Error("CLOSED", "The group of GPUs is closed.");
  if (!info[2].IsArray()) invalid_argument("arrays", "must be an array");
  const auto list = info[2].As<Napi::Array>();
  std::vector<cuda::DeviceSpan<float>> arrays;
  for (uint32_t i = 0; i < list.Length(); ++i) arrays.push_back(DeviceFloats::span(list.Get(i), "arrays"));
  handle->group->all_reduce(arrays, DeviceFloats::queue(info.Env()), [&] { processes->check(); });
  return info.Env().Undefined();
}

// closeDeviceGroup(handle)
Napi::Value close(const Napi::CallbackInfo& info) {
  handle_of(info[0])->group.reset();
  return info.Env().Undefined();
}

}  // namespace

void init_device_group(Napi::Env env, Napi::Object exports) {
  const auto add_function = [&](const char* name, auto function) { export_guarded(env, exports, name, function); };
  add_function("deviceGroupProblem", problem);
  add_function("deviceGroupId", make_id);
  add_function("createDeviceGroup", create);
  add_function("joinDeviceGroup", join);
  add_function("deviceGroupAllReduce", all_reduce);
  add_function("closeDeviceGroup", close);
}

}  // namespace pinsage::binding

#endif
