#include "group/watch.hpp"

#ifdef PINSAGE_HAVE_GLOO

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>
#include <utility>

namespace pinsage {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// How long a machine may leave questions unanswered, which come every second.
constexpr Watch::Time silence = 8s;
/// In which whoever connects has to say who it is, and in which all hear what one of them has noticed.
constexpr Watch::Time a_word = 2s;

using Key = std::array<uint32_t, 4>;

Key random_key() {
  std::random_device random;
  Key key;
  for (uint32_t& word : key) word = random();
  return key;
}

void set(int socket, int level, int option, int value) {
  setsockopt(socket, level, option, &value, sizeof value);
}

void set_time(int socket, int option, Watch::Time time) {
  const auto milliseconds = std::max<int64_t>(time.count(), 1);
  timeval value{};
  value.tv_sec = static_cast<time_t>(milliseconds / 1000);
  value.tv_usec = static_cast<suseconds_t>(milliseconds % 1000 * 1000);
  setsockopt(socket, SOL_SOCKET, option, &value, sizeof value);
}

Watch::Time left(Clock::time_point end) {
  return std::max(std::chrono::duration_cast<Watch::Time>(end - Clock::now()), Watch::Time(0));
}

std::string system_error() {
  return std::strerror(errno);
}

/// A socket until somebody takes it.
class Socket {
 public:
  explicit Socket(int socket) : socket_(socket) {}
  Socket(const Socket&) = delete;
  ~Socket() {
    if (socket_ != -1) close(socket_);
  }
  int get() const { return socket_; }
  int take() { return std::exchange(socket_, -1); }

 private:
  int socket_;
};

}  // namespace

/// Where a process listens, and the key that another one shows there.
struct Watch::Address {
  sockaddr_storage place{};
  uint32_t length = 0;
  Key key{};
};

const size_t Watch::address_length = sizeof(Address);

Watch::Watch(const ProcessGroup::Options& options, const std::string& address)
    : options_(options), own_(options.size), sockets_(options.size), ended_(options.size) {
  for (auto& socket : sockets_) socket = -1;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  Address place;
  if (getaddrinfo(address.c_str(), nullptr, &hints, &found) == 0) {
    Socket socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    socklen_t length = sizeof place.place;
    if (socket.get() != -1 && bind(socket.get(), found->ai_addr, found->ai_addrlen) == 0 &&
        listen(socket.get(), static_cast<int>(options.size)) == 0 &&
        getsockname(socket.get(), reinterpret_cast<sockaddr*>(&place.place), &length) == 0) {
      place.length = length;
      listener_ = socket.take();
    }
    freeaddrinfo(found);
  }
  wake_ = eventfd(0, EFD_CLOEXEC);
  if (listener_ == -1 || wake_ == -1) {
    const std::string reason = system_error();
    if (listener_ != -1) close(listener_);
    if (wake_ != -1) close(wake_);
    throw Error("IO", "No connections can be waited for at " + address + ": " + reason);
  }
  for (Address& own : own_) {
    own = place;
    own.key = random_key();
  }
}

Watch::~Watch() {
  leave();
  if (thread_.joinable()) thread_.join();
  for (const auto& socket : sockets_) {
    if (socket != -1) close(socket);
  }
  close(listener_);
  close(wake_);
}

std::string Watch::address(size_t peer) const {
  return {reinterpret_cast<const char*>(&own_[peer]), sizeof(Address)};
}

void Watch::connect(std::span<const std::string_view> addresses, Time timeout, std::function<void()> on_loss) {
  on_loss_ = std::move(on_loss);
  const auto end = Clock::now() + timeout;
  // The system takes connections before anybody asks for them: nobody waits for another here.
  for (size_t peer = 0; peer < options_.rank; ++peer) greet(peer, addresses[peer], left(end));
  await_greetings(left(end));
  thread_ = std::thread([this] { live(); });
}

void Watch::greet(size_t peer, const std::string_view& address, Time timeout) {
  Address other;
  std::memcpy(&other, address.data(), sizeof other);
  Socket socket(::socket(other.place.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  set_time(socket.get(), SO_SNDTIMEO, timeout);
  const socklen_t length = std::min<socklen_t>(other.length, sizeof other.place);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&other.place), length) != 0 ||
      send(socket.get(), &other.key, sizeof other.key, MSG_NOSIGNAL) != sizeof other.key) {
    throw loss_of(peer, system_error());
  }
  keep(peer, socket.take());
}

void Watch::await_greetings(Time timeout) {
  const auto end = Clock::now() + timeout;
  const auto missing = [&] {
    return std::find_if(sockets_.begin() + options_.rank + 1, sockets_.end(),
                        [](const auto& socket) { return socket == -1; }) -
           sockets_.begin();
  };
  while (missing() < static_cast<std::ptrdiff_t>(options_.size)) {
    pollfd events[] = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    const int ready = poll(events, 2, static_cast<int>(left(end).count()));
    if (left_) throw Error("CLOSED", "The process group is closed.");
    if (ready <= 0) throw loss_of(static_cast<size_t>(missing()), "it does not connect");
    Socket socket(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    set_time(socket.get(), SO_RCVTIMEO, a_word);
    Key key;
    if (recv(socket.get(), &key, sizeof key, MSG_WAITALL) != sizeof key) continue;
    for (size_t peer = options_.rank + 1; peer < options_.size; ++peer) {
      if (own_[peer].key == key && sockets_[peer] == -1) keep(peer, socket.take());
    }
  }
}

void Watch::keep(size_t peer, int socket) {
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(silence.count()));
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  sockets_[peer] = socket;
}

void Watch::live() {
  std::vector<size_t> peers;
  for (size_t peer = 0; peer < options_.size; ++peer) {
    if (sockets_[peer] != -1) peers.push_back(peer);
  }
  while (true) {
    std::vector<pollfd> events{{wake_, POLLIN, 0}};
    for (const size_t peer : peers) events.push_back({sockets_[peer], POLLIN, 0});
    if (poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return;
    if (left_) return;
    std::vector<size_t> remaining;
    for (size_t i = 0; i < peers.size(); ++i) {
      if (events[i + 1].revents == 0 || hear(peers[i])) remaining.push_back(peers[i]);
    }
    peers = std::move(remaining);
    if (loss()) return on_loss_();
  }
}

bool Watch::hear(size_t peer) {
  uint32_t lost;
  const ssize_t length = recv(sockets_[peer], &lost, sizeof lost, MSG_WAITALL);
  if (length == sizeof lost) {
    if (lost < options_.size && lost != options_.rank) {
      note(lost, peer, "it is gone");
    } else {
      note(peer, options_.rank, "it has lost this process");
    }
  } else if (length < 0) {
    note(peer, options_.rank, errno == ETIMEDOUT ? "its machine does not answer" : system_error());
  } else {
    // It has ended. What it sent before may still be on its way, so that only who needs more of it has lost it.
    const std::lock_guard lock(mutex_);
    ended_[peer] = Clock::now();
  }
  changed_.notify_all();
  return false;
}

void Watch::note(size_t peer, size_t witness, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (loss_) return;
  loss_ = {peer,
           {"PEER_LOST", "Process " + std::to_string(peer) + " of " + std::to_string(options_.size) +
                             " was lost, as process " + std::to_string(witness) + " sees it: " + reason}};
}

std::optional<Error> Watch::loss() const {
  const std::lock_guard lock(mutex_);
  return loss_ ? std::optional(loss_->error) : std::nullopt;
}

Error Watch::loss_of(size_t peer, const std::string& reason) {
  {
    std::unique_lock lock(mutex_);
    if (thread_.joinable()) changed_.wait_for(lock, a_word, [&] { return loss_ || ended_[peer]; });
  }
  note(peer, options_.rank, reason);
  return *loss();
}

void Watch::check() {
  const auto long_gone = [&](const auto& end) { return end && Clock::now() - *end > a_word; };
  std::unique_lock lock(mutex_);
  const auto gone = std::find_if(ended_.begin(), ended_.end(), long_gone);
  lock.unlock();
  if (gone != ended_.end()) note(static_cast<size_t>(gone - ended_.begin()), options_.rank, "it has ended");
  if (const auto lost = loss()) throw *lost;
}

void Watch::leave() noexcept {
  if (left_.exchange(true)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t woken = write(wake_, &one, sizeof one);
  const std::lock_guard lock(mutex_);
  for (const auto& socket : sockets_) {
    if (socket == -1) continue;
    if (loss_) {
      const auto lost = static_cast<uint32_t>(loss_->peer);
      [[maybe_unused]] const ssize_t told = send(socket, &lost, sizeof lost, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    shutdown(socket, SHUT_WR);
  }
}

}  // namespace pinsage

#endif
