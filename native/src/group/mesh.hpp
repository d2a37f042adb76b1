#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pinsage/process_group.hpp"

namespace pinsage {

/// A connection between every two processes of a group.
class Mesh {
 public:
  using Time = ProcessGroup::Time;

  static std::unique_ptr<Mesh> create(const ProcessGroup::Options& options);
  virtual ~Mesh() = default;

  /// As in ProcessGroup.
  virtual std::vector<std::string> addresses() const = 0;
  virtual void connect(const std::vector<std::string>& addresses) = 0;

  /// Sends out[r] to process r and fills in[r] with what it sends, for all other processes at once; empty ones are left
  /// out. Messages meet that have the same tag: where lengths or operations differ, the tags have to.
  virtual void exchange(std::span<const std::span<const std::byte>> out, std::span<const std::span<std::byte>> in,
                        uint64_t tag, Time timeout) = 0;

  /// Throws PEER_LOST when another process is lost, or ended some time ago.
  virtual void check() = 0;

  /// Ends a running exchange and all later ones, here and at the others. From any thread, more than once.
  virtual void abort() noexcept = 0;
};

}  // namespace pinsage
