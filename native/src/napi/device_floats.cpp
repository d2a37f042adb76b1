#ifdef PINSAGE_HAVE_CUDA

#include "napi/device_floats.hpp"

#include "napi/environment.hpp"

namespace pinsage::binding {

/// A piece of the device's memory. It keeps the queue: the garbage collector may come after the JavaScript thread's
/// end.
struct DeviceFloats::Memory {
  Memory(std::shared_ptr<cuda::Queue> on, size_t bytes) : queue(std::move(on)), data(queue->allocate(bytes)) {}
  Memory(const Memory&) = delete;
  ~Memory() { queue->free(data); }

  std::shared_ptr<cuda::Queue> queue;
  void* data;
};

/// What a JavaScript thread has.
struct DeviceFloats::State : Environment::Extension {
  Napi::FunctionReference constructor;
  std::shared_ptr<cuda::Queue> queue;
};

DeviceFloats::State& DeviceFloats::state(Napi::Env env) {
  auto& extension = env.GetInstanceData<Environment>()->device;
  if (extension == nullptr) extension = std::make_unique<State>();
  return static_cast<State&>(*extension);
}

cuda::Queue& DeviceFloats::queue(Napi::Env env) {
  State& own = state(env);
  if (own.queue == nullptr) own.queue = std::make_shared<cuda::Queue>();
  return *own.queue;
}

DeviceFloats::DeviceFloats(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DeviceFloats>(info) {}

DeviceFloats& DeviceFloats::unwrap(const Napi::Value& value, const char* name) {
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(state(value.Env()).constructor.Value())) {
    invalid_argument(name, "must be numbers on the GPU");
  }
  return *Unwrap(value.As<Napi::Object>());
}

cuda::DeviceSpan<float> DeviceFloats::span_of(const char* name) const {
  if (memory_ == nullptr) invalid_argument(name, "was released");
  return {static_cast<float*>(memory_->data) + offset_, length_};
}

Napi::Object DeviceFloats::wrap(Napi::Env env, std::shared_ptr<Memory> memory, size_t offset, size_t length) {
  const Napi::Object object = state(env).constructor.New({});
  DeviceFloats& floats = *Unwrap(object);
  floats.memory_ = std::move(memory);
  floats.offset_ = offset;
  floats.length_ = length;
  object.Set("length", Napi::Number::New(env, static_cast<double>(length)));
  return object;
}

Napi::Object DeviceFloats::make(Napi::Env env, size_t length) {
  queue(env);
  const size_t bytes = std::max<size_t>(length, 1) * sizeof(float);
  return wrap(env, std::make_shared<Memory>(state(env).queue, bytes), 0, length);
}

void DeviceFloats::init(Napi::Env env, Napi::Object exports) {
  state(env).constructor = Napi::Persistent(DefineClass(env, "DeviceFloats", {}));
  const auto add = [&](const char* name, auto function) {
    exports.Set(name, Napi::Function::New(env, [function](const Napi::CallbackInfo& info) {
                  return guarded(info.Env(), [&]() -> Napi::Value { return function(info); });
                }));
  };
  add("allocate", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return make(info.Env(), integer(info[0], "length", 0, uint64_t{1} << 38));
  });
  // upload(values): a copy on the GPU.
  add("upload", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const auto values = array<const float>(info[0], "values");
    const Napi::Object object = make(info.Env(), values.size());
    queue(info.Env()).upload(values.data(), Unwrap(object)->span_of("values").data(), values.size_bytes());
    return object;
  });
  // download(from, to): waits for all that was asked for before.
  add("download", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const auto from = span(info[0], "from");
    const auto to = array<float>(info[1], "to", from.size());
    queue(info.Env()).download(from.data(), to.data(), to.size_bytes());
    return info.Env().Undefined();
  });
  // subarray(floats, begin, end): the same memory.
  add("subarray", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const DeviceFloats& whole = unwrap(info[0], "floats");
    const size_t length = whole.span_of("floats").size();
    const size_t end = integer(info[2], "end", 0, length), begin = integer(info[1], "begin", 0, end);
    return wrap(info.Env(), whole.memory_, whole.offset_ + begin, end - begin);
  });
  // release(floats): without waiting for the garbage collector.
  add("release", [](const Napi::CallbackInfo& info) -> Napi::Value {
    unwrap(info[0], "floats").memory_.reset();
    return info.Env().Undefined();
  });
}

}  // namespace pinsage::binding

#endif
