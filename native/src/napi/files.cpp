#include "pinsage/files.hpp"

#include <functional>
#include <utility>
#include <vector>

#include "napi/modules.hpp"
#include "napi/task.hpp"

namespace pinsage::binding {
namespace {

/// A mapping and the ArrayBuffers over parts of it, which share it: any of them may be collected first.
class MappedFileHandle final : public Napi::ObjectWrap<MappedFileHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "MappedFile",
        {InstanceAccessor<&MappedFileHandle::size>("size"), InstanceMethod<&MappedFileHandle::view>("view"),
         InstanceMethod<&MappedFileHandle::sync>("sync"), InstanceMethod<&MappedFileHandle::flush>("flush"),
         InstanceMethod<&MappedFileHandle::expect_random_reads>("expectRandomReads"),
         InstanceMethod<&MappedFileHandle::close>("close")});
  }

  /// (path) opens for reading, (path, bytes) creates.
  explicit MappedFileHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<MappedFileHandle>(info) {
    guarded(info.Env(), [&]() -> Napi::Value {
      if (!info[0].IsString()) invalid_argument("path", "must be a string");
      const std::string path = info[0].As<Napi::String>();
      file_ = info[1].IsUndefined() ? MappedFile::open(path)
                                    : MappedFile::create(path, integer(info[1], "bytes", 0, 1ull << 46));
      return info.Env().Undefined();
    });
  }

 private:
  Napi::Value size(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return Napi::Number::New(info.Env(), static_cast<double>(open_file().size())); });
  }

  /// (offset, bytes): an ArrayBuffer over that part.
  Napi::Value view(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] {
      const MappedFile& file = open_file();
      const uint64_t offset = integer(info[0], "offset", 0, file.size());
      const uint64_t bytes = integer(info[1], "bytes", 0, file.size() - offset);
      const auto buffer = share(info.Env(), file_, static_cast<char*>(file.data()) + offset, bytes);
      views_.push_back(Napi::Persistent(buffer));
      return buffer;
    });
  }

  Napi::Value sync(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] {
      open_file();
      return on_worker(info, [file = file_] { file->sync(); });
    });
  }

  Napi::Value flush(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] {
      const size_t size = open_file().size();
      const size_t offset = integer(info[0], "offset", 0, size), bytes = integer(info[1], "bytes", 0, size - offset);
      return on_worker(info, [=, file = file_] { file->flush(offset, bytes); });
    });
  }

  static Napi::Value on_worker(const Napi::CallbackInfo& info, std::function<void()> work) {
    return Task<bool>::start(
        info, Workers::Priority::normal, [work = std::move(work)] { return work(), true; },
        [](Napi::Env env, bool&) { return env.Undefined(); });
  }

  Napi::Value expect_random_reads(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] {
      open_file().expect_random_reads();
      return info.Env().Undefined();
    });
  }

  /// Typed arrays over the buffer become empty at once; the memory goes once no running call can be reading it.
  Napi::Value close(const Napi::CallbackInfo& info) {
    for (auto& view : views_) {
      if (view.Value().ByteLength() > 0) view.Value().Detach();
    }
    views_.clear();
    file_.reset();
    return info.Env().Undefined();
  }

  const MappedFile& open_file() const {
    if (!file_) throw Error("CLOSED", "The mapped file is closed.");
    return *file_;
  }

  std::shared_ptr<MappedFile> file_;
  std::vector<Napi::Reference<Napi::ArrayBuffer>> views_;
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
