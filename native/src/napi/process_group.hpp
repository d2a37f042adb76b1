#pragma once

#include <napi.h>

#include <memory>

#include "pinsage/process_group.hpp"

namespace pinsage::binding {

/// The group of a handle.
std::shared_ptr<ProcessGroup> process_group_of(const Napi::Value& value);

/// The same on GPUs, where this build has CUDA.
void init_device_group(Napi::Env env, Napi::Object exports);

}  // namespace pinsage::binding
