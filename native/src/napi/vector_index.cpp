#include "pinsage/vector_index.hpp"

#include <memory>

#include "napi/modules.hpp"
#include "napi/task.hpp"

namespace pinsage::binding {
namespace {

/// An index as JavaScript holds it; null once it is closed.
using IndexHandle = std::shared_ptr<VectorIndex>;

IndexHandle vector_index(const Napi::Value& value) {
  if (!value.IsExternal()) invalid_argument("index", "is not an index's handle");
  const IndexHandle& index = *value.As<Napi::External<IndexHandle>>().Data();
  if (index == nullptr) throw Error("CLOSED", "The index is closed.");
  return index;
}

Napi::Value describe(Napi::Env env, IndexHandle& index) {
  const VectorIndex::Options& options = index->options();
  auto result = Napi::Object::New(env);
  result.Set("width", Napi::Number::New(env, static_cast<double>(options.width)));
  result.Set("metric", Napi::Number::New(env, static_cast<int>(options.metric)));
  result.Set("store", Napi::Number::New(env, static_cast<int>(options.store)));
  result.Set("writable", Napi::Boolean::New(env, index->writable()));
  result.Set("connectivity", Napi::Number::New(env, static_cast<double>(options.connectivity)));
  result.Set("handle", Napi::External<IndexHandle>::New(env, new IndexHandle(std::move(index)),
                                                        [](Napi::Env, IndexHandle* handle) { delete handle; }));
  return result;
}

Matrix rows_of(const Napi::Value& value, const char* name, const IndexHandle& index) {
  const size_t width = index->options().width;
  const auto values = array<float>(value, name);
  if (values.size() % width != 0) invalid_argument(name, "is not a whole number of rows");
  return {values.data(), values.size() / width, width};
}

// createVectorIndex(width, metric, store, connectivity, expansion of additions)
Napi::Value create(const Napi::CallbackInfo& info) {
  VectorIndex::Options options{};
  options.width = integer(info[0], "width", 1, 65536);
  options.metric = static_cast<VectorIndex::Metric>(integer(info[1], "metric", 0, 1));
  options.store = static_cast<VectorIndex::Store>(integer(info[2], "store", 0, 2));
  options.connectivity = integer(info[3], "connectivity", 2, 512);
  options.expansion_add = integer(info[4], "expansionAdd", 1, 65536);
  auto index = VectorIndex::create(options);
  return describe(info.Env(), index);
}

// openVectorIndex(path, writable, threads, control)
Napi::Value open(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) invalid_argument("path", "must be a string");
  const std::string path = info[0].As<Napi::String>();
  const bool writable = boolean(info[1], "writable");
  const Execution how = execution(info[2], info[3]);
  return Task<IndexHandle>::start(
      info, priority(how), [=] { return VectorIndex::open(path, writable); }, describe);
}

// vectorIndexSize(index)
Napi::Value size(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(vector_index(info[0])->size()));
}

// vectorIndexAdd(index, keys, vectors, threads, control)
Napi::Value add(const Napi::CallbackInfo& info) {
  const IndexHandle index = vector_index(info[0]);
  const auto keys = array<const uint32_t>(info[1], "keys");
  const Matrix vectors = rows_of(info[2], "vectors", index);
  if (vectors.rows != keys.size()) invalid_argument("vectors", "are not one for each key");
  const Execution how = execution(info[3], info[4]);
  return start_filling(info, how, [=] { index->add(keys, vectors, how); });
}

// vectorIndexRemove(index, keys, threads, control)
Napi::Value remove(const Napi::CallbackInfo& info) {
  const IndexHandle index = vector_index(info[0]);
  const auto keys = array<const uint32_t>(info[1], "keys");
  const Execution how = execution(info[2], info[3]);
  return start_filling(info, how, [=] { index->remove(keys); });
}

/// A search that has all that it needs but how it runs.
auto search_of(const Napi::CallbackInfo& info) {
  const IndexHandle index = vector_index(info[0]);
  const Matrix queries = rows_of(info[1], "queries", index);
  const auto allowed = optional_array<const uint8_t>(info[2], "allowed");
  const size_t expansion = integer(info[3], "expansion", 1, 65536);
  const size_t top = integer(info[4], "top", 1, 65536);
  const Hits out{array<uint32_t>(info[5], "ids", queries.rows * top),
                 array<float>(info[6], "scores", queries.rows * top), array<uint32_t>(info[7], "counts", queries.rows),
                 top};
  return [=](const Execution& how) { index->search(queries, allowed, expansion, out, how); };
}

// vectorIndexSearch(index, queries, allowed?, expansion, top, ids, scores, counts, threads, control)
Napi::Value search(const Napi::CallbackInfo& info) {
  const Execution how = execution(info[8], info[9]);
  return start_filling(info, how, [how, search = search_of(info)] { search(how); });
}

// vectorIndexSearchNow(index, queries, allowed?, expansion, top, ids, scores, counts)
Napi::Value search_now(const Napi::CallbackInfo& info) {
  // Where vectors are added meanwhile it would wait for them, and all of JavaScript with it.
  if (vector_index(info[0])->writable()) invalid_argument("index", "can be written to");
  search_of(info)({.threads = 1});
  return info.Env().Undefined();
}

// saveVectorIndex(index, path, threads, control)
Napi::Value save(const Napi::CallbackInfo& info) {
  const IndexHandle index = vector_index(info[0]);
  if (!info[1].IsString()) invalid_argument("path", "must be a string");
  const std::string path = info[1].As<Napi::String>();
  const Execution how = execution(info[2], info[3]);
  return start_filling(info, how, [=] { index->save(path, how); });
}

// closeVectorIndex(index)
Napi::Value close(const Napi::CallbackInfo& info) {
  vector_index(info[0]);
  info[0].As<Napi::External<IndexHandle>>().Data()->reset();
  return info.Env().Undefined();
}

}  // namespace

void init_vector_index(Napi::Env env, Napi::Object exports) {
  const auto add_function = [&](const char* name, auto function) { export_guarded(env, exports, name, function); };
  add_function("createVectorIndex", create);
  add_function("openVectorIndex", open);
  add_function("vectorIndexSize", size);
  add_function("vectorIndexAdd", add);
  add_function("vectorIndexRemove", remove);
  add_function("vectorIndexSearch", search);
  add_function("vectorIndexSearchNow", search_now);
  add_function("saveVectorIndex", save);
  add_function("closeVectorIndex", close);
}

}  // namespace pinsage::binding
