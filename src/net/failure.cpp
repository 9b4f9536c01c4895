#include "net/failure.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/strings.hpp"

namespace tandem::net {
namespace {

using base::Errc;

// "before <host> after": what each code means for somebody who has never heard of libcurl.
struct Meaning {
  CURLcode code;
  Errc errc;
  std::string_view before, after, hint;
};

constexpr std::string_view kReachable =
    "Check that the service is running and that a firewall lets this server reach it.";
constexpr std::string_view kTransient = "This is usually temporary; the request can be made again.";
constexpr std::string_view kNotHttp = "Check scheme and port of the URL.";

constexpr std::array kMeanings = {
    Meaning{CURLE_UNSUPPORTED_PROTOCOL, Errc::protocol_violation, "answer of ", " is not HTTP", kNotHttp},
    Meaning{CURLE_COULDNT_RESOLVE_HOST, Errc::connection_failure, "could not resolve host ", "",
            "Check the spelling of the host, and that name resolution works on this server."},
    Meaning{CURLE_COULDNT_CONNECT, Errc::connection_failure, "could not connect to ", "", kReachable},
    Meaning{CURLE_WEIRD_SERVER_REPLY, Errc::protocol_violation, "answer of ", " is not valid HTTP", kNotHttp},
    Meaning{CURLE_HTTP2, Errc::connection_failure, "HTTP/2 connection to ", " failed", kTransient},
    Meaning{CURLE_HTTP2_STREAM, Errc::connection_failure, "HTTP/2 request to ", " was ended by the other side",
            kTransient},
    Meaning{CURLE_PARTIAL_FILE, Errc::connection_failure, "answer of ", " ended before it was complete", kTransient},
    Meaning{CURLE_GOT_NOTHING, Errc::connection_failure, "", " closed the connection without an answer", kTransient},
    Meaning{CURLE_SEND_ERROR, Errc::connection_failure, "connection to ", " broke while the request was sent",
            kTransient},
    Meaning{CURLE_RECV_ERROR, Errc::connection_failure, "connection to ", " broke before the answer was complete",
            kTransient},
    Meaning{CURLE_SSL_CONNECT_ERROR, Errc::connection_failure, "could not set up TLS with ", "",
            "Check that the port speaks https, with TLS 1.2 or newer."},
    Meaning{
        CURLE_PEER_FAILED_VERIFICATION, Errc::connection_failure, "certificate of ", " is not trusted",
        "Install the certificate of its authority on this server with update-ca-certificates, or correct the host."},
    Meaning{CURLE_SSL_CACERT_BADFILE, Errc::connection_failure, "certificate of ", " cannot be checked",
            "Install the list of certificate authorities: apt-get install ca-certificates."},
    Meaning{CURLE_BAD_CONTENT_ENCODING, Errc::protocol_violation, "answer of ", " cannot be decompressed", {}},
    // How curl 7.88 reports a single header line of more than 100 KB.
    Meaning{CURLE_OUT_OF_MEMORY, Errc::limit_exceeded, "headers of the answer of ", " are too large", {}},
};

// curl's messages may quote the request.
std::string redacted(const Transfer& transfer, std::string text) {
  std::vector<base::Secret> secrets;
  for (const auto& [name, value] : transfer.request.secret_headers) secrets.push_back(value);
  for (const auto& [name, value] : transfer.request.secret_query) secrets.push_back(value);
  return base::redact(std::move(text), secrets);
}

std::string curl_detail(const Transfer& transfer, CURLcode code) {
  const std::string_view message = transfer.curl_message.data();
  return redacted(transfer,
                  base::strcat("libcurl reports: ", message.empty() ? curl_easy_strerror(code) : message, "."));
}

// The line to paste. The address behind a name is not told: who asks may be a tenant who
// only wants to learn what our network looks like.
std::string networks_hint(const Transfer& transfer) {
  std::string example = "10.1.2.0/24";
  const bool v6 = transfer.host.starts_with('[');
  const bool v4 = transfer.host.find_first_not_of("0123456789.") == std::string::npos;
  if (v6) example = transfer.host.substr(1, transfer.host.size() - 2);
  if (v4) example = transfer.host;
  if (transfer.host == "localhost") example = "127.0.0.0/8, ::1";
  return base::strcat("A superuser can allow its network: ALTER SYSTEM SET tandem.allowed_networks = '", example,
                      "'; SELECT pg_reload_conf();");
}

base::Error address_failure(const Transfer& transfer) {
  return {Errc::insufficient_privilege,
          base::strcat("address of host ", transfer.host, " is in a private or special range"),
          "Requests go to public addresses only, unless an administrator allows more.", networks_hint(transfer)};
}

base::Error body_failure(const Transfer& transfer) {
  return {Errc::limit_exceeded,
          base::strcat("answer of ", transfer.place, " is larger than ", transfer.rules.egress.max_response_bytes,
                       " bytes"),
          "The limit is tandem.max_response_bytes and counts unpacked bytes.",
          "Ask for smaller pages, or let a superuser raise tandem.max_response_bytes."};
}

base::Error headers_failure(const Transfer& transfer) {
  return {Errc::limit_exceeded, base::strcat("headers of the answer of ", transfer.place, " are too large"),
          base::strcat("At most ", kMaxHeaders, " lines and ", kMaxHeaderBytes, " bytes are read.")};
}

std::optional<base::Error> stop_failure(const Transfer& transfer) {
  switch (transfer.stop) {
    case Stop::none:
      return std::nullopt;
    case Stop::body_too_large:
      return body_failure(transfer);
    case Stop::headers_too_large:
      return headers_failure(transfer);
    case Stop::sent_twice:
      return base::Error{Errc::connection_failure,
                         base::strcat("connection to ", transfer.place, " broke after the request was sent"),
                         "Whether the request was carried out is not known, so it was not sent again."};
    case Stop::out_of_memory:
      return base::Error{Errc::limit_exceeded, "out of memory while an answer was read"};
  }
  return std::nullopt;
}

std::string duration(long milliseconds) {
  if (milliseconds % 1000 == 0) return base::strcat(milliseconds / 1000, " s");
  return base::strcat(milliseconds, " ms");
}

}  // namespace

base::Error curl_failure(const Transfer& transfer, CURLcode code) {
  if (auto error = stop_failure(transfer)) return *error;
  if (code == CURLE_COULDNT_CONNECT && transfer.address_refused) return address_failure(transfer);
  if (code == CURLE_FILESIZE_EXCEEDED) return body_failure(transfer);
  if (code == CURLE_OPERATION_TIMEDOUT) return limit_failure(transfer, Limit::connect);  // the only one curl keeps
  const auto* found =
      std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& each) { return each.code == code; });
  if (found == kMeanings.end()) {
    return {Errc::connection_failure, base::strcat("request to ", transfer.place, " failed"),
            curl_detail(transfer, code)};
  }
  return {found->errc, base::strcat(found->before, transfer.place, found->after), curl_detail(transfer, code),
          std::string(found->hint)};
}

base::Error limit_failure(const Transfer& transfer, Limit limit) {
  const Timeouts& timeouts = transfer.request.timeouts;
  const auto error = [](std::string text, std::string_view hint) {
    return base::Error{Errc::timed_out, std::move(text), {}, std::string(hint)};
  };
  switch (limit) {
    case Limit::connect:
      return error(base::strcat("could not connect to ", transfer.place, " within ", duration(timeouts.connect_ms)),
                   kReachable);
    case Limit::first_byte:
      return error(base::strcat(transfer.place, " did not begin to answer within ", duration(timeouts.first_byte_ms)),
                   "Ask for smaller pages, or allow more time.");
    case Limit::low_speed:
      return error(base::strcat(transfer.place, " stopped in the middle of its answer for ",
                                duration(timeouts.low_speed_s * 1000L)),
                   kTransient);
    case Limit::total:
      return error(base::strcat("answer of ", transfer.place, " was not complete within ", duration(timeouts.total_ms)),
                   "Ask for smaller pages, or allow more time.");
  }
  return error("timed out", {});
}

base::Error plain_http_refused(const Transfer& transfer) {
  return {Errc::insufficient_privilege, base::strcat("plain http to host ", transfer.host, " is not allowed"),
          "Credentials and data would cross the network readable for everybody on the way.",
          "Use https, or let a superuser allow it: ALTER SYSTEM SET tandem.allow_http = on; SELECT pg_reload_conf();"};
}

}  // namespace tandem::net
