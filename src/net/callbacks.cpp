#include "net/callbacks.hpp"

#include <sys/socket.h>

#include <exception>
#include <utility>

#include "base/strings.hpp"

namespace tandem::net {
namespace {

Transfer& transfer_of(void* context) noexcept { return *static_cast<Transfer*>(context); }

// Runs the body of a callback; memory is all that can fail in one.
template <class Body>
bool contained(Transfer& transfer, Body&& body) noexcept {
  try {
    return body();
  } catch (const std::exception&) {
    transfer.stop = Stop::out_of_memory;
    return false;
  }
}

// The first event of a transfer that had to wait for a free connection.
int on_resolve(void*, void*, void* context) noexcept {
  transfer_of(context).watch.connecting(base::monotonic());
  return 0;
}

// Called for every address tried, after DNS; the only point that rebinding and odd spellings
// of addresses cannot get around. Not called when a connection is reused: pools see to that.
curl_socket_t on_open_socket(void* context, curlsocktype, curl_sockaddr* address) noexcept {
  Transfer& transfer = transfer_of(context);
  transfer.watch.connecting(base::monotonic());
  if (!address_allowed(&address->addr, transfer.rules.egress.allowed_networks, transfer.rules.own_addresses)) {
    transfer.address_refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool safe_to_repeat(const std::string& method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

// Connected, about to send. curl repeats a request by itself when a kept-alive connection
// turns out to be dead; the other side may have acted on the first one, so only requests
// that change nothing are repeated.
int on_connected(void* context, char*, char*, int, int) noexcept {
  Transfer& transfer = transfer_of(context);
  if (transfer.response.sent && !safe_to_repeat(transfer.request.method)) {
    transfer.stop = Stop::sent_twice;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.response.sent = true;
  transfer.watch.connected(base::monotonic());
  return CURL_PREREQFUNC_OK;
}

int on_progress(void* context, curl_off_t, curl_off_t received, curl_off_t, curl_off_t sent) noexcept {
  transfer_of(context).watch.progress(received + sent, base::monotonic());
  return 0;
}

void keep_header(Transfer& transfer, std::string_view line) {
  auto& headers = transfer.response.headers;
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // what came before was interim (103 Early Hints)
    headers.clear();
    return;
  }
  if (line.empty() || transfer.body_begun) return;    // trailers are counted, not kept
  if (line.front() == ' ' || line.front() == '\t') {  // RFC 9112: a folded line goes on the one before
    if (!headers.empty()) headers.back().value += base::strcat(' ', base::trim(line));
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  headers.push_back({std::string(base::trim(line.substr(0, colon))), std::string(base::trim(line.substr(colon + 1)))});
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* context) noexcept {
  Transfer& transfer = transfer_of(context);
  transfer.watch.answering(base::monotonic());
  transfer.header_bytes += size;
  if (transfer.header_bytes > kMaxHeaderBytes || ++transfer.header_lines > kMaxHeaders) {
    transfer.stop = Stop::headers_too_large;
    return 0;
  }
  return contained(transfer, [&] { return keep_header(transfer, {data, size}), true; }) ? size : 0;
}

// Sees decoded bytes, so a small answer that unpacks into a huge one is cut here.
std::size_t on_body(char* data, std::size_t, std::size_t size, void* context) noexcept {
  Transfer& transfer = transfer_of(context);
  if (!std::exchange(transfer.body_begun, true)) transfer.response.body = transfer.stock.take();
  const std::size_t limit = transfer.rules.egress.max_response_bytes;
  if (size > limit - transfer.response.body.size()) {
    transfer.stop = Stop::body_too_large;
    return 0;
  }
  return contained(transfer, [&] { return transfer.response.body.append({data, size}), true; }) ? size : 0;
}

}  // namespace

void set_callbacks(EasyOptions& options, Transfer& transfer) noexcept {
  void* context = &transfer;
  options.set(CURLOPT_PRIVATE, context);
  options.set(CURLOPT_RESOLVER_START_FUNCTION, &on_resolve);
  options.set(CURLOPT_RESOLVER_START_DATA, context);
  options.set(CURLOPT_OPENSOCKETFUNCTION, &on_open_socket);
  options.set(CURLOPT_OPENSOCKETDATA, context);
  options.set(CURLOPT_PREREQFUNCTION, &on_connected);
  options.set(CURLOPT_PREREQDATA, context);
  options.set(CURLOPT_NOPROGRESS, 0L);
  options.set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  options.set(CURLOPT_XFERINFODATA, context);
  options.set(CURLOPT_HEADERFUNCTION, &on_header);
  options.set(CURLOPT_HEADERDATA, context);
  options.set(CURLOPT_WRITEFUNCTION, &on_body);
  options.set(CURLOPT_WRITEDATA, context);
}

}  // namespace tandem::net
