// The curl side of the event loop: transfers in flight, their sockets behind one epoll
// descriptor, their timers as one deadline. It never waits; its owner waits on
// descriptor() and deadline() and then calls turn(). One curl multi handle per pool, so
// connections are never shared between accounts. curl_global_init happens on first use,
// in the process that uses it, never in the postmaster.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "net/http.hpp"

namespace tandem::net {

using TransferId = std::uint64_t;

class Transfers {
 public:
  explicit Transfers(Egress egress);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  void set_egress(Egress egress);  // for transfers started from now on; kept-alive connections are dropped
  [[nodiscard]] int descriptor() const noexcept;  // the epoll descriptor: readable when turn() has work
  [[nodiscard]] std::optional<base::Micros> deadline() const noexcept;  // monotonic time at which turn() must be called
  // Shifts the clocks of what is in flight (net/watch.hpp) by the time the process was busy elsewhere
  // (applying a page), so that a slow database does not look like a slow server. Call before turn().
  void away(base::Micros duration);

  TransferId start(Request request);  // a request that cannot be sent completes at the next turn with an error
  void cancel(TransferId id);         // no completion will come
  [[nodiscard]] std::size_t in_flight() const noexcept;

  struct Completed {
    TransferId id;
    Response response;
  };
  // Does what is ready, without blocking; gives the transfers that ended.
  std::vector<Completed> turn();
  // What came with an answer and is not read any more: later answers come in its memory.
  void reuse(base::Buffer body);
  void drop_pool(const std::string& pool);  // closes its idle connections (configuration changed, connection gone)

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "libcurl/7.88.1 OpenSSL/3.0.19 nghttp2/…", for tandem.version().
[[nodiscard]] std::string library_version();

}  // namespace tandem::net
