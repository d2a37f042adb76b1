#include "group/mesh.hpp"

#include "pinsage/error.hpp"

#ifndef PINSAGE_HAVE_GLOO

namespace pinsage {

const char* collectives_name() {
  return "none";
}

std::unique_ptr<Mesh> Mesh::create(const ProcessGroup::Options&) {
  throw Error("MISSING_DEPENDENCY",
              "This build cannot train on several processes: it was made without Gloo. Install libgloo-dev (Debian and "
              "Ubuntu) or build Gloo from its sources, and build the addon again (npm run setup).");
}

}  // namespace pinsage

#else

#include <gloo/transport/context.h>
#include <gloo/transport/pair.h>
#include <gloo/transport/tcp/device.h>
#include <gloo/transport/unbound_buffer.h>

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string_view>
#include <type_traits>
#include <utility>

#include "group/watch.hpp"

namespace pinsage {
namespace {

namespace transport = gloo::transport;

/// In which processes that have met connect with one another, at most.
constexpr Mesh::Time to_connect = std::chrono::minutes(1);

/// What Gloo says, without the place in its sources.
std::string reason(const std::exception& error) {
  const std::string text = error.what();
  const size_t end = text.starts_with('[') ? text.find("] ") : std::string::npos;
  return end == std::string::npos ? text : text.substr(end + 2);
}

/// The first address of a host that a socket of this machine can have, in digits: Gloo trusts what it is given.
std::string own_address(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::string address;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) == 0) {
    for (const addrinfo* each = found; each != nullptr && address.empty(); each = each->ai_next) {
      const int socket = ::socket(each->ai_family, each->ai_socktype, each->ai_protocol);
      if (socket == -1) continue;
      char digits[NI_MAXHOST];
      if (bind(socket, each->ai_addr, each->ai_addrlen) == 0 &&
          getnameinfo(each->ai_addr, each->ai_addrlen, digits, sizeof digits, nullptr, 0, NI_NUMERICHOST) == 0) {
        address = digits;
      }
      close(socket);
    }
    freeaddrinfo(found);
  }
  if (address.empty()) invalid_argument("host", "'" + host + "' is no address of this machine");
  return address;
}

class GlooMesh final : public Mesh {
 public:
  explicit GlooMesh(const ProcessGroup::Options& options)
      : options_(options), address_(own_address(options.host)), watch_(options, address_) {
    try {
      const auto device = transport::tcp::CreateDevice(transport::tcp::attr(address_.c_str()));
      context_ = device->createContext(static_cast<int>(options.rank), static_cast<int>(options.size));
      // A pair waits five times as long for its connection.
      context_->setTimeout(connecting() / 5);
      for (size_t peer = 0; peer < options.size; ++peer) {
        if (peer != options.rank) context_->createPair(static_cast<int>(peer));
      }
    } catch (const std::exception& error) {
      throw Error("IO", "No connections can be waited for at " + address_ + ": " + reason(error));
    }
  }

  ~GlooMesh() override { abort(); }

  std::vector<std::string> addresses() const override {
    std::vector<std::string> addresses(options_.size);
    for (size_t peer = 0; peer < options_.size; ++peer) {
      if (peer == options_.rank) continue;
      const std::vector<char> bytes = pair(peer).address().bytes();
      addresses[peer] = watch_.address(peer).append(bytes.begin(), bytes.end());
    }
    return addresses;
  }

  void connect(const std::vector<std::string>& addresses) override {
    const size_t watched = Watch::address_length;
    const std::vector<std::string_view> others(addresses.begin(), addresses.end());
    for (size_t peer = 0; peer < options_.size; ++peer) {
      const bool fits = others.size() == options_.size &&
                        (peer == options_.rank || others[peer].size() >= watched + sizeof(sockaddr_storage));
      if (!fits) invalid_argument("addresses", "are not those of " + std::to_string(options_.size) + " processes");
    }
    if (connected_.exchange(true)) invalid_argument("addresses", "were given before: a group connects once");
    for (size_t peer = 0; peer < options_.size; ++peer) {
      if (peer == options_.rank) continue;
      const std::string_view gloo = others[peer].substr(watched);
      attempt(peer, [&] { pair(peer).connect(std::vector<char>(gloo.begin(), gloo.end())); });
    }
    watch_.connect(others, connecting(), [this] { abort(); });
  }

  void exchange(std::span<const std::span<const std::byte> > out, std::span<const std::span<std::byte> > in,
                uint64_t tag, Time timeout) override {
    Buffers buffers(*this);
    for (size_t peer = 0; peer < options_.size; ++peer) {
      if (peer == options_.rank) continue;
      attempt(peer, [&] {
        const int rank = static_cast<int>(peer);
        if (!in[peer].empty()) buffers.add(peer, false, in[peer].data(), in[peer].size()).recv(rank, tag);
        if (out[peer].empty()) return;
        buffers.add(peer, true, const_cast<std::byte*>(out[peer].data()), out[peer].size()).send(rank, tag);
      });
    }
    const auto end = std::chrono::steady_clock::now() + timeout;
    for (const Buffer& buffer : buffers.all()) {
      const auto left = std::chrono::duration_cast<Time>(end - std::chrono::steady_clock::now());
      const auto time = std::max(left, Time(1));
      const bool done = attempt(
          buffer.peer, [&] { return buffer.sends ? buffer.memory->waitSend(time) : buffer.memory->waitRecv(time); });
      if (!done) throw over();
    }
  }

  void check() override { watch_.check(); }

  void abort() noexcept override {
    watch_.leave();
    const std::lock_guard lock(mutex_);
    aborted_ = true;
    for (const Buffer& buffer : active_) {
      if (buffer.sends) {
        buffer.memory->abortWaitSend();
      } else {
        buffer.memory->abortWaitRecv();
      }
    }
    for (size_t peer = 0; peer < options_.size; ++peer) {
      try {
        if (peer != options_.rank) pair(peer).close();
      } catch (const std::exception&) {
        // It is closed.
      }
    }
  }

 private:
  /// Memory that is on its way from or to a peer.
  struct Buffer {
    size_t peer;
    bool sends;
    std::unique_ptr<transport::UnboundBuffer> memory;
  };

  /// The buffers of one exchange, which abort() finds.
  class Buffers {
   public:
    explicit Buffers(GlooMesh& mesh) : mesh_(mesh) {}
    ~Buffers() {
      const std::lock_guard lock(mesh_.mutex_);
      mesh_.active_.clear();
    }

    transport::UnboundBuffer& add(size_t peer, bool sends, void* data, size_t size) {
      auto memory = mesh_.context_->createUnboundBuffer(data, size);
      const std::lock_guard lock(mesh_.mutex_);
      if (mesh_.aborted_) throw mesh_.over();
      mesh_.active_.push_back({peer, sends, std::move(memory)});
      return *mesh_.active_.back().memory;
    }
    /// Only this thread changes it.
    const std::vector<Buffer>& all() const { return mesh_.active_; }

   private:
    GlooMesh& mesh_;
  };

  transport::Pair& pair(size_t peer) const { return *context_->getPair(static_cast<int>(peer)); }

  template <class Call>
  std::invoke_result_t<Call> attempt(size_t peer, Call call) {
    try {
      return call();
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      std::unique_lock lock(mutex_);
      const bool aborted = aborted_;
      lock.unlock();
      throw aborted ? over() : watch_.loss_of(peer, reason(error));
    }
  }

  /// Why nothing can be exchanged any more.
  Error over() const { return watch_.loss().value_or(Error("CLOSED", "The process group is closed.")); }

  Time connecting() const { return std::min(options_.timeout, to_connect); }

  const ProcessGroup::Options options_;
  const std::string address_;
  std::atomic<bool> connected_ = false;
  std::shared_ptr<transport::Context> context_;
  std::mutex mutex_;
  bool aborted_ = false;
  std::vector<Buffer> active_;
  Watch watch_;
};

}  // namespace

const char* collectives_name() {
  return "Gloo";
}

std::unique_ptr<Mesh> Mesh::create(const ProcessGroup::Options& options) {
  return std::make_unique<GlooMesh>(options);
}

}  // namespace pinsage

#endif
