#include "worker/requests.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "net/auth.hpp"
#include "net/url.hpp"
#include "pg/settings.hpp"

namespace tandem::worker {

namespace {

const base::Secret* find(const Credentials& credentials, std::string_view name) {
  for (const auto& [key, secret] : credentials)
    if (key == name) return &secret;
  return nullptr;
}

std::optional<base::Error> add_credentials(net::Request& request, const core::Auth& auth,
                                           const Credentials& credentials) {
  for (const std::string& name : auth.required_credentials())
    if (find(credentials, name) == nullptr)
      return base::Error{base::Errc::remote_auth,
                         base::strcat("the connection has no credential \"", name, "\""),
                         {},
                         base::strcat("SELECT tandem.set_credentials('…', '{\"", name, "\": \"…\"}');")};
  switch (auth.type) {
    case core::AuthType::none:
      break;
    case core::AuthType::basic:
      request.secret_headers.emplace_back(
          "Authorization", net::basic_authorization(*find(credentials, "username"), *find(credentials, "password")));
      break;
    case core::AuthType::bearer:
      request.secret_headers.emplace_back("Authorization", net::bearer_authorization(*find(credentials, "token")));
      break;
    case core::AuthType::api_key:
      (auth.param.empty() ? request.secret_headers : request.secret_query)
          .emplace_back(auth.param.empty() ? auth.header : auth.param, *find(credentials, "key"));
      break;
  }
  return std::nullopt;
}

base::Result<net::Url> api_url(const core::Api& api, const std::string& path, const core::Params& params) {
  base::Result<net::Url> url = net::parse_url(api.base_url);
  if (!url) return url;
  while (url->path.ends_with('/')) url->path.pop_back();
  url->path += path;
  net::set_params(*url, params);
  return url;
}

base::Result<net::Url> page_url(const core::Api& api, const core::PageRequest& page) {
  if (page.url.empty()) return api_url(api, page.path, page.params);
  base::Result<net::Url> base_url = net::parse_url(api.base_url);
  return base_url ? net::resolve_same_origin(*base_url, page.url) : base_url;
}

bool names(const std::vector<net::Header>& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const net::Header& header) { return base::lower(header.name) == name; });
}

// What every request of a connection has. Headers that are there already stand.
base::Result<net::Request> request_to(const core::Api& api, const net::Url& url, std::vector<net::Header> headers,
                                      const Credentials& credentials, const std::string& pool) {
  net::Request request;
  request.url = url.text();
  request.headers = std::move(headers);
  for (const auto& [name, value] : api.headers)
    if (!names(request.headers, base::lower(name))) request.headers.push_back({name, value});
  if (!names(request.headers, "accept")) request.headers.push_back({"Accept", "application/json"});
  request.timeouts.connect_ms = api.connect_ms;
  request.timeouts.first_byte_ms = api.first_byte_ms;
  request.timeouts.total_ms = api.total_ms;
  request.pool = pool;
  if (auto error = add_credentials(request, api.auth, credentials)) return *error;
  return request;
}

}  // namespace

base::Result<net::Request> page_request(const core::Api& api, const core::PageRequest& page,
                                        const Credentials& credentials, const std::string& pool) {
  const base::Result<net::Url> url = page_url(api, page);
  if (!url) return url.error();
  return request_to(api, *url, {}, credentials, pool);
}

base::Result<net::Request> push_request(const core::Api& api, const core::OutRequest& out,
                                        const Credentials& credentials, const std::string& pool) {
  const base::Result<net::Url> url = api_url(api, out.path, out.params);
  if (!url) return url.error();
  std::vector<net::Header> headers;
  for (const auto& [name, value] : out.headers) headers.push_back({name, value});
  if (!out.content_type.empty()) headers.push_back({"Content-Type", out.content_type});
  base::Result<net::Request> request = request_to(api, *url, std::move(headers), credentials, pool);
  if (!request) return request;
  request->method = out.method;
  request->body = out.body;
  return request;
}

net::Egress egress() {
  const pg::Settings settings = pg::settings();
  base::Result<net::NetworkList> networks = net::NetworkList::parse(settings.allowed_networks);
  if (!networks)
    throw base::Failure(base::Errc::invalid_parameter,
                        base::strcat("tandem.allowed_networks cannot be read: ", networks.error().text), {},
                        "Correct it in postgresql.conf: a list like '10.1.0.0/16, ::1'.");
  net::Egress out;
  out.allow_http = settings.allow_http;
  out.allowed_networks = std::move(*networks);
  out.max_response_bytes = static_cast<std::size_t>(settings.max_response_bytes);
  return out;
}

std::optional<base::Error> egress_problem(const core::Api& api) {
  const net::Egress allowed = egress();
  const base::Result<net::Url> url = net::parse_url(api.base_url);
  if (!url) return url.error();
  if (url->scheme == "http" && !allowed.allow_http)
    return base::Error{base::Errc::insufficient_privilege,
                       base::strcat("plain http is not allowed: ", api.base_url),
                       {},
                       "ALTER SYSTEM SET tandem.allow_http = on; SELECT pg_reload_conf();"};
  if (net::literal_allowed(url->host, allowed.allowed_networks).value_or(true)) return std::nullopt;
  const std::string address = url->host.starts_with('[') ? url->host.substr(1, url->host.size() - 2) : url->host;
  const std::string& listed = pg::settings().allowed_networks;
  return base::Error{base::Errc::insufficient_privilege,
                     base::strcat("address ", address, " is not allowed"),
                     {},
                     base::strcat("ALTER SYSTEM SET tandem.allowed_networks = '", listed, listed.empty() ? "" : ", ",
                                  address, "'; SELECT pg_reload_conf();")};
}

std::vector<base::Secret> secrets_of(const Credentials& credentials) {
  std::vector<base::Secret> secrets;
  for (const auto& [name, secret] : credentials) secrets.push_back(secret);
  return secrets;
}

std::string said_in(const net::Response& response, const Credentials& credentials) {
  constexpr std::size_t kMost = 200, kLargestBody = 64 * 1024;
  if (response.body.size() == 0 || response.body.size() > kLargestBody) return {};
  const base::Result<base::Json> body = base::Json::parse(response.body.view());
  if (!body) return {};
  const base::Json* where = &*body;
  if (const base::Json* error = where->find("error"); error != nullptr && error->is_object()) where = error;
  for (const char* key : {"message", "error_description", "detail", "error", "title"}) {
    std::optional<std::string> text = where->string_at(key);
    if (!text) continue;
    if (text->size() > kMost) {
      text->resize(kMost);
      while (!text->empty() && !base::valid_utf8(*text)) text->pop_back();
    }
    return base::redact(std::move(*text), secrets_of(credentials));
  }
  return {};
}

}  // namespace tandem::worker
