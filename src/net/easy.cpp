#include "net/easy.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/percent.hpp"
#include "base/strings.hpp"
#include "net/callbacks.hpp"
#include "net/failure.hpp"
#include "net/url.hpp"

namespace tandem::net {
namespace {

constexpr long kReadBufferBytes = 512 * 1024;  // pages are large; touched only as far as used
constexpr long kKeepAliveProbeSeconds = 60;
// libcurl 7.88 spins, and never ends, when an HTTP/2 server answers before it has read a body
// that does not fit its first window of 64 KB.
constexpr std::size_t kMaxHttp2Body = 32 * 1024;

// Framing, routing and decoding are ours: a header that contradicts them splits requests,
// reaches another site behind the same address, or makes the body unreadable.
constexpr std::array<std::string_view, 12> kOwnHeaders = {"host",
                                                          "connection",
                                                          "content-length",
                                                          "transfer-encoding",
                                                          "te",
                                                          "trailer",
                                                          "upgrade",
                                                          "expect",
                                                          "accept-encoding",
                                                          "keep-alive",
                                                          "proxy-authorization",
                                                          "proxy-connection"};

base::Error refused(base::Errc code, std::string text, std::string hint = {}) {
  return base::Error{code, std::move(text), {}, std::move(hint)};
}

bool token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::optional<base::Error> check_header(std::string_view name, std::string_view value) {
  if (!token(name)) return refused(base::Errc::invalid_parameter, base::strcat("invalid header name \"", name, "\""));
  if (std::find(kOwnHeaders.begin(), kOwnHeaders.end(), base::lower(name)) != kOwnHeaders.end()) {
    return refused(base::Errc::invalid_parameter, base::strcat("header \"", name, "\" cannot be set"),
                   "It is set by the engine where it is needed; remove it.");
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(value.begin(), value.end(), control)) {
    return refused(base::Errc::invalid_parameter,
                   base::strcat("value of header \"", name, "\" has a control character"),
                   "A line break at the end of a pasted key is the usual cause.");
  }
  return std::nullopt;
}

std::optional<base::Error> add_header(Transfer& transfer, std::string_view name, std::string_view value) {
  if (auto error = check_header(name, value)) return error;
  WipedText line;
  line.text.reserve(name.size() + value.size() + 2);
  // For curl "Name:" means "do not send it"; an empty value is written with a semicolon.
  line.text.append(name).append(value.empty() ? ";" : ": ").append(value);
  if (!transfer.header_lines_out.append(line.text.c_str())) return refused(base::Errc::internal, "out of memory");
  return std::nullopt;
}

bool has_header(const Request& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [&](const Header& header) { return base::lower(header.name) == name; });
}

std::optional<base::Error> set_headers(EasyOptions& options, Transfer& transfer) {
  const Request& request = transfer.request;
  for (const auto& header : request.headers) {
    if (auto error = add_header(transfer, header.name, header.value)) return error;
  }
  for (const auto& [name, value] : request.secret_headers) {
    if (auto error = add_header(transfer, name, value.reveal())) return error;
  }
  if (!has_header(request, "user-agent")) {
    if (auto error = add_header(transfer, "User-Agent", "pg_tandem")) return error;
  }
  // Off: waiting a second for "100 Continue", and the content type of a web form.
  bool added = transfer.header_lines_out.append("Expect:");
  if (!has_header(request, "content-type")) added = added && transfer.header_lines_out.append("Content-Type:");
  if (!added) return refused(base::Errc::internal, "out of memory");
  options.set(CURLOPT_HTTPHEADER, transfer.header_lines_out.get());
  return std::nullopt;
}

std::optional<base::Error> set_method(EasyOptions& options, const Request& request) {
  if (!token(request.method) || request.method == "CONNECT") {
    return refused(base::Errc::invalid_parameter, base::strcat("invalid HTTP method \"", request.method, "\""));
  }
  const bool takes_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (takes_body || !request.body.empty()) {
    options.set(CURLOPT_POST, 1L);
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    options.set(CURLOPT_POSTFIELDS, request.body.c_str());  // borrowed: the transfer outlives the handle
  } else if (request.method == "HEAD") {
    options.set(CURLOPT_NOBODY, 1L);
  } else {
    options.set(CURLOPT_HTTPGET, 1L);
  }
  options.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  return std::nullopt;
}

std::optional<base::Error> set_url(EasyOptions& options, Transfer& transfer) {
  const Request& request = transfer.request;
  auto url = parse_url(request.url);
  if (!url) return url.error();
  transfer.host = url->host;
  transfer.place = url->origin().substr(url->scheme.size() + 3);
  const bool plain = url->scheme == "http";
  if (plain && !transfer.rules.egress.allow_http) return plain_http_refused(transfer);
  options.set(CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
  options.set(CURLOPT_REDIR_PROTOCOLS_STR, plain ? "http" : "https");
  // Requests wait for the first TLS connection, for with HTTP/2 it carries them all.
  options.set(CURLOPT_PIPEWAIT, plain ? 0L : 1L);

  // A page's own link may repeat them; the configured ones count.
  for (const auto& [name, value] : request.secret_query) drop_param(*url, name);
  WipedText text(url->text());
  std::size_t room = text.text.size();
  for (const auto& [name, value] : request.secret_query) room += 3 * (name.size() + value.reveal().size()) + 2;
  text.text.reserve(room);  // never grows: no stray copies
  char separator = url->query.empty() ? '?' : '&';
  for (const auto& [name, value] : request.secret_query) {
    const WipedText encoded(base::percent_encode(value.reveal()));
    text.text.append(1, separator).append(base::percent_encode(name)).append(1, '=').append(encoded.text);
    separator = '&';
  }
  options.set(CURLOPT_URL, text.text.c_str());  // copied
  return std::nullopt;
}

// Where curl was built with a file and a directory of authorities, the file alone: only then
// does it keep the parsed certificates, else each connection reads them all again (some 20 ms).
void set_trust(EasyOptions& options, CURL* easy) {
  char* file = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CAINFO, &file) != CURLE_OK || file == nullptr) return;
  if (access(file, R_OK) == 0) options.wish(CURLOPT_CAPATH, static_cast<char*>(nullptr));
}

// Inputs from the surroundings (environment, files) and everything that could lead elsewhere.
void set_protections(EasyOptions& options, const Transfer& transfer) {
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  options.set(CURLOPT_MAXREDIRS, 0L);
  options.set(CURLOPT_UNRESTRICTED_AUTH, 0L);
  options.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  options.set(CURLOPT_PROXY, "");
  options.set(CURLOPT_NOPROXY, "*");
  options.set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  options.set(CURLOPT_HTTP09_ALLOWED, 0L);
  options.set(CURLOPT_SSL_VERIFYPEER, 1L);
  options.set(CURLOPT_SSL_VERIFYHOST, 2L);
  options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set_trust(options, transfer.easy.get());
  // Ends an answer that declares its size early; the count in on_body is what holds.
  if (transfer.request.method != "HEAD") {
    options.set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(transfer.rules.egress.max_response_bytes));
  }
}

void set_manners(EasyOptions& options, const Transfer& transfer) {
  const unsigned features = static_cast<unsigned>(curl_version_info(CURLVERSION_NOW)->features);
  options.set(CURLOPT_NOSIGNAL, 1L);
  const bool http2 = (features & CURL_VERSION_HTTP2) && transfer.request.body.size() <= kMaxHttp2Body;
  options.set(CURLOPT_HTTP_VERSION, static_cast<long>(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  if (features & CURL_VERSION_LIBZ) options.set(CURLOPT_ACCEPT_ENCODING, "gzip");
  options.wish(CURLOPT_BUFFERSIZE, kReadBufferBytes);  // a used handle may have it already
  options.set(CURLOPT_TCP_KEEPALIVE, 1L);
  options.set(CURLOPT_TCP_KEEPIDLE, kKeepAliveProbeSeconds);
  // The one limit curl keeps itself, for it shares it out between the addresses of a host.
  const long connect_ms = transfer.request.timeouts.connect_ms;
  if (connect_ms > 0) options.set(CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Else giving up on a transfer waits until its name look-up ends. The thread frees what it holds.
  options.set(CURLOPT_QUICK_EXIT, 1L);
#endif
}

}  // namespace

std::optional<base::Error> prepare(Transfer& transfer) {
  EasyOptions options(transfer.easy.get());
  if (auto error = set_url(options, transfer)) return error;
  if (auto error = set_method(options, transfer.request)) return error;
  if (auto error = set_headers(options, transfer)) return error;
  set_protections(options, transfer);
  set_manners(options, transfer);
  set_callbacks(options, transfer);
  options.set(CURLOPT_ERRORBUFFER, transfer.curl_message.data());
  if (options.code() != CURLE_OK) {
    return refused(base::Errc::not_supported,
                   base::strcat("this libcurl lacks an option we need: ", curl_easy_strerror(options.code())),
                   "Install the libcurl of your distribution, 7.85 or newer, with TLS.");
  }
  return std::nullopt;
}

}  // namespace tandem::net
