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
#include <mutex>
#include <type_traits>
#include <utility>

namespace pinsage {
namespace {

namespace transport = gloo::transport;

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
  explicit GlooMesh(const ProcessGroup::Options& options) : options_(options) {
    const std::string address = own_address(options.host);
    try {
      const auto device = transport::tcp::CreateDevice(transport::tcp::attr(address.c_str()));
      context_ = device->createContext(static_cast<int>(options.rank), static_cast<int>(options.size));
      // A pair waits five times as long for its connection.
      context_->setTimeout(options.timeout / 5);
      for (size_t peer = 0; peer < options.size; ++peer) {
        if (peer != options.rank) context_->createPair(static_cast<int>(peer));
      }
    } catch (const std::exception& error) {
      throw Error("IO", "No connections can be waited for at " + address + ": " + reason(error));
    }
  }

  ~GlooMesh() override { abort(); }

  std::vector<std::string> addresses() const override {
    std::vector<std::string> addresses(options_.size);
    for (size_t peer = 0; peer < options_.size; ++peer) {
      if (peer == options_.rank) continue;
      const std::vector<char> bytes = pair(peer).address().bytes();
      addresses[peer].assign(bytes.begin(), bytes.end());
    }
    return addresses;
  }

  void connect(const std::vector<std::string>& addresses) override {
    const size_t length = sizeof(sockaddr_storage);
    for (size_t peer = 0; peer < options_.size; ++peer) {
      if (peer == options_.rank) continue;
      if (addresses.size() != options_.size || addresses[peer].size() < length) {
        invalid_argument("addresses", "are not those of " + std::to_string(options_.size) + " processes");
      }
      try {
        pair(peer).connect(std::vector<char>(addresses[peer].begin(), addresses[peer].end()));
      } catch (const std::exception& error) {
        throw lost(peer, reason(error));
      }
    }
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
      if (!done) throw Error("CLOSED", "The process group is closed.");
    }
  }

  void abort() noexcept override {
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
      if (mesh_.aborted_) throw Error("CLOSED", "The process group is closed.");
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
      {
        const std::lock_guard lock(mutex_);
        if (aborted_) throw Error("CLOSED", "The process group is closed.");
      }
      throw lost(peer, reason(error));
    }
  }

  Error lost(size_t peer, const std::string& why) const {
    return {"PEER_LOST", "Process " + std::to_string(peer) + " of " + std::to_string(options_.size) +
                             " was lost, as process " + std::to_string(options_.rank) + " sees it: " + why};
  }

  const ProcessGroup::Options options_;
  std::shared_ptr<transport::Context> context_;
  std::mutex mutex_;
  bool aborted_ = false;
  std::vector<Buffer> active_;
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
