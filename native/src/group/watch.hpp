#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "pinsage/error.hpp"
#include "pinsage/process_group.hpp"

namespace pinsage {

/// Notices that another process of a group is lost. A connection to each is for this alone: nobody says anything on it,
/// and the system asks the other machine's every second whether the connection still stands. The other system answers
/// whatever its processes do, so that one that computes, or that is stopped, counts as there. Who loses one tells all
/// others before leaving, so that they do not take the messenger for the cause.
class Watch {
 public:
  using Time = ProcessGroup::Time;

  /// Is waiting for connections at an address of this machine, in digits. Throws IO.
  Watch(const ProcessGroup::Options& options, const std::string& address);
  ~Watch();

  /// What a process has to know of this one.
  std::string address(size_t peer) const;
  /// Bytes of an address.
  static const size_t address_length;

  /// Connects with all others, of which the addresses are given, and watches them from then on. `on_loss` is called
  /// once at most, on a thread of its own. Throws PEER_LOST.
  void connect(std::span<const std::string_view> addresses, Time timeout, std::function<void()> on_loss);

  /// The first loss that was noticed here, or at another process.
  std::optional<Error> loss() const;
  /// Why a process does not answer any more: waits for what the others say of it. Where they say nothing, `reason`.
  Error loss_of(size_t peer, const std::string& reason);
  /// Throws the loss. Whoever ended counts too, once what it sent before must have come.
  void check();
  /// Says farewell. From any thread, more than once.
  void leave() noexcept;

 private:
  struct Address;
  struct Loss {
    size_t peer;
    Error error;
  };

  void greet(size_t peer, const std::string_view& address, Time timeout);
  void await_greetings(Time timeout);
  void keep(size_t peer, int socket);
  void live();
  /// Reads what there is to read from a process. Returns whether that can go on.
  bool hear(size_t peer);
  void note(size_t peer, size_t witness, const std::string& reason);

  const ProcessGroup::Options options_;
  int listener_ = -1, wake_ = -1;
  std::vector<Address> own_;  ///< [size] for each process another key, by which it is known
  std::vector<std::atomic<int>> sockets_;
  std::function<void()> on_loss_;
  std::atomic<bool> left_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Loss> loss_;
  std::vector<std::optional<std::chrono::steady_clock::time_point>> ended_;  ///< [size] since when
  std::thread thread_;
};

}  // namespace pinsage
