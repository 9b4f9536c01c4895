#include "net/transfers.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <system_error>
#include <unordered_map>

#include "base/strings.hpp"
#include "net/easy.hpp"
#include "net/failure.hpp"
#include "net/multi.hpp"
#include "net/signals.hpp"

namespace tandem::net {
namespace {

constexpr std::size_t kEventsPerTurn = 256;  // what is left over keeps the descriptor readable

constexpr base::Micros kIdlePoolLife = 90 * base::kSecond;  // servers close idle connections at about this age

// Once per process, on first use: before a fork its threads and sockets would be lost.
void init_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  const auto* version = curl_version_info(CURLVERSION_NOW);
  const int needed = CURL_VERSION_SSL | CURL_VERSION_ASYNCHDNS;
  if (code == CURLE_OK && version->version_num >= 0x075500 && (version->features & needed) == needed) return;
  throw base::Failure(base::Errc::prerequisite, base::strcat("cannot work with libcurl ", version->version),
                      "It must be 7.85 or newer, with TLS and with name resolution that does not block.",
                      "Install the libcurl of your distribution: apt-get install libcurl4.");
}

class Epoll {
 public:
  Epoll() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) {
    if (descriptor_ >= 0) return;
    throw base::Failure(base::Errc::internal,
                        base::strcat("could not create an epoll descriptor: ", std::system_category().message(errno)));
  }
  ~Epoll() { close(descriptor_); }
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

int version_number(long curl_version) {
  if (curl_version == CURL_HTTP_VERSION_1_0) return 10;
  if (curl_version == CURL_HTTP_VERSION_1_1) return 11;
  if (curl_version == CURL_HTTP_VERSION_2_0) return 2;
  return 0;
}

// What curl knows of the answer, while it still has the handle.
void read_outcome(Transfer& transfer) {
  CURL* easy = transfer.easy.get();
  Response& response = transfer.response;
  long number = 0;
  curl_off_t amount = 0;
  if (curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &number) == CURLE_OK) response.status = static_cast<int>(number);
  if (curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &number) == CURLE_OK)
    response.http_version = version_number(number);
  if (curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &amount) == CURLE_OK) response.total_micros = amount;
  if (curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &amount) == CURLE_OK) response.first_byte_micros = amount;
  if (curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &amount) == CURLE_OK) response.wire_bytes = amount;
  response.wire_bytes += static_cast<std::int64_t>(transfer.header_bytes);
}

// curl's clock for connecting goes on while we are away. Nothing was sent yet, so the transfer
// can begin again, with what its own clock leaves it.
bool timed_out_while_away(const Pool::Ended& ended) {
  const Transfer& transfer = *ended.transfer;
  return ended.code == CURLE_OPERATION_TIMEDOUT && transfer.was_away && !transfer.response.sent &&
         !transfer.watch.expired(base::monotonic());
}

}  // namespace

struct Transfers::Impl {
  struct Running {
    Pool* pool;
    std::unique_ptr<Transfer> transfer;
  };

  explicit Impl(Egress egress) : rules(rules_of(std::move(egress))) {}

  static Rules rules_of(Egress egress) {
    auto own = NetworkList::own_addresses();
    return {std::move(egress), std::move(own).value()};
  }

  Pool& pool_of(const std::string& name);
  void drop_idle_pools();
  void free_unnamed_pools();
  void finish(TransferId id, std::optional<base::Error> error);
  void handle_sockets();
  void handle_deadlines();
  void collect_ended();
  void end_expired();

  Epoll epoll;
  Rules rules;
  BodyStock stock;
  TransferId last_id = 0;
  std::uint32_t last_tag = 0;
  std::map<std::string, std::uint32_t> names;                      // pools that take new transfers
  std::unordered_map<std::uint32_t, std::unique_ptr<Pool>> pools;  // and those that only finish theirs
  std::unordered_map<TransferId, Running> running;                 // freed before the pools they run in
  std::vector<Completed> completed;                                // to be given out by turn()
};

Transfers::Transfers(Egress egress) {
  const SignalBlock block;
  init_curl();
  impl_ = std::make_unique<Impl>(std::move(egress));
}

Transfers::~Transfers() {
  const SignalBlock block;
  for (auto& [id, each] : impl_->running) each.pool->remove(*each.transfer);
  impl_.reset();
}

void Transfers::set_egress(Egress egress) {
  const SignalBlock block;
  impl_->rules = Impl::rules_of(std::move(egress));
  impl_->names.clear();
  impl_->free_unnamed_pools();
}

void Transfers::drop_pool(const std::string& pool) {
  const SignalBlock block;
  if (impl_->names.erase(pool) > 0) impl_->free_unnamed_pools();
}

int Transfers::descriptor() const noexcept { return impl_->epoll.get(); }

std::optional<base::Micros> Transfers::deadline() const noexcept {
  if (!impl_->completed.empty()) return 0;  // at once
  base::Micros first = Watch::kNever;
  for (const auto& [tag, pool] : impl_->pools) first = std::min(first, pool->deadline().value_or(Watch::kNever));
  for (const auto& [id, each] : impl_->running) first = std::min(first, each.transfer->watch.due());
  if (first == Watch::kNever) return std::nullopt;
  return first;
}

void Transfers::away(base::Micros duration) {
  if (duration <= 0) return;
  for (auto& [id, each] : impl_->running) {
    each.transfer->watch.shift(duration);
    each.transfer->was_away = true;
  }
}

TransferId Transfers::start(Request request) {
  const SignalBlock block;
  Impl& impl = *impl_;
  impl.drop_idle_pools();
  Pool& pool = impl.pool_of(request.pool);
  const TransferId id = ++impl.last_id;
  auto transfer = std::make_unique<Transfer>(id, std::move(request), pool.rules(), impl.stock, base::monotonic());
  transfer->easy = pool.take_handle();
  auto error = prepare(*transfer);
  if (!error && !pool.add(*transfer)) error = base::Error{base::Errc::internal, "libcurl could not start a transfer"};
  if (error) {
    Completed failed{id, {}};
    failed.response.error = std::move(error);
    impl.completed.push_back(std::move(failed));
  } else {
    impl.running.emplace(id, Impl::Running{&pool, std::move(transfer)});
  }
  return id;
}

void Transfers::cancel(TransferId id) {
  const SignalBlock block;
  std::erase_if(impl_->completed, [&](const Completed& each) { return each.id == id; });
  const auto found = impl_->running.find(id);
  if (found == impl_->running.end()) return;
  found->second.pool->remove(*found->second.transfer);
  impl_->running.erase(found);
  impl_->free_unnamed_pools();
}

std::size_t Transfers::in_flight() const noexcept { return impl_->running.size() + impl_->completed.size(); }

std::vector<Transfers::Completed> Transfers::turn() {
  const SignalBlock block;
  // Sockets first: bytes that have arrived count before a limit that has passed meanwhile.
  impl_->handle_sockets();
  impl_->handle_deadlines();
  impl_->collect_ended();
  impl_->end_expired();
  impl_->free_unnamed_pools();
  return std::exchange(impl_->completed, {});
}

void Transfers::reuse(base::Buffer body) { impl_->stock.give(std::move(body)); }

Pool& Transfers::Impl::pool_of(const std::string& name) {
  const auto [entry, fresh] = names.try_emplace(name, last_tag + 1);
  if (!fresh) return *pools.at(entry->second);
  try {
    auto pool = std::make_unique<Pool>(epoll.get(), entry->second, rules);
    Pool& made = *pool;
    pools.emplace(entry->second, std::move(pool));
    ++last_tag;
    return made;
  } catch (...) {
    names.erase(entry);
    throw;
  }
}

// Keeps the number of open sockets in step with what is in use. Done when new work comes,
// so that an idle process need not wake for it.
void Transfers::Impl::drop_idle_pools() {
  const base::Micros before = base::monotonic() - kIdlePoolLife;
  const auto dropped = std::erase_if(names, [&](const auto& name) {
    const Pool& pool = *pools.at(name.second);
    return pool.running() == 0 && pool.idle_since() < before;
  });
  if (dropped > 0) free_unnamed_pools();
}

// A pool that lost its name takes nothing new; it goes when its last transfer has ended.
void Transfers::Impl::free_unnamed_pools() {
  if (names.size() == pools.size()) return;
  std::erase_if(pools, [&](const auto& each) {
    const auto named = [&](const auto& name) { return name.second == each.first; };
    return each.second->running() == 0 && std::none_of(names.begin(), names.end(), named);
  });
}

void Transfers::Impl::finish(TransferId id, std::optional<base::Error> error) {
  const auto found = running.find(id);
  Transfer& transfer = *found->second.transfer;
  read_outcome(transfer);
  if (error) {
    transfer.response.error = std::move(error);
    transfer.response.body = {};  // half an answer is none
  }
  found->second.pool->remove(transfer);
  completed.push_back({id, std::move(transfer.response)});
  running.erase(found);
}

void Transfers::Impl::handle_sockets() {
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const auto pool = pools.find(static_cast<std::uint32_t>(event.data.u64 >> 32));
    if (pool != pools.end()) pool->second->on_socket(static_cast<int>(event.data.u64 & UINT32_MAX), event.events);
  }
}

void Transfers::Impl::handle_deadlines() {
  const base::Micros now = base::monotonic();
  for (const auto& [tag, pool] : pools) {
    if (pool->deadline().value_or(Watch::kNever) <= now) pool->on_deadline();
  }
}

void Transfers::Impl::collect_ended() {
  for (const auto& [tag, pool] : pools) {
    while (pool->running() > 0) {
      const auto ended = pool->next_ended();
      if (!ended) break;
      if (timed_out_while_away(*ended) && pool->restart(*ended->transfer)) continue;
      std::optional<base::Error> error;
      if (ended->code != CURLE_OK) error = curl_failure(*ended->transfer, ended->code);
      finish(ended->transfer->id, std::move(error));
    }
  }
}

void Transfers::Impl::end_expired() {
  const base::Micros now = base::monotonic();
  std::vector<std::pair<TransferId, base::Error>> expired;
  for (const auto& [id, each] : running) {
    if (const auto limit = each.transfer->watch.expired(now))
      expired.emplace_back(id, limit_failure(*each.transfer, *limit));
  }
  for (auto& [id, error] : expired) finish(id, std::move(error));
}

std::string library_version() { return curl_version(); }

}  // namespace tandem::net
