// What is asked of the network and what comes back: plain values, no Postgres.
// Credentials travel as Secret members of a Request and are put onto the wire by
// net/transfers.cpp only; nothing here that is printable holds one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/page_reader.hpp"
#include "base/secret.hpp"
#include "net/address.hpp"

namespace tandem::net {

struct Header {
  std::string name, value;
};

// What the administrator allows (tandem.allow_http, tandem.allowed_networks, tandem.max_response_bytes).
struct Egress {
  bool allow_http = false;
  NetworkList allowed_networks;
  std::size_t max_response_bytes = 64u << 20;  // counted on decoded bytes
};

// How long each part may take; 0: no limit.
struct Timeouts {
  int connect_ms = 10'000;     // name, TCP and TLS together
  int first_byte_ms = 60'000;  // from the last byte sent to the first one received
  int total_ms = 300'000;      // everything, waiting for a free connection too
  int low_speed_s = 30;        // less than 1 byte/s for so long, once the answer has begun
};

struct Request {
  std::string method = "GET";
  std::string url;  // absolute, without secrets
  std::vector<Header> headers;
  std::vector<std::pair<std::string, base::Secret>> secret_headers;  // Authorization: Bearer …
  std::vector<std::pair<std::string, base::Secret>> secret_query;    // ?api_key=…
  std::string body;
  Timeouts timeouts;
  // Requests of one pool share kept-alive connections; different connections never do.
  std::string pool;
};

struct Response {
  // Set when there is no usable answer: connection_failure, timed_out, limit_exceeded, protocol_violation,
  // insufficient_privilege (an address or scheme that is not allowed). Texts are already redacted.
  std::optional<base::Error> error;
  bool sent = false;  // the request may have reached the other side
  int status = 0;
  std::vector<Header> headers;  // of the final answer, in order
  base::Buffer body;
  std::int64_t total_micros = 0, first_byte_micros = 0;
  std::int64_t wire_bytes = 0;
  int http_version = 0;                                                               // 11, 2
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;  // case-insensitive, first
  [[nodiscard]] std::string header_list(std::string_view name) const;  // all of that name, joined by ", " (Link)
};

}  // namespace tandem::net
