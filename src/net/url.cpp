#include "net/url.hpp"

#include <algorithm>
#include <optional>

#include "base/percent.hpp"
#include "base/strings.hpp"
#include "net/curl_handles.hpp"

namespace tandem::net {
namespace {

constexpr std::size_t kMaxUrlBytes = 8192;
// Spaces and bytes beyond ASCII in path and query are encoded; what is encoded already stays.
constexpr unsigned kSetFlags = CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE;

base::Error invalid(std::string_view reason) {
  return base::Error{base::Errc::invalid_text,
                     base::strcat("invalid URL: ", reason),
                     {},
                     "A URL looks like https://api.example.com/v1/items."};
}

std::optional<std::string> part(CURLU* handle, CURLUPart which, unsigned flags = 0) {
  char* raw = nullptr;
  if (curl_url_get(handle, which, &raw, flags) != CURLUE_OK) return std::nullopt;
  const CurlText text(raw);
  return std::string(raw);
}

// Why the text should not even be shown to the parser.
std::optional<base::Error> unfit(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return invalid("it is longer than 8192 bytes");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), control)) return invalid("it has a control character");
  return std::nullopt;
}

std::optional<base::Error> set_text(CURLU* handle, const std::string& text) {
  const CURLUcode code = curl_url_set(handle, CURLUPART_URL, text.c_str(), kSetFlags);
  if (code == CURLUE_OK) return std::nullopt;
  if (code == CURLUE_USER_NOT_ALLOWED) return invalid("it has a user name or password before the host");
  if (code == CURLUE_BAD_SCHEME) return invalid("it does not begin with https://");
  return invalid(base::lower(curl_url_strerror(code)));
}

base::Result<Url> read_parts(CURLU* handle) {
  Url url;
  url.scheme = base::lower(part(handle, CURLUPART_SCHEME).value_or(""));
  if (url.scheme != "https" && url.scheme != "http") return invalid("its scheme is neither https nor http");
  url.host = base::lower(part(handle, CURLUPART_HOST).value_or(""));
  if (url.host.empty()) return invalid("it has no host");
  if (url.host.back() == '.') return invalid("its host ends in a dot");
  if (part(handle, CURLUPART_ZONEID)) return invalid("its host has a zone id");
  url.port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("");
  if (url.port.empty() || url.port == "0") return invalid("its port is not valid");
  url.path = part(handle, CURLUPART_PATH).value_or("/");
  url.query = part(handle, CURLUPART_QUERY).value_or("");
  if (url.text().size() > kMaxUrlBytes) return invalid("it is longer than 8192 bytes");
  return url;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The name of one "name=value" of a query, as the other side reads it.
std::string param_name(std::string_view pair) {
  const auto raw = pair.substr(0, pair.find('='));
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '%' && i + 2 < raw.size() && hex_digit(raw[i + 1]) >= 0 && hex_digit(raw[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(raw[i + 1]) * 16 + hex_digit(raw[i + 2])));
      i += 2;
    } else {
      out.push_back(raw[i] == '+' ? ' ' : raw[i]);
    }
  }
  return out;
}

}  // namespace

std::string Url::origin() const {
  const bool usual = port == (scheme == "https" ? "443" : "80");
  return base::strcat(scheme, "://", host, usual ? "" : ":", usual ? "" : port);
}

std::string Url::text() const { return base::strcat(origin(), path, query.empty() ? "" : "?", query); }

base::Result<Url> parse_url(std::string_view text) {
  if (const auto error = unfit(text)) return *error;
  const UrlHandle handle(curl_url());
  if (!handle) return base::Error{base::Errc::internal, "out of memory"};
  if (const auto error = set_text(handle.get(), std::string(text))) return *error;
  return read_parts(handle.get());
}

base::Result<Url> resolve_same_origin(const Url& base, std::string_view reference) {
  reference = base::trim(reference);
  if (reference.empty()) return invalid("it is empty");
  if (const auto error = unfit(reference)) return *error;
  const UrlHandle handle(curl_url());
  if (!handle) return base::Error{base::Errc::internal, "out of memory"};
  if (const auto error = set_text(handle.get(), base.text())) return *error;
  if (const auto error = set_text(handle.get(), std::string(reference))) return *error;
  auto url = read_parts(handle.get());
  if (url && url->origin() != base.origin()) {
    return base::Error{base::Errc::invalid_parameter,
                       base::strcat("link leads from ", base.origin(), " to ", url->origin()),
                       "Links to further pages are only followed on the same scheme, host and port."};
  }
  return url;
}

void set_params(Url& url, const std::vector<std::pair<std::string, std::string>>& params) {
  for (const auto& param : params) drop_param(url, param.first);
  for (const auto& [name, value] : params) {
    if (!url.query.empty()) url.query.push_back('&');
    url.query.append(base::percent_encode(name)).append("=").append(base::percent_encode(value));
  }
}

void drop_param(Url& url, std::string_view name) {
  if (url.query.empty()) return;
  auto pairs = base::split(url.query, '&');
  const auto dropped = std::erase_if(pairs, [&](const std::string& pair) { return param_name(pair) == name; });
  if (dropped > 0) url.query = base::join(pairs, "&");
}

}  // namespace tandem::net
