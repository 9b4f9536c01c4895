// One pool: a curl multi handle, so its kept-alive connections are nobody else's, with its
// sockets in the epoll descriptor that all pools share and its timer as a deadline. It
// borrows the transfers that run in it. Private to src/net; signals are blocked by the caller.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "net/transfer.hpp"

namespace tandem::net {

class Pool {
 public:
  // `tag` comes back in the upper half of the data of this pool's epoll events, the socket in the lower.
  Pool(int epoll, std::uint32_t tag, Rules rules);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  [[nodiscard]] const Rules& rules() const noexcept { return rules_; }
  [[nodiscard]] std::size_t running() const noexcept { return running_; }
  [[nodiscard]] base::Micros idle_since() const noexcept { return idle_since_; }  // meaningful when nothing runs
  [[nodiscard]] std::optional<base::Micros> deadline() const noexcept { return deadline_; }

  EasyHandle take_handle();  // a used one where there is one
  [[nodiscard]] bool add(Transfer& transfer) noexcept;
  [[nodiscard]] bool restart(Transfer& transfer) noexcept;  // one that has ended, with the same options
  void remove(Transfer& transfer) noexcept;                 // ended or not; its handle is kept for the next

  void on_socket(int socket, std::uint32_t events) noexcept;
  void on_deadline() noexcept;
  struct Ended {
    Transfer* transfer;
    CURLcode code;
  };
  std::optional<Ended> next_ended() noexcept;

 private:
  static int watch_socket(CURL*, curl_socket_t socket, int what, void* context, void* known) noexcept;
  static int set_timer(CURLM*, long milliseconds, void* context) noexcept;

  struct FreeMulti {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
  };

  int epoll_;
  std::uint32_t tag_;
  Rules rules_;
  std::size_t running_ = 0;
  base::Micros idle_since_;
  std::optional<base::Micros> deadline_;
  std::vector<EasyHandle> spare_;
  std::unique_ptr<CURLM, FreeMulti> multi_;  // last: closing its connections calls back
};

}  // namespace tandem::net
