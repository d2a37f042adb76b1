#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "pinsage/cuda/memory.hpp"

namespace pinsage::cuda {

/// Processes, each with a GPU of its own, that sum numbers there by NCCL, which is opened when it is first needed.
class DeviceGroup {
 public:
  using Id = std::array<char, 128>;

  /// Why there can be none; empty where NCCL is.
  static std::string problem();
  /// What all processes of a group have to know, made by one of them. Throws MISSING_DEPENDENCY.
  static Id make_id();

  /// Returns when all have come. Throws MISSING_DEPENDENCY.
  DeviceGroup(const Id& id, size_t rank, size_t size);
  ~DeviceGroup();

  /// In place: the sum over all processes, after what the queue already has to do. Returns when it is there: meanwhile
  /// `check` is called now and then, and what it throws ends the group.
  void all_reduce(std::span<const DeviceSpan<float>> arrays, Queue& queue, const std::function<void()>& check);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pinsage::cuda
