#include "pinsage/files.hpp"

#include "napi/modules.hpp"
#include "napi/task.hpp"

namespace pinsage::binding {
namespace {

/// A mapping and the ArrayBuffer over it, which share it: either may be collected first.
class MappedFileHandle final : public Napi::ObjectWrap<MappedFileHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "MappedFile",
        {InstanceAccessor<&MappedFileHandle::buffer>("buffer"), InstanceMethod<&MappedFileHandle::sync>("sync"),
         InstanceMethod<&MappedFileHandle::close>("close")});
  }

  /// (path) opens for reading, (path, bytes) creates.
  explicit MappedFileHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<MappedFileHandle>(info) {
    guarded(info.Env(), [&]() -> Napi::Value {
      if (!info[0].IsString()) invalid_argument("path", "must be a string");
      const std::string path = info[0].As<Napi::String>();
      file_ = info[1].IsUndefined() ? MappedFile::open(path)
                                    : MappedFile::create(path, integer(info[1], "bytes", 0, 1ull << 46));
      buffer_ = Napi::Persistent(share(info.Env(), file_, file_->data(), file_->size()));
      return info.Env().Undefined();
    });
  }

 private:
  Napi::Value buffer(const Napi::CallbackInfo& info) {
    return buffer_.IsEmpty() ? info.Env().Undefined() : Napi::Value(buffer_.Value());
  }

  Napi::Value sync(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] {
      if (!file_) throw Error("CLOSED", "The mapped file is closed.");
      const auto work = [file = file_] { return file->sync(), true; };
      return Task<bool>::start(info, Workers::Priority::normal, work,
                               [](Napi::Env env, bool&) { return env.Undefined(); });
    });
  }

  /// Typed arrays over the buffer become empty at once; the memory goes once no running call can be reading it.
  Napi::Value close(const Napi::CallbackInfo& info) {
    if (!buffer_.IsEmpty()) {
      if (file_->size() > 0) buffer_.Value().Detach();
      buffer_.Reset();
      file_.reset();
    }
    return info.Env().Undefined();
  }

  std::shared_ptr<MappedFile> file_;
  Napi::Reference<Napi::ArrayBuffer> buffer_;
};

}  // namespace

void init_files(Napi::Env env, Napi::Object exports) {
  exports.Set("MappedFile", MappedFileHandle::define(env));
  exports.Set("exchangePaths", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return guarded(info.Env(), [&]() -> Napi::Value {
                  if (!info[0].IsString() || !info[1].IsString()) invalid_argument("path", "must be a string");
                  const std::string a = info[0].As<Napi::String>();
                  const std::string b = info[1].As<Napi::String>();
                  return Napi::Boolean::New(info.Env(), exchange_paths(a, b));
                });
              }));
}

}  // namespace pinsage::binding
