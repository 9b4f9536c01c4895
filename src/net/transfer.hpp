// One request on its way: what was asked, what has come so far, and why we stopped it.
// curl's callbacks (net/callbacks.cpp) fill it in, net/multi.cpp owns its course. Private
// to src/net.
#pragma once

#include <array>
#include <string>

#include "net/body_stock.hpp"
#include "net/curl_handles.hpp"
#include "net/http.hpp"
#include "net/transfers.hpp"
#include "net/watch.hpp"

namespace tandem::net {

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;  // of an answer, interim ones and trailers counted
constexpr std::size_t kMaxHeaders = 200;

// What the transfers of one pool may do; fixed for the pool's life.
struct Rules {
  Egress egress;
  NetworkList own_addresses;
};

// Why a callback of ours ended a transfer; curl then reports only that one did.
enum class Stop { none, body_too_large, headers_too_large, sent_twice, out_of_memory };

struct Transfer {
  Transfer(TransferId its_id, Request what, const Rules& its_rules, BodyStock& bodies, base::Micros now)
      : id(its_id), request(std::move(what)), rules(its_rules), stock(bodies), watch(request.timeouts, now) {}

  const TransferId id;
  const Request request;
  const Rules& rules;
  BodyStock& stock;
  std::string place;  // "api.example.com" or "api.example.com:8443", for messages
  std::string host;   // alone
  Watch watch;
  Response response;
  Stop stop = Stop::none;
  bool address_refused = false;  // at least one of the host's addresses
  std::size_t header_bytes = 0, header_lines = 0;
  bool body_begun = false;
  bool was_away = false;  // the process, while this one ran
  std::array<char, CURL_ERROR_SIZE> curl_message{};
  HeaderLines header_lines_out;
  EasyHandle easy;  // last: freed before what it points to
};

}  // namespace tandem::net
