#include "net/multi.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

namespace tandem::net {
namespace {

constexpr long kMaxHostConnections = 100;
constexpr long kMaxConnections = 200;
constexpr long kMaxKept = 100;        // open connections, idle ones too
constexpr std::size_t kMaxSpare = 8;  // easy handles

[[noreturn]] void out_of_memory() { throw base::Failure(base::Errc::internal, "out of memory"); }

}  // namespace

Pool::Pool(int epoll, std::uint32_t tag, Rules rules)
    : epoll_(epoll), tag_(tag), rules_(std::move(rules)), idle_since_(base::monotonic()), multi_(curl_multi_init()) {
  if (!multi_) out_of_memory();
  CURLM* multi = multi_.get();
  bool ok = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Pool::watch_socket) == CURLM_OK;
  ok = ok && curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this) == CURLM_OK;
  ok = ok && curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Pool::set_timer) == CURLM_OK;
  ok = ok && curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this) == CURLM_OK;
  ok = ok && curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, kMaxHostConnections) == CURLM_OK;
  ok = ok && curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, kMaxConnections) == CURLM_OK;
  ok = ok && curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kMaxKept) == CURLM_OK;
  ok = ok && curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX) == CURLM_OK;
  if (!ok) throw base::Failure(base::Errc::not_supported, "this libcurl lacks an option we need");
}

Pool::~Pool() = default;

EasyHandle Pool::take_handle() {
  EasyHandle handle;
  if (spare_.empty()) {
    handle.reset(curl_easy_init());
    if (!handle) out_of_memory();
  } else {
    handle = std::move(spare_.back());
    spare_.pop_back();
  }
  return handle;
}

bool Pool::add(Transfer& transfer) noexcept {
  if (curl_multi_add_handle(multi_.get(), transfer.easy.get()) != CURLM_OK) return false;
  ++running_;
  return true;
}

bool Pool::restart(Transfer& transfer) noexcept {
  curl_multi_remove_handle(multi_.get(), transfer.easy.get());
  return curl_multi_add_handle(multi_.get(), transfer.easy.get()) == CURLM_OK;
}

void Pool::remove(Transfer& transfer) noexcept {
  curl_multi_remove_handle(multi_.get(), transfer.easy.get());
  --running_;
  idle_since_ = base::monotonic();
  if (spare_.size() >= kMaxSpare) return;
  try {
    curl_easy_reset(transfer.easy.get());  // forgets header lines, URL and callbacks
    spare_.push_back(std::move(transfer.easy));
  } catch (const std::bad_alloc&) {
    // Then it is freed with the transfer.
  }
}

void Pool::on_socket(int socket, std::uint32_t events) noexcept {
  int mask = 0;
  if (events & EPOLLIN) mask |= CURL_CSELECT_IN;
  if (events & EPOLLOUT) mask |= CURL_CSELECT_OUT;
  if (events & (EPOLLERR | EPOLLHUP)) mask |= CURL_CSELECT_ERR;
  int running = 0;
  // Failures of single transfers come out of next_ended(); a socket that was closed meanwhile is no news.
  curl_multi_socket_action(multi_.get(), socket, mask, &running);
}

void Pool::on_deadline() noexcept {
  deadline_.reset();  // curl sets the next one
  int running = 0;
  curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
}

std::optional<Pool::Ended> Pool::next_ended() noexcept {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* context = nullptr;
    const CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
    return Ended{static_cast<Transfer*>(static_cast<void*>(context)), code};
  }
  return std::nullopt;
}

int Pool::watch_socket(CURL*, curl_socket_t socket, int what, void* context, void* known) noexcept {
  Pool& pool = *static_cast<Pool*>(context);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(pool.epoll_, EPOLL_CTL_DEL, socket, nullptr);  // may be closed already
    return 0;
  }
  epoll_event event{};
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  event.data.u64 = (std::uint64_t{pool.tag_} << 32) | static_cast<std::uint32_t>(socket);
  if (known == nullptr) curl_multi_assign(pool.multi_.get(), socket, &pool);
  int done = epoll_ctl(pool.epoll_, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
  // The number of a socket that curl closed on its own may come back.
  if (done != 0 && errno == EEXIST) done = epoll_ctl(pool.epoll_, EPOLL_CTL_MOD, socket, &event);
  if (done != 0 && errno == ENOENT) done = epoll_ctl(pool.epoll_, EPOLL_CTL_ADD, socket, &event);
  return done == 0 ? 0 : -1;
}

int Pool::set_timer(CURLM*, long milliseconds, void* context) noexcept {
  Pool& pool = *static_cast<Pool*>(context);
  pool.deadline_.reset();
  if (milliseconds >= 0) pool.deadline_ = base::monotonic() + milliseconds * (base::kSecond / 1000);
  return 0;
}

}  // namespace tandem::net
