#pragma once

#include <napi.h>

#include "napi/arguments.hpp"

/// What each file of this folder adds to the addon's exports.
namespace pinsage::binding {

void init_files(Napi::Env env, Napi::Object exports);
void init_graph(Napi::Env env, Napi::Object exports);
void init_linear(Napi::Env env, Napi::Object exports);
void init_process_group(Napi::Env env, Napi::Object exports);
void init_search(Napi::Env env, Napi::Object exports);
void init_tensor(Napi::Env env, Napi::Object exports);
void init_vector_index(Napi::Env env, Napi::Object exports);

}  // namespace pinsage::binding
